"""May a toy be named? What was liked for an older child may have to go unnamed once a younger one is stated.

The kiosk decides what a list holds. This is for toys that the visit itself remembers, whose verdict nobody asks for
again: likes, reasons that name a toy, the basket. It is the kiosk's own rule, and where the two differ the stricter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.shop.models import Reason, Toy
from app.shop.text import safe_from


def may_be_named(toy: Toy, youngest_months: int | None) -> bool:
    """True where the title may be shown to a visit whose youngest child is `youngest_months` (None: none is stated)."""
    if youngest_months is None:
        return True
    if toy.audience == "adult" or (toy.audience == "unknown" and toy.safety_min_age is None):
        return False
    return safe_from(toy) <= youngest_months


def nameable(toys: Iterable[Toy], youngest_months: int | None) -> tuple[Toy, ...]:
    """Those of `toys` that may be named."""
    return tuple(toy for toy in toys if may_be_named(toy, youngest_months))


def speakable(reasons: Iterable[Reason], liked: Sequence[Toy], youngest_months: int | None) -> tuple[Reason, ...]:
    """Reasons that name no toy but one that was liked and may be named: a list was asked for before somebody came."""
    named = {toy.toy_id for toy in nameable(liked, youngest_months)}
    return tuple(reason for reason in reasons if reason.toy_id is None or reason.toy_id in named)
