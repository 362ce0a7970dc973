"""The allowed-mask: which toys may be shown at all, decided before anything is ranked.

`RULES` is the house's order of authority (recall > safety > stock > hide > the shopper's own wishes). The mask itself
would be the same in any order; the order says which rule a toy's absence is put down to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.serving.policy.filters import Filters, filtered_out, outgrown, over_budget
from recommender.serving.policy.safety import Company, unsafe, wrong_audience
from recommender.serving.policy.shelf import Shelf


@dataclass(frozen=True, slots=True)
class HouseLists:
    """The shop's own lists as bool [N + 1] (see `Engine.house_lists`); None = no list was loaded.

    Unknown stock counts as available, but is not in_stock: that holds the toys which are known to be there.
    """

    recalled: NDArray[np.bool_] | None = None
    out_of_stock: NDArray[np.bool_] | None = None
    hidden: NDArray[np.bool_] | None = None
    in_stock: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that decides what one shopper may be shown. Toys are indices from 1.

    seen: toys of the history that were neither refused nor bought; the model looks for the next NEW toy
    shown: toys of earlier pages of the same list
    recipient_age: months, None = not said
    """

    company: Company
    house: HouseLists = field(default_factory=HouseLists)
    filters: Filters | None = None
    budget: float | None = None
    owned: tuple[int, ...] = ()
    dismissed: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()
    shown: tuple[int, ...] = ()
    recipient_age: int | None = None


Forbidden = NDArray[np.bool_] | tuple[int, ...] | None
"""A rule's answer: bool [N + 1], or the few indices it forbids, or None where it has nothing to say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One named reason not to show a toy. silences: the toy may not even be named, as a reason for another, say."""

    name: str
    forbids: Callable[[Shelf, Situation], Forbidden]
    silences: bool = False


RULES: Final = (
    Rule("recall", lambda shelf, now: now.house.recalled, silences=True),
    Rule("safety", lambda shelf, now: unsafe(shelf, now.company), silences=True),
    Rule("audience", lambda shelf, now: wrong_audience(shelf, now.company), silences=True),
    Rule("inactive", lambda shelf, now: ~shelf.active),
    Rule("stock", lambda shelf, now: now.house.out_of_stock),
    Rule("hidden", lambda shelf, now: now.house.hidden, silences=True),
    # Before the filters, so that what they are counted for is what comes back when they are let go.
    Rule("outgrown", lambda shelf, now: None if now.recipient_age is None else outgrown(shelf, now.recipient_age)),
    Rule(
        "filters",
        lambda shelf, now: None if now.filters is None else filtered_out(shelf, now.filters, now.house.in_stock),
    ),
    Rule("budget", lambda shelf, now: None if now.budget is None else over_budget(shelf, now.budget)),
    Rule("owned", lambda shelf, now: now.owned or None),
    Rule("dismissed", lambda shelf, now: now.dismissed or None),
    Rule("seen", lambda shelf, now: now.seen or None),
    Rule("shown", lambda shelf, now: now.shown or None),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The mask, bool [N + 1] with row 0 always False, and how many toys each rule removed, in order of authority.

    nameable: bool [N + 1], toys that may be spoken of, such as one that was bought and is no longer sold
    """

    mask: NDArray[np.bool_]
    nameable: NDArray[np.bool_]
    removed: dict[str, int]

    @property
    def count(self) -> int:
        """How many toys are left."""
        return int(np.count_nonzero(self.mask))


def allowed_mask(shelf: Shelf, situation: Situation, among: NDArray[np.bool_] | None = None) -> Allowed:
    """Apply every rule; a toy is counted for the first rule that forbids it. Rules that removed none are left out.

    among: bool [N + 1], the toys that are in question, such as those that were searched for; by default all.
    """
    mask = np.ones(len(shelf), np.bool_)
    mask[0] = False
    nameable = mask.copy()
    if among is not None:
        mask &= among
    removed: dict[str, int] = {}
    left = int(np.count_nonzero(mask))
    for rule in RULES:
        forbidden = rule.forbids(shelf, situation)
        if forbidden is None:
            continue
        if isinstance(forbidden, tuple):
            mask[list(forbidden)] = False
        else:
            fits = ~forbidden
            mask &= fits
            if rule.silences:
                nameable &= fits
        still = int(np.count_nonzero(mask))
        if still < left:
            removed[rule.name] = left - still
        left = still
    return Allowed(mask, nameable, removed)


def forbidding_rules(shelf: Shelf, situation: Situation, toy: int) -> list[str]:
    """The rules that forbid toy index `toy`, in order of authority; none if it may be shown."""
    found = []
    for rule in RULES:
        forbidden = rule.forbids(shelf, situation)
        if forbidden is None:
            continue
        if toy in forbidden if isinstance(forbidden, tuple) else bool(forbidden[toy]):
            found.append(rule.name)
    return found
