"""What the staff's rules come to at one moment, as arrays over one engine's catalogue."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.kiosk.store.rules import StaffRule, Terms
from recommender.serving.engine import Engine
from recommender.serving.policy.emphasis import NO_EMPHASIS, Emphasis

MOST_BOOST: Final = 3.0
"""What all boosts and buries of a toy add up to at most, in logits, either way: twenty times as likely, or unlikely."""


@dataclass(frozen=True, slots=True)
class InForce:
    """What `rules` come to from `since` on and until `until`; None = without end.

    rules: every rule, in the order in which they were made; active: by id, those whose time it is
    hidden: bool [N + 1], None = nothing is hidden
    emphasis: for requests with an occasion that a rule names; under None, for all others
    """

    rules: tuple[StaffRule, ...]
    active: Mapping[str, StaffRule]
    since: datetime | None
    until: datetime | None
    hidden: NDArray[np.bool_] | None
    emphasis: Mapping[str | None, Emphasis]

    def holds(self, at: datetime) -> bool:
        """Whether the same rules are in force at `at`, which a clock set back may put before `since`."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


def in_force(rules: Sequence[StaffRule], engine: Engine, at: datetime) -> InForce:
    """What `rules` come to at `at`."""
    active = {rule.rule_id: rule for rule in rules if rule.terms.in_force(at)}
    ends = {time for rule in rules for time in (rule.terms.starts, rule.terms.ends) if time is not None}
    return InForce(
        tuple(rules),
        active,
        max((time for time in ends if time <= at), default=None),
        min((time for time in ends if time > at), default=None),
        _hidden(active.values(), engine),
        _emphases(active.values(), engine),
    )


def toys_of(terms: Terms, engine: Engine) -> NDArray[np.int64]:
    """int64: the toy indices that a rule speaks of. Categories and brands as the shopper's filters have them."""
    if terms.by == "toy_id":
        place = engine.index.get(terms.value)
        return np.array([place] if place else [], np.int64)
    names = engine.shelf.categories if terms.by == "category" else engine.shelf.brands
    return np.asarray(names.get(terms.value.casefold(), ()), np.int64)


def _hidden(active: Iterable[StaffRule], engine: Engine) -> NDArray[np.bool_] | None:
    hidden = np.zeros(len(engine.shelf), np.bool_)
    for rule in active:
        if rule.terms.kind == "hide":
            hidden[toys_of(rule.terms, engine)] = True
    return hidden if hidden.any() else None


def _emphases(active: Iterable[StaffRule], engine: Engine) -> dict[str | None, Emphasis]:
    moving = [rule.terms for rule in active if rule.terms.kind != "hide"]
    occasions = {None, *(terms.occasion for terms in moving)}
    return {
        occasion: _emphasis([terms for terms in moving if terms.occasion in (None, occasion)], engine)
        for occasion in occasions
    }


def _emphasis(moving: Sequence[Terms], engine: Engine) -> Emphasis:
    pins = sorted(
        (terms for terms in moving if terms.kind == "pin"),
        key=lambda terms: math.inf if terms.position is None else terms.position,
    )
    places = dict.fromkeys(place for terms in pins for place in toys_of(terms, engine).tolist())
    boost = np.zeros(len(engine.shelf), np.float32)
    for terms in moving:
        if terms.strength is not None:
            boost[toys_of(terms, engine)] += terms.strength if terms.kind == "boost" else -terms.strength
    if not places and not boost.any():
        return NO_EMPHASIS
    return Emphasis(tuple(places), boost.clip(-MOST_BOOST, MOST_BOOST) if boost.any() else None)
