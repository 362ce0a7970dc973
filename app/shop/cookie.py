"""How the shop knows a browser again: a cookie with a random number, which says nothing of anybody.

Streamlit keeps a visit to one tab and one loading of it. The cookie is set with the page itself, so that the socket
which follows brings it along; no script can read it, it is sent to the shop alone, and it goes with the browser. It
says when it was made: a number that is unknown although it is old belongs to a visit that has ended.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FRESH_SECONDS: Final = 120
"""How long after its page a socket may come: an unknown number that is older is that of a visit which has ended."""
STARTED: Final = int(time.time())
_VALUE: Final = re.compile(r"([0-9a-f]{8})\.([A-Za-z0-9_-]{22})")


@dataclass(frozen=True, slots=True)
class Known:
    """A browser that brought its cookie. issued: seconds since 1970"""

    id: str
    issued: int

    @property
    def fresh(self) -> bool:
        """Made just now and by this process, so that it may be that nothing is kept under it yet."""
        return self.issued >= STARTED and abs(time.time() - self.issued) <= FRESH_SECONDS


def cookie_name(port: int) -> str:
    """Browsers do not tell ports apart: two shops on one machine have a cookie each."""
    return f"toyguide-visit-{port}"


def new_value() -> str:
    """128 random bits, and when they were drawn."""
    return f"{int(time.time()):08x}.{secrets.token_urlsafe(16)}"


def known(cookies: Mapping[str, str], name: str) -> Known | None:
    """The browser of these cookies; None where it brought none, or one that the shop cannot have made."""
    found = _VALUE.fullmatch(cookies.get(name, ""))
    return Known(found[2], int(found[1], 16)) if found else None


class VisitCookie:
    """ASGI middleware: whoever asks for a page without a cookie gets one, until the browser is closed."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app = app
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with a cookie where one is missing."""
        if scope["type"] != "http" or not self._needs_one(scope):
            await self._app(scope, receive, send)
            return
        # Lax, not strict: who comes by a link from elsewhere would lose the visit that is under way.
        cookie = f"{self._name}={new_value()}; Path=/; HttpOnly; SameSite=Lax"
        if scope["scheme"] == "https":
            cookie += "; Secure"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", cookie)
                headers["cache-control"] = "no-store"  # a cache between would give one number to many
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _needs_one(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if scope["method"] != "GET" or "text/html" not in headers.get("accept", ""):
            return False  # not a page: a picture, a font, a probe
        return known(cookie_parser(headers.get("cookie", "")), self._name) is None
