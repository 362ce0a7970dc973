"""Many shoppers at once are given what each would be given alone."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import BundleError, ToyGuideError
from data.schema import EventKind, Recipient, Toy
from recommender.base import MAX_HISTORY, Contact
from recommender.serving.asking import Ask
from recommender.serving.batch import Known, held_back, rank_asks
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.mask import HouseLists
from recommender.serving.pool import Errand, rank_in_parallel

ASKS = [
    Ask(),
    Ask(["track", "engine"], Recipient("g", 90, ("trains",), 20.0)),
    Ask(["track"], Recipient("g", 90), 10),
    Ask([Contact("bear", EventKind.DISMISS), Contact("blocks", EventKind.VIEW)], Recipient("b", 6)),
    Ask(["puzzle", "never-sold"], Recipient("aunt", 480)),
    Ask([], Recipient("aunt", 480), 30),
]


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return load_bundle(bundle)


def test_each_list_is_the_engine_s_own(engine: Engine) -> None:
    toys, scores = rank_asks(engine, ASKS, 12)
    for ask, found, values in zip(ASKS, toys, scores, strict=True):
        alone = engine.answer(ask, 12)
        assert found[found > 0].tolist() == [pick.index for pick in alone.items]
        np.testing.assert_allclose(values[found > 0], [pick.score for pick in alone.items], rtol=1e-5)
    assert (toys[:, -1] == -1).all()  # twelve toys are never all allowed


def test_no_list_depends_on_who_else_is_in_the_batch(engine: Engine) -> None:
    many = ASKS * 11
    together = rank_asks(engine, many, 5)
    for size in (1, 2, 7):
        parts = [rank_asks(engine, many[start : start + size], 5) for start in range(0, len(many), size)]
        for column in (0, 1):
            assert np.array_equal(np.concatenate([part[column] for part in parts]), together[column])


def test_a_parameter_out_of_bounds_is_told(engine: Engine) -> None:
    with pytest.raises(ToyGuideError, match="'k' parameter"):
        rank_asks(engine, ASKS, 0)
    with pytest.raises(ToyGuideError, match="'youngest_age_months' parameter"):
        rank_asks(engine, [Ask(youngest_age_months=-1)], 5)


def test_what_a_fresher_catalogue_holds_back_is_hidden(engine: Engine, toys: list[Toy]) -> None:
    fresher = {"bear": {"active": False}, "blocks": {"safety_min_age": 96}, "rattle": {"recommended_age": 6}}
    rows = [replace(toy, **fresher.get(toy.id, {})) for toy in toys]  # type: ignore[arg-type]
    house = held_back(engine, [*rows, Toy("new", "A toy of today")])
    assert house.hidden is not None
    assert [engine.toys[place - 1].id for place in np.flatnonzero(house.hidden)] == ["bear", "blocks"]
    found, _ = rank_asks(engine, [Ask(youngest_age_months=150)], 12, house)
    assert not set(found[0].tolist()) & {engine.index["bear"], engine.index["blocks"]}
    assert held_back(engine, toys) == HouseLists()


def test_a_bundle_of_another_catalogue_is_refused_even_where_ids_are_alike(engine: Engine, toys: list[Toy]) -> None:
    with pytest.raises(BundleError, match="of the dataset's 12 toys it holds 0 by id and title"):
        held_back(engine, [replace(toy, title=f"Another {toy.title}") for toy in toys])


KNOWN = [
    Known((), None, None),
    Known((("track", "purchase"), ("engine", "purchase")), Recipient("g", 90, ("trains",), 20.0), None),
    Known((("track", "purchase"),), Recipient("g", 90), 10),
    Known((("bear", "dismiss"), ("blocks", "view")), Recipient("b", 6), None),
    Known((("puzzle", "purchase"), ("never-sold", "purchase")), Recipient("aunt", 480), None),
    Known((), Recipient("aunt", 480), 30),
]
"""Whom `ASKS` are the asks of."""


def test_what_is_known_of_a_shopper_becomes_an_ask() -> None:
    ask = Known([(f"toy-{n}", "like") for n in range(600)], Recipient("g", 90), 10).ask()
    assert (ask.recipient, ask.youngest_age_months, len(ask.history)) == (Recipient("g", 90), 10, MAX_HISTORY)
    assert ask.history[-1] == Contact("toy-599", EventKind.LIKE)


def errand(bundle: Path, model: str) -> Errand:
    return Errand(bundle, model, 5, 2, 36, HouseLists())


def test_workers_give_the_chunks_back_in_order(engine: Engine, bundle: Path) -> None:
    chunks = [KNOWN[:1], KNOWN[1:4], KNOWN[4:]]
    found = list(rank_in_parallel(errand(bundle, engine.model), chunks, 2))
    expected = rank_asks(engine, ASKS, 5)
    assert [len(ranked.toys) for ranked in found] == [1, 3, 2]
    assert np.array_equal(np.concatenate([ranked.toys for ranked in found]), expected[0])
    assert np.array_equal(np.concatenate([ranked.scores for ranked in found]), expected[1])
    assert not multiprocessing.active_children()


def test_a_worker_that_is_killed_ends_it_with_a_sentence(engine: Engine, bundle: Path) -> None:
    before = set(multiprocessing.active_children())
    many = [Known([(f"toy-{n}-{step}", "like") for step in range(40)], None, None) for n in range(200)]
    assert len(pickle.dumps(many)) > 2**16  # a pipe is full of it before the worker has read it

    def chunks() -> Iterator[list[Known]]:
        for _ in range(8):
            yield many
        for worker in set(multiprocessing.active_children()) - before:
            os.kill(worker.pid or 0, signal.SIGKILL)
        while True:
            yield many

    with pytest.raises(ToyGuideError, match="A worker was killed before it was done"):
        list(rank_in_parallel(errand(bundle, engine.model), chunks(), 1))


def test_a_bundle_that_was_changed_meanwhile_ends_it_with_a_sentence(bundle: Path) -> None:
    with pytest.raises(BundleError, match="was changed meanwhile"):
        list(rank_in_parallel(errand(bundle, "another"), [KNOWN], 1))
