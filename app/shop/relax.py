"""What to let go of when the shelf is empty or short: budget, recommended age and what was set
aside, never safety.

A younger child at home is a fact and not a wish: nobody is asked to leave it out for the sake of more toys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.shop import session as moves
from app.shop.profile import Profile
from app.shop.session import Session


@dataclass(frozen=True, slots=True)
class Way:
    """One thing to let go of: a key of the string table, and how many toys it may bring."""

    key: str
    toys: int


def ways_out(profile: Profile, masked: Mapping[str, int]) -> tuple[Way, ...]:
    """What can be relaxed, what brings most first. Counts come from the kiosk's `masked`."""
    ways = []
    if profile.budget is not None and masked.get("budget"):
        ways.append(Way("relax.budget", masked["budget"]))
    if profile.keeps_to_age and masked.get("filters"):
        ways.append(Way("relax.age", masked["filters"]))
    aside = len(profile.dismissed) + len(profile.owned)
    if aside and (masked.get("dismissed") or masked.get("owned")):
        ways.append(Way("relax.aside", masked.get("dismissed", 0) + masked.get("owned", 0)))
    return tuple(sorted(ways, key=lambda way: -way.toys))


def relax(session: Session, way: Way) -> Session:
    """Let go of it."""
    if way.key == "relax.budget":
        return moves.answer(session, budget=None)
    if way.key == "relax.age":
        return moves.answer(session, any_age=True)
    return moves.bring_back(session)
