"""The gates by themselves: every rule of safety said a second time, and a loss of quality told from chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.schema import Audience, Hazard, Toy
from data.sequences import Sequences
from distillation.gates import _unsafe, quality_gate, safety_gate
from recommender.evaluation.metrics import single
from recommender.evaluation.ranking import Judgement
from recommender.evaluation.report import FEWEST_QUERIES
from recommender.serving.load import load_bundle

DEFAULT = 60
BALLOON = {"safety_min_age": 0, "hazards": (Hazard.BALLOON,)}
UNVETTED = {"safety_min_age": None, "audience": Audience.UNKNOWN}
POKER = {"safety_min_age": 0, "audience": Audience.ADULT}


@pytest.mark.parametrize(
    ("told", "age", "youngest", "why"),
    [
        ({"safety_min_age": None}, 35, None, "its safety age is unknown, and a child of 35 months"),
        ({"safety_min_age": None}, 36, None, None),
        ({"safety_min_age": 48}, 47, None, "from 48 months, and a child of 47 months"),
        ({"safety_min_age": 48}, 48, None, None),
        ({"safety_min_age": 36}, 72, 20, "and a child of 20 months"),
        ({"safety_min_age": 36}, 20, 72, "and a child of 20 months"),
        ({"safety_min_age": 36}, 480, 20, "and a child of 20 months"),
        ({"safety_min_age": DEFAULT}, None, None, None),
        ({"safety_min_age": DEFAULT + 1}, None, None, f"and a child of {DEFAULT} months"),
        ({"safety_min_age": DEFAULT + 1}, 480, None, f"and a child of {DEFAULT} months"),
        (BALLOON, 95, None, "balloon, and a child of 95 months"),
        (BALLOON, 96, None, None),
        (POKER, 216, None, None),
        (POKER, 215, None, "it is for adults"),
        (POKER, 480, 200, "it is for adults"),
        (POKER, None, None, "it is for adults"),
        (UNVETTED, 100, None, "nobody knows whom it is for"),
        (UNVETTED, 480, 100, "nobody knows whom it is for"),
        (UNVETTED, 480, None, None),
        (UNVETTED, None, None, None),
        ({**UNVETTED, "safety_min_age": 48}, 100, None, None),
    ],
)
def test_what_is_unsafe_for_whom(told: dict[str, Any], age: int | None, youngest: int | None, why: str | None) -> None:
    found = _unsafe(Toy("toy", "Toy", **{"audience": Audience.CHILD, **told}), age, youngest, DEFAULT)
    assert (found is None) == (why is None)
    assert why is None or why in str(found)


def test_a_bundle_that_shows_nothing_has_shown_nothing_safe(
    make_bundle: Callable[..., Path], toys: list[Toy], tmp_path: Path
) -> None:
    engine = load_bundle(make_bundle(tmp_path / "bundle", [replace(toy, active=False) for toy in toys]))
    found = safety_gate(engine, 5)
    assert (found.passed, found.says) == (False, "No toy was shown to any of 5 households.")


EMPTY = np.zeros(0, np.int32)
NOTHING_LEARNED = Sequences(
    (), np.zeros(1, np.int64), EMPTY, EMPTY.astype(np.int8), EMPTY.astype(np.int64), EMPTY.astype(np.float32), EMPTY, ()
)


def judgement(ranks: list[int], lengths: list[int] | None = None) -> Judgement:
    """Queries for a toy that nobody met, with these ranks: with short histories it is of 4 slices, all alike."""
    count = len(ranks)
    return Judgement(
        "some", "leave-one-out", "test", "history", 30, tuple(map(str, range(count))), np.ones(count, np.int32),
        single(np.array(ranks, np.int32)), np.zeros((count, 20), np.int32),
        np.array(lengths or [1] * count, np.int32), np.zeros(count, np.bool_), np.full(count, np.nan, np.float32),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("worse", "better", "passed"),
    [
        (60, 38, True),  # 2.2 standard errors: of one slice alone beyond chance, of four not
        (70, 30, False),  # 4
        (38, 60, True),
        (30, 70, True),
    ],
)
def test_a_loss_is_told_from_chance_for_all_slices_together(worse: int, better: int, passed: bool) -> None:
    running = [1] * worse + [2] * better + [1] * 302
    new = [2] * worse + [1] * better + [1] * 302
    found = quality_gate(judgement(new), judgement(running), NOTHING_LEARNED)
    assert found.passed == passed
    assert set(found.figures) == {"all", "no tie", "cold toys", "history ≤ 5"}


@pytest.mark.parametrize("few", [FEWEST_QUERIES - 1, FEWEST_QUERIES])
def test_one_slice_that_lost_holds_back_what_gained_on_the_whole_if_it_is_large_enough(few: int) -> None:
    lengths = [30] * few + [1] * 400
    running, new = [1] * few + [3] * 400, [3] * few + [1] * 400
    found = quality_gate(judgement(new, lengths), judgement(running, lengths), NOTHING_LEARNED)
    assert found.figures["all"]["low"] > 0
    assert found.passed == (few < FEWEST_QUERIES)
    assert found.passed or found.says.endswith("beyond chance on: history ≥ 20 (1.0000 → 0.5000).")


def test_of_too_few_queries_nothing_is_known() -> None:
    ranks = [1] * (FEWEST_QUERIES - 1)
    found = quality_gate(judgement(ranks), judgement(ranks), NOTHING_LEARNED)
    assert (found.passed, found.figures) == (False, {})
    assert found.says == f"Fewer than {FEWEST_QUERIES} queries can be judged: nothing is known."
