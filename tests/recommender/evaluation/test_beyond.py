from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from data.dataset import Dataset
from data.schema import Toy
from data.split import Split
from recommender.baselines.popularity import Popularity
from recommender.evaluation.beyond import beyond_accuracy, category_codes, gini
from recommender.evaluation.ranking import judge


@pytest.mark.parametrize(
    ("counts", "expected"), [([5, 5, 5, 5], 0), ([0, 0, 0, 8], 0.75), ([0, 0, 0, 0], 0), ([1, 3], 0.25)]
)
def test_gini(counts: list[int], expected: float) -> None:
    assert gini(np.array(counts)) == pytest.approx(expected)


def test_codes_stand_for_whole_paths() -> None:
    toys = [Toy("a", "a", category=("Toys", "Cars")), Toy("b", "b", category=("Books", "Cars")), Toy("c", "c")]
    codes = category_codes(toys)
    assert codes[1, 1] != codes[2, 1]
    assert (codes[0] == -1).all()
    assert (codes[3] == -1).all()


def test_figures_by_hand(shop: Dataset, split: Split) -> None:
    """Two lists of two toys; the query of the first is all of one category, of the second half and half."""
    toys = shop.toy_rows()
    kind = [toy.category[-1] for toy in toys]
    first = [i for i, name in enumerate(kind) if name == kind[0]]
    other = next(i for i, name in enumerate(kind) if name != kind[0])
    judgement = judge(Popularity(shop.index, split.train), split.test.take(np.array([0, 1])))
    top = np.full((2, 20), -1, np.int32)
    top[0, :2] = np.array(first[:2]) + 1
    top[1, :2] = [first[0] + 1, other + 1]
    histories = split.test.histories.take(np.array([0, 1]), split.test.histories.offsets[[1, 2]])
    lengths = np.diff(histories.offsets)
    half = np.array([first[2] + 1, other + 1] * 20)
    met = np.concatenate([np.full(lengths[0], first[0] + 1), half[: lengths[1]]]).astype(np.int32)
    holdout = replace(
        split.test.take(np.array([0, 1])),
        histories=replace(histories, toys=met, kinds=np.full(len(met), 4, np.int8)),
    )
    found = beyond_accuracy(replace(judgement, top=top), holdout, split.train, toys)
    assert found.coverage == pytest.approx(3 / 30)
    # Pairs: the first list's agree on both levels, the second's on "Toys" alone.
    assert found.diversity == pytest.approx((0 + 0.5) / 2)
    counts = [len(np.unique(split.train.rows[split.train.toys == toy])) for toy in (*top[0, :2], *top[1, :2])]
    assert found.novelty == pytest.approx(np.mean([-math.log2((n + 1) / (len(split.train) + 1)) for n in counts]))
    share = (lengths[1] + 1) // 2 / lengths[1]
    second = sum(p * math.log(p / (0.99 * 0.5 + 0.01 * p)) for p in (share, 1 - share) if p)
    assert found.calibration == pytest.approx((0 + second) / 2, abs=1e-9)


def test_one_list_for_all_is_the_least_equal(shop: Dataset, split: Split) -> None:
    found = beyond_accuracy(
        judge(Popularity(shop.index, split.train), split.test), split.test, split.train, shop.toy_rows()
    )
    assert 0 < found.coverage < 1
    assert found.gini > 0.2
    assert found.novelty > 0


def test_a_shop_without_categories(shop: Dataset, split: Split) -> None:
    bare = [replace(toy, category=()) for toy in shop.toy_rows()]
    found = beyond_accuracy(judge(Popularity(shop.index, split.train), split.test), split.test, split.train, bare)
    assert math.isnan(found.calibration)
    assert found.diversity == 1
