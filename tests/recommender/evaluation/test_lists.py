from __future__ import annotations

import numpy as np
import pytest

from data.dataset import Dataset
from data.errors import DataError
from data.split import Split
from recommender.baselines.registry import fit_baseline
from recommender.evaluation.compare import compare
from recommender.evaluation.lists import judge_lists
from recommender.evaluation.metrics import NEVER, per_query
from recommender.evaluation.ranking import Judgement, judge


@pytest.fixture(scope="module")
def ours(shop: Dataset, split: Split) -> Judgement:
    return judge(fit_baseline("item-knn", shop, split.train), split.test)


def test_lists_are_judged_as_the_recommender_that_made_them(shop: Dataset, split: Split, ours: Judgement) -> None:
    found = judge_lists("theirs", ours.top, split.test, len(shop.index))
    np.testing.assert_array_equal(found.top, ours.top)
    np.testing.assert_array_equal(found.ranks.values, np.where(ours.ranks.values <= 20, ours.ranks.values, NEVER))
    for name, values in per_query(ours.ranks).items():
        if name != "mrr":  # the only one that looks beyond the list
            np.testing.assert_array_equal(per_query(found.ranks)[name], values)
    assert compare(found, ours).difference == 0


def test_a_shorter_list_hits_only_with_what_it_holds(shop: Dataset, split: Split, ours: Judgement) -> None:
    short = ours.top.copy()
    short[:, 3:] = -1
    found = judge_lists("theirs", short, split.test, len(shop.index))
    np.testing.assert_array_equal(found.ranks.values <= 20, ours.ranks.values <= 3)
    np.testing.assert_array_equal(judge_lists("theirs", short[:, :3], split.test, len(shop.index)).top, found.top)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda row, met: [31, *row[1:]], "none of the 30 toys"),
        (lambda row, met: [0, *row[1:]], "none of the 30 toys"),
        (lambda row, met: [row[0], -1, *row[2:]], "after its end"),
        (lambda row, met: [row[0], row[0], *row[2:]], "a toy twice"),
        (lambda row, met: [met, *row[1:]], "of the query itself"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_its_shopper(
    made, said: str, shop: Dataset, split: Split, ours: Judgement
) -> None:
    wrong = ours.top.copy()
    met = int(split.test.histories.toys[split.test.histories.offsets[4]])
    wrong[4] = made(wrong[4].tolist(), met)
    with pytest.raises(DataError, match=said) as raised:
        judge_lists("theirs", wrong, split.test, len(shop.index))
    assert repr(split.test.histories.shoppers[4]) in str(raised.value)


def test_lists_of_other_queries_are_refused(shop: Dataset, split: Split, ours: Judgement) -> None:
    with pytest.raises(DataError, match="must be of the shape"):
        judge_lists("theirs", ours.top[:-1], split.test, len(shop.index))
