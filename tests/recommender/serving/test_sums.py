"""Round sums: what a budget is read as, and which budgets are kept."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from data.schema import Recipient
from recommender.serving.load import load_bundle
from recommender.serving.sums import ROUND_SUMS, if_round, nearest_round


@pytest.mark.parametrize(
    ("budget", "read"),
    [(50, 50), (47.3, 50), (44, 40), (45, 50), (0.2, 1), (1.1, 1.2), (13.2, 12), (9_500_000, 9_000_000), (1e300, 9e6)],
)
def test_a_sum_is_read_as_the_nearest_in_proportion(budget: float, read: float) -> None:
    assert nearest_round(budget) == read


@pytest.mark.parametrize("budget", [0.0, -3.0, math.inf])
def test_what_is_no_sum_stays_what_it_is(budget: float) -> None:
    assert nearest_round(budget) == budget
    assert if_round(budget) is None


def test_round_sums_are_coarse_and_their_own_nearest() -> None:
    steps = np.array(ROUND_SUMS)
    assert (np.diff(steps) > 0).all()
    assert (steps[1:] / steps[:-1]).max() == pytest.approx(4 / 3)
    assert [nearest_round(each) for each in ROUND_SUMS] == list(ROUND_SUMS)
    assert {5, 7.5, 12, 25, 75, 120, 300} <= set(ROUND_SUMS)


def test_only_a_round_sum_is_kept() -> None:
    assert [if_round(budget) for budget in (None, 20, 20.0, 19.99, 47.3)] == [None, 20, 20.0, None, None]


def test_the_model_is_told_the_round_sum_and_the_mask_the_sum_itself(bundle: Path) -> None:
    engine = load_bundle(bundle)
    said = (21.0, 20.0, 19.0, 12.0)
    profiles = engine.student.profiles([Recipient(age_months=60, budget=budget) for budget in said])
    assert (profiles[:3] == profiles[1]).all()
    assert (profiles[3] != profiles[1]).any()
    for budget in (21.0, 19.0):
        shown = engine.recommend(recipient=Recipient(age_months=60, budget=budget), k=20).items
        assert ("blocks" in [pick.toy.id for pick in shown]) == (budget >= 19.99)
