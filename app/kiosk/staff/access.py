"""Who asks: a staff key in the header `Authorization: Bearer …`, and the role that a route wants."""

# No `from __future__ import annotations`: what is read later would not see the `bearer` of `_at_least`.
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.kiosk.limits import client_of, retry_after
from app.kiosk.problems import ProblemError
from app.kiosk.state import Running
from app.kiosk.store.keys import Role, StaffKey

_HEADER: Final = {"WWW-Authenticate": "Bearer"}


def _at_least(least: Role) -> Callable[..., StaffKey]:
    role = least.name.lower()  # a scheme for each role: so the API's description says which one an address wants
    made = f"Made by `toyguide kiosk key add NAME --role {role}`."
    bearer = HTTPBearer(auto_error=False, scheme_name=f"{role.capitalize()}Key", description=made)

    def check(
        request: Request,
        kiosk: Running,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None,
    ) -> StaffKey:
        if given is None:
            raise ProblemError("key_refused", "Send a staff key as 'Authorization: Bearer KEY'.", headers=_HEADER)
        client = client_of(request.scope)
        trusted = kiosk.trusted.holds(client, given.credentials)
        # Before the key is looked at: whatever it is, this tells nothing. Who is at work already is not put out by it.
        if not trusted and (wait := kiosk.wrong_keys.wait(client)):
            detail = "Too many wrong staff keys came from this client. Wait, then send the right one."
            raise ProblemError("too_many_requests", detail, headers=retry_after(wait))
        key = kiosk.keys.find(given.credentials)
        if key is None:
            kiosk.wrong_keys.spend(client)
            kiosk.trusted.drop(client, given.credentials)
            raise ProblemError("key_refused", "This kiosk knows no such staff key.", headers=_HEADER)
        if key.expired(kiosk.clock()):
            detail = f"The key {key.name!r} expired at {key.expires}. Have a new one made."
            raise ProblemError("key_refused", detail, headers=_HEADER)
        kiosk.trusted.keep(client, given.credentials)
        if key.role < least:
            detail = f"This takes the role {role}. The key {key.name!r} has {key.role.name.lower()}."
            raise ProblemError("role_too_low", detail)
        return key

    return check


Clerk = Annotated[StaffKey, Depends(_at_least(Role.CLERK))]
Manager = Annotated[StaffKey, Depends(_at_least(Role.MANAGER))]
PROBLEMS: Final = (
    "key_refused",
    "role_too_low",
    "store_unavailable",
    "store_full",
    "invalid_request",
)
"""What every staff route can answer with."""
