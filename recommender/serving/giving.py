"""Toys for several children at once, within one budget: what an engine may show, and `split` chooses among."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import parameter_error
from data.schema import ADULT_MONTHS, Recipient
from recommender.base import Contact
from recommender.serving.asking import Ask
from recommender.serving.causes import find_causes, nameable_causes
from recommender.serving.engine import Engine
from recommender.serving.past import Past, Purpose
from recommender.serving.policy.emphasis import NO_EMPHASIS, Emphasis
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import Allowed, HouseLists
from recommender.serving.policy.reasons import reasons_for, short_reason
from recommender.serving.ranking import best_of
from recommender.serving.reading import Reading
from recommender.serving.results import Giving, Language, Notice, Pick, ShareOfBudget
from recommender.serving.split import Offer, split, worth_offering

MAX_CHILDREN: Final = 8
ALTERNATIVES: Final = 3
_NOTHING: Final[dict[Language, str]] = {
    "en": "No toy that may be shown is left within the budget.",
    "zh": "预算之内没有可以展示的玩具。",
}


@dataclass(frozen=True, slots=True)
class Child:
    """One of several recipients; the fields as in `Engine.recommend`."""

    recipient: Recipient
    history: Sequence[Contact | str] = ()
    owned: Sequence[str] = ()
    purpose: Purpose = "gift"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one child may have: scores float32 [N + 1], cents int64 [N + 1] with 0 where the price is unknown."""

    past: Past
    allowed: Allowed
    named: tuple[int, ...]
    reading: Reading
    scores: NDArray[np.float32]


def give(
    engine: Engine,
    children: Sequence[Child],
    budget: float,
    filters: Filters | None = None,
    youngest_age_months: int | None = None,
    *,
    language: Language = "en",
    house: HouseLists | None = None,
    emphasis: Emphasis = NO_EMPHASIS,
) -> Giving:
    """A toy for each child, no toy twice, all together within `budget`, and what might take its place.

    Every toy is safe for the youngest of all the children: they play together. As many children as can be get a toy; of
    such splits the one is taken whose toys are nearest to each child's own best. A toy without a price is not given.
    Raises ToyGuideError for a parameter out of bounds.
    """
    if not 1 <= len(children) <= MAX_CHILDREN:
        raise parameter_error("children", "give", f"1 to {MAX_CHILDREN} children", len(children))
    if not 0 < budget < np.inf:
        raise parameter_error("budget", "give", "a finite number > 0", budget)
    youngest = _youngest(engine, children, youngest_age_months)
    cents = np.round(np.nan_to_num(engine.shelf.price, nan=0.0) * 100).astype(np.int64)
    pocket = int(budget * 100 + 1e-6)
    seen = [_see(engine, child, filters, youngest, house, emphasis, language) for child in children]
    offers = [worth_offering(_offer(engine, each, cents, pocket), len(children)) for each in seen]
    rows = split(offers, pocket)
    given = [None if row is None else int(offer.places[row]) for offer, row in zip(offers, rows, strict=True)]
    spent = sum(int(cents[toy]) for toy in given if toy is not None)
    shares = []
    for child, each, toy in zip(children, seen, given, strict=True):
        others = _alternatives(engine, each, cents, toy, given, pocket - spent)
        picks = _picks(engine, child, each, [*([] if toy is None else [toy]), *others], language)
        told = each.past.missing, each.allowed.removed
        if toy is None:
            notice = short_reason(0, 1, each.allowed.removed, language) if not each.allowed.count else None
            shares.append(ShareOfBudget(None, picks, notice or Notice("budget", _NOTHING[language]), *told))
        else:
            shares.append(ShareOfBudget(picks[0], picks[1:], None, *told))
    return Giving(str(uuid.uuid4()), engine.model, tuple(shares), spent / 100, (pocket - spent) / 100)


def _youngest(engine: Engine, children: Sequence[Child], stated: int | None) -> int | None:
    """The youngest of all; a child whose age was not said counts as the youngest that the house assumes."""
    ages = [child.recipient.age_months for child in children]
    counted = [engine.default_youngest_months if age is None else age for age in ages]
    if stated is not None:
        counted.append(stated)
    return min((age for age in counted if age < ADULT_MONTHS), default=None)


def _see(
    engine: Engine,
    child: Child,
    filters: Filters | None,
    youngest: int | None,
    house: HouseLists | None,
    emphasis: Emphasis,
    language: Language,
) -> _Seen:
    engine.check(1, language, child.recipient)
    ask = Ask(child.history, child.recipient, youngest, filters, child.owned, child.purpose)
    past, allowed, _ = engine.survey(ask, house)
    named = nameable_causes(past, engine.student.max_history, allowed.nameable)
    reading = Reading(engine.student, past.fed, named, engine.student.profiles([child.recipient]))
    scores = reading.scores if emphasis.boost is None else reading.scores + emphasis.boost
    return _Seen(past, allowed, tuple(named), reading, scores)


def _offer(engine: Engine, seen: _Seen, cents: NDArray[np.int64], pocket: int) -> Offer:
    """Scores are counted from the child's own best: all children weigh the same, however sure the student is."""
    places = np.flatnonzero(seen.allowed.mask & ~np.isnan(engine.shelf.price) & (cents <= pocket))
    scores = seen.scores[places].astype(np.float64)
    return Offer(places, cents[places], scores - scores.max() if len(scores) else scores)


def _alternatives(
    engine: Engine,
    seen: _Seen,
    cents: NDArray[np.int64],
    toy: int | None,
    given: Sequence[int | None],
    left: int,
) -> list[int]:
    """The best toys that could be given instead without touching another child's."""
    most = left + (0 if toy is None else int(cents[toy]))
    mask = seen.allowed.mask & ~np.isnan(engine.shelf.price) & (cents <= most)
    mask[[other for other in given if other is not None]] = False
    return [int(place) for place in best_of(seen.scores, mask, ALTERNATIVES)]


def _picks(engine: Engine, child: Child, seen: _Seen, places: Sequence[int], language: Language) -> tuple[Pick, ...]:
    causes = find_causes(seen.reading, seen.named, engine.toys, seen.past, np.array(places, np.int64))
    return tuple(
        Pick(
            engine.toys[place - 1],
            place,
            float(seen.scores[place]),
            reasons_for(engine.toys[place - 1], child.recipient, cause, bool(engine.popular[place]), language),
        )
        for place, cause in zip(places, causes, strict=True)
    )
