"""Lists that a kiosk showed, made anew by the bundle that made them and by another, each of the same request.

An export does not hold the whole request: of the history nothing is noted with a list, nor of the filters. But most of
it is known from what the visit and the shopper had done before, and whether it is the whole of it can be tested: the
bundle that answered must give every toy of the list the score that was written down, and the way a list is composed
must give the propensities. Lists that stay unexplained (a sum that is not round, a filter, a second page, a toy that
the shop lifts) are left out. What came of a list has no part in that, so those that are left are a fair sample of the
requests that can be explained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from data.schema import EventKind, Recipient
from recommender.base import MAX_HISTORY, Contact
from recommender.evaluation.chances import Trace, place_chances, trace
from recommender.evaluation.exposure import Exposed
from recommender.serving.asking import Ask
from recommender.serving.barcodes import ToysByBarcode
from recommender.serving.engine import Engine
from recommender.serving.past import Purpose
from recommender.serving.policy.arrange import Arrangement, Candidates
from recommender.serving.policy.emphasis import Emphasis
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import HouseLists
from recommender.serving.ranking import find_candidates
from recommender.serving.reading import Reading
from recommender.serving.recalls import By, recalled_toys
from recommender.serving.student import pad_histories

NEAR: Final = 2e-3
"""Scores are logits; another machine's arithmetic moves them by less, another history by far more."""
_NEAR_CHANCE: Final = 1e-3
_LOOKED_AT: Final = frozenset({EventKind.VIEW})
_AT_ONCE: Final = 8  # requests that are tried in one run of the graph
_LENGTHS: Final = 12
"""How many lengths of what a visit did are tried: a till's clock is not the kiosk's, nor the day's order its hours."""


Recalled = frozenset[tuple[By, str]]
"""Recalls, as `recommender.serving.recalls` has them."""


@dataclass(frozen=True, slots=True)
class ShownList:
    """One list, as an export has it.

    visit: its session in its store; toys, scores, propensities, pinned, wanted: by place
    visited: all that the visit did, oldest first; done: how much of it until then, by its own clock
    earlier: what the shopper had done before in other visits, oldest first
    likings: what may have been said of whom it was for, the likeliest first; the one thing, where it was noted
    budget: the round sum that was said, None where none was noted
    recalled: what the store had recalled then
    """

    visit: str
    model: str
    time: datetime
    recipient_age: int | None
    youngest_age: int | None
    purpose: Purpose
    toys: tuple[str, ...]
    scores: NDArray[np.float32]
    propensities: NDArray[np.float64]
    pinned: int
    wanted: NDArray[np.bool_]
    visited: tuple[Contact, ...] = ()
    done: int = 0
    earlier: tuple[Contact, ...] = ()
    likings: tuple[tuple[str, ...], ...] = ((),)
    budget: float | None = None
    recalled: Recalled = frozenset()


Unused = Literal["scores", "list", "propensities"]
"""Why a list could not be made anew: no request that is known gives its scores; its toys; its propensities."""


Told = Callable[[int, int], None]
"""Who is told (lists done, of how many)."""


def say_nothing(_done: int, _of: int) -> None:
    """For who need not be told."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Lists that were made anew, with toys on trial; how many had no place for one; how many were not, by reason."""

    lists: tuple[Exposed, ...]
    untried: int
    unused: dict[Unused, int]


def replay(
    shown: Sequence[ShownList], running: Engine, new: Engine, arrangement: Arrangement, told: Told = say_nothing
) -> Replayed:
    """Make lists of `running` anew, with it and with `new`.

    arrangement: how the kiosk composed them; its exploration is read from the propensities instead.
    """
    found: list[Exposed] = []
    untried = 0
    unused: Counter[Unused] = Counter()
    was, now = _Catalogue(running), _Catalogue(new)
    for done, each in enumerate(shown):
        told(done, len(shown))
        made = _again(each, was, arrangement)
        if isinstance(made, str):
            unused[made] += 1
        elif made.arrangement.exploration:
            found.append(_exposed(each, made, was, now))
        else:
            untried += 1
    return Replayed(tuple(found), untried, dict(unused))


class _Catalogue:
    """An engine, and what recalls come to in it; lists of one time share them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._barcodes = ToysByBarcode(engine.barcodes())
        self._recalled: Recalled = frozenset()
        self._house = HouseLists()

    def house(self, recalled: Recalled) -> HouseLists:
        """The masks of what was recalled."""
        if recalled != self._recalled:
            toys = [
                toy for by, value in recalled for toy in recalled_toys(by, value, self.engine.index, self._barcodes)
            ]
            self._recalled, self._house = recalled, self.engine.house_lists(recalled=toys)
        return self._house


@dataclass(frozen=True, slots=True)
class _Made:
    """A request that explains a list. rows: int64 [K], the toys shown among the candidates."""

    ask: Ask
    candidates: Candidates
    rows: NDArray[np.int64]
    trace: Trace
    arrangement: Arrangement


def _again(each: ShownList, was: _Catalogue, arrangement: Arrangement) -> _Made | Unused:
    engine, house = was.engine, was.house(each.recalled)
    places, unknown = engine.index.split_known(each.toys)
    if unknown:
        return "list"
    why: Unused = "scores"
    how = replace(arrangement, exploration=1.0)  # of a pool that is larger than the list, whatever the share was
    for ask in _that_score(each, engine, places):
        for filters in _filters(each):
            full = replace(ask, filters=filters)
            candidates = _candidates(engine, full, len(places), how, places[: each.pinned], house)
            row_of = {place: row for row, place in enumerate(candidates.places.tolist())}
            if not row_of.keys() >= set(places):
                why = "list"
                continue
            rows = np.array([row_of[place] for place in places], np.int64)
            found = trace(candidates, rows, how)
            explored = None if found is None else _explored(found, each.propensities)
            if found is None or explored is None:
                why = "propensities"
                continue
            return _Made(full, candidates, rows, found, replace(how, exploration=explored))
    return why


def _that_score(each: ShownList, engine: Engine, places: Sequence[int]) -> Iterator[Ask]:
    """What may have been asked, the likeliest first, and gives the toys `places` the scores that were noted."""
    student, asks = engine.student, _asks(each)
    while some := list(islice(asks, _AT_ONCE)):
        fed = [engine.situation(ask)[0].fed for ask in some]
        profiles = student.profiles([ask.recipient for ask in some])
        scores = student.scores(pad_histories(fed, student.max_history), profiles, np.array(places, np.int64))
        fits = (np.abs(scores - each.scores) <= NEAR).all(axis=1)
        yield from (ask for ask, fit in zip(some, fits, strict=True) if fit)


def _asks(each: ShownList) -> Iterator[Ask]:
    """What may have been asked, the likeliest first."""
    for history, liked in product(dict.fromkeys(_histories(each)), dict.fromkeys(each.likings)):
        recipient = Recipient(age_months=each.recipient_age, interests=liked, budget=each.budget)
        yield Ask(history[-MAX_HISTORY:], recipient, each.youngest_age, purpose=each.purpose)


def _histories(each: ShownList) -> Iterator[tuple[Contact, ...]]:
    """What may have been told of the past, the likeliest first: of the visit, of the shopper, nothing."""
    lengths = sorted(range(len(each.visited) + 1), key=lambda length: abs(length - each.done))
    for length in lengths[:_LENGTHS]:
        visit = each.visited[:length]
        for history in (visit, (*each.earlier, *visit)):
            yield tuple(contact for contact in history if contact.kind not in _LOOKED_AT)
            yield history
    yield ()


def _filters(each: ShownList) -> Iterator[Filters | None]:
    yield None
    if each.recipient_age is not None:
        yield Filters(age_months=each.recipient_age)  # a shop that keeps to the child's age


def _scores(engine: Engine, ask: Ask) -> NDArray[np.float32]:
    past, _, _ = engine.situation(ask)
    scores: NDArray[np.float32] = Reading(engine.student, past.fed, (), engine.student.profiles([ask.recipient])).scores
    return scores


def _candidates(
    engine: Engine, ask: Ask, k: int, arrangement: Arrangement, pins: Sequence[int], house: HouseLists
) -> Candidates:
    _, allowed, _ = engine.survey(ask, house)
    return find_candidates(
        _scores(engine, ask),
        allowed.mask,
        arrangement.pool(k),
        Emphasis(tuple(pins)),
        engine.student.table,
        engine.inverse_lengths,
        engine.shelf.groups,
    )


def _explored(found: Trace, propensities: NDArray[np.float64]) -> float | None:
    """The chance of a trial that all propensities of a list tell of; None where they contradict one another."""
    told = found.explored(propensities)
    told = told[~np.isnan(told)]
    if not len(told):
        return 0.0
    middle = float(np.median(told))
    if not -_NEAR_CHANCE < middle <= 1 + _NEAR_CHANCE or not np.allclose(told, middle, rtol=0, atol=_NEAR_CHANCE):
        return None
    return min(middle, 1.0) if middle > _NEAR_CHANCE else 0.0


def _exposed(each: ShownList, made: _Made, before: _Catalogue, after: _Catalogue) -> Exposed:
    """Both ways of ranking over the candidates of the bundle that answered."""
    running, new = before.engine, after.engine
    k, how, was = len(each.toys), made.arrangement, made.candidates
    still = replace(how, exploration=0.0)
    shown = place_chances(was, k, how)
    pins, _ = new.index.split_known(each.toys[: each.pinned])
    now = _candidates(new, made.ask, k, replace(how, exploration=1.0), pins, after.house(each.recalled))
    column = {running.toys[place - 1].id: row for row, place in enumerate(was.places.tolist())}
    of_new = np.array([column.get(new.toys[place - 1].id, -1) for place in now.places.tolist()], np.int64)
    known = of_new >= 0
    target = np.zeros_like(shown)
    chances = place_chances(now, k, how)
    target[: len(chances), of_new[known]] = chances[:, known]
    plain_new = np.zeros(len(was.places), np.bool_)
    plain_new[of_new[known & (place_chances(now, k, still).sum(axis=0) > 0)]] = True
    choices = made.trace.open
    return Exposed(
        each.visit,
        made.rows,
        each.wanted,
        shown,
        target,
        place_chances(was, k, still).argmax(axis=1),
        plain_new,
        made.trace.best,
        how.exploration * (1 - 1 / choices),
    )
