"""Lists of a real engine, noted as a kiosk notes them, and made anew without the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest

from data.schema import EventKind, Recipient
from recommender.base import Contact
from recommender.evaluation.replay import ShownList, replay
from recommender.serving.asking import Ask
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.arrange import Arrangement
from recommender.serving.policy.emphasis import Emphasis
from recommender.serving.policy.filters import Filters

HOW = Arrangement(0.2, 0.5, 0.3)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIKED = (Contact("track", EventKind.LIKE),)
LOOKED = (*LIKED, Contact("bear", EventKind.VIEW))


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return load_bundle(bundle)


def noted(
    engine: Engine,
    ask: Ask,
    seed: int = 0,
    before: tuple[Contact, ...] = (),
    emphasis: Emphasis | None = None,
    how: Arrangement = HOW,
    noted_with: bool = True,
    recalled: Sequence[str] = (),
) -> ShownList:
    """What a kiosk writes down of an answer; `before` is what it knows of the visit, whatever was asked.

    noted_with: whether likings and budget are noted, as kiosks of before did not
    """
    house = engine.house_lists(recalled=recalled)
    answer = engine.answer(ask, 4, arrangement=how, emphasis=emphasis or Emphasis(), chance=Random(seed), house=house)
    return ShownList(
        "visit",
        engine.model,
        NOON,
        ask.recipient.age_months if ask.recipient else None,
        ask.youngest_age_months,
        ask.purpose,
        tuple(pick.toy.id for pick in answer.items),
        np.array([pick.score for pick in answer.items], np.float32),
        np.array([pick.propensity for pick in answer.items], np.float32).astype(np.float64),
        sum(pick.pinned for pick in answer.items),
        np.zeros(len(answer.items), np.bool_),
        before,
        len(before),
        likings=(ask.recipient.interests if ask.recipient else (),) if noted_with else ((),),
        budget=ask.recipient.budget if ask.recipient and noted_with else None,
        recalled=frozenset(("toy_id", toy) for toy in recalled),
    )


KNOWN = {
    "nothing told": Ask(),
    "an age": Ask(recipient=Recipient(age_months=60), youngest_age_months=48),
    "an age that the list keeps to": Ask(recipient=Recipient(age_months=96), filters=Filters(age_months=96)),
    "what was liked": Ask(history=LIKED, recipient=Recipient(age_months=60)),
    "a gift": Ask(history=LIKED, purpose="gift"),
    "likings and a round sum": Ask(recipient=Recipient(age_months=60, interests=("trains",), budget=25.0)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_list_is_made_anew_without_its_request(engine: Engine, name: str) -> None:
    ask = KNOWN[name]
    for seed in range(5):
        shown = noted(engine, ask, seed, LOOKED if ask.history else ())
        found = replay([shown], engine, engine, HOW)
        assert (len(found.lists), found.unused) == (1, {})
        made = found.lists[0]
        assert made.shown.sum(axis=1) == pytest.approx(1)
        assert np.array_equal(made.shown, made.new), "the same bundle shows the same"
        assert made.trial == pytest.approx(1 - np.where(made.best, shown.propensities, 1 - made.trial), abs=1e-6)


def test_pins_stay_where_the_shop_put_them(engine: Engine) -> None:
    pins = Emphasis(pins=(engine.index["bear"],))
    found = replay([noted(engine, Ask(), emphasis=pins)], engine, engine, HOW)
    assert found.lists[0].shown[0].max() == found.lists[0].new[0].max() == 1
    assert found.lists[0].trial[0] == 0


@pytest.mark.parametrize(
    ("ask", "before", "reason"),
    [
        (Ask(history=LIKED), (), "scores"),
        (Ask(recipient=Recipient(age_months=60, interests=("trains",))), (), "scores"),
        (Ask(filters=Filters(category="Trains")), (), "propensities"),
    ],
)
def test_what_nobody_kept_is_not_guessed(engine: Engine, ask: Ask, before: tuple[Contact, ...], reason: str) -> None:
    found = replay([noted(engine, ask, 1, before, noted_with=False)], engine, engine, HOW)
    assert (found.lists, found.unused) == ((), {reason: 1})


def test_what_was_recalled_is_a_candidate_of_neither_bundle(engine: Engine) -> None:
    best = [pick.toy.id for pick in engine.answer(Ask(), 2).items]
    for seed in range(5):
        shown = noted(engine, Ask(), seed, recalled=best)
        (made,) = replay([shown], engine, engine, HOW).lists
        assert np.array_equal(made.shown, made.new)
        unknown = replace(shown, recalled=frozenset())
        assert replay([unknown], engine, engine, HOW).unused == {"propensities": 1}
        before = noted(engine, Ask(), seed)
        candidates = [each.new.shape[1] for each in replay([before, shown, before], engine, engine, HOW).lists]
        assert candidates == [candidates[0], candidates[0] - len(best), candidates[0]]


def test_interests_that_the_visit_had_told_are_tried(engine: Engine) -> None:
    shown = noted(engine, Ask(recipient=Recipient(interests=("trains",))), noted_with=False)
    assert replay([replace(shown, likings=((), ("trains",)))], engine, engine, HOW).lists


def test_a_history_of_earlier_visits_is_tried(engine: Engine) -> None:
    shown = noted(engine, Ask(history=(*LIKED, Contact("bear", EventKind.LIKE))))
    known = replace(shown, earlier=LIKED, visited=(Contact("bear", EventKind.LIKE),), done=1)
    assert replay([known], engine, engine, HOW).lists
    assert replay([replace(known, earlier=())], engine, engine, HOW).unused == {"scores": 1}


@pytest.mark.parametrize("done", [0, 2])
def test_a_clock_that_is_a_few_events_off_is_put_up_with(engine: Engine, done: int) -> None:
    shown = noted(engine, Ask(history=LIKED), before=(*LIKED, Contact("bear", EventKind.LIKE)))
    assert replay([replace(shown, done=done)], engine, engine, HOW).lists


def test_what_was_only_looked_at_may_not_have_been_told(engine: Engine) -> None:
    looked_first = (Contact("bear", EventKind.VIEW), *LIKED)
    assert replay([noted(engine, Ask(history=LIKED), before=looked_first)], engine, engine, HOW).lists


def test_of_a_long_visit_the_lengths_near_what_was_done_are_tried(engine: Engine) -> None:
    visited = tuple(Contact("bear" if place < 15 else "track", EventKind.LIKE) for place in range(30))
    shown = noted(engine, Ask(history=visited[:20]), before=visited)
    assert replay([replace(shown, done=22)], engine, engine, HOW).lists
    assert replay([replace(shown, done=3)], engine, engine, HOW).unused == {"scores": 1}


def test_a_toy_that_could_not_be_shown_is_not_explained(engine: Engine) -> None:
    shown = noted(engine, Ask(recipient=Recipient(age_months=60)))
    assert replay([replace(shown, youngest_age=0)], engine, engine, HOW).unused == {"list": 1}


def test_a_toy_that_the_bundle_does_not_know(engine: Engine) -> None:
    shown = noted(engine, Ask())
    assert replay([replace(shown, toys=("stranger", *shown.toys[1:]))], engine, engine, HOW).unused == {"list": 1}


def test_a_kiosk_that_explores_nothing_is_told_from_one_that_does(engine: Engine) -> None:
    found = replay([noted(engine, Ask(), how=Arrangement(0.2, 0.5))], engine, engine, HOW)
    assert (found.lists, found.untried, found.unused) == ((), 1, {})


def test_propensities_that_contradict_one_another_are_not_used(engine: Engine) -> None:
    shown = noted(engine, Ask())
    wrong = replace(shown, propensities=shown.propensities * np.array([1, 1, 0.5, 1]))
    assert replay([wrong], engine, engine, HOW).unused == {"propensities": 1}


def test_a_list_that_was_composed_in_another_way_is_not_used(engine: Engine) -> None:
    shown = noted(engine, Ask(history=LIKED, recipient=Recipient(age_months=60)), before=LIKED)
    assert replay([shown], engine, engine, Arrangement(1.0, 0.5)).unused == {"propensities": 1}


def test_another_bundle_is_asked_the_same(engine: Engine, make_bundle: object, tmp_path: Path) -> None:
    other = load_bundle(make_bundle(tmp_path / "other", list(engine.toys), seed=9))  # type: ignore[operator]
    found = replay([noted(engine, Ask(history=LIKED), before=LIKED)], engine, other, HOW)
    made = found.lists[0]
    assert not np.allclose(made.shown, made.new)
    assert made.new.sum(axis=1) == pytest.approx(1), "in so small a shop every toy had a chance"
    assert made.plain_new.sum() == 4
