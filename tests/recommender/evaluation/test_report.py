from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.ids import ToyIndex
from data.split import Split
from recommender.baselines.rules import Rules
from recommender.evaluation.metrics import NEVER
from recommender.evaluation.ranking import Judgement, judge
from recommender.evaluation.report import check_ids, report, slices, write_lists


@pytest.fixture(scope="module")
def judgement(shop: Dataset, split: Split) -> Judgement:
    return judge(Rules(shop.index, split.train), split.test)


def test_slices_say_which_queries_they_hold(judgement: Judgement, split: Split) -> None:
    changed = replace(judgement, lengths=np.arange(len(judgement), dtype=np.int32))
    held = dict(slices(changed, split.train))
    assert [name for name in held if not name.startswith("age")] == [
        "all", "no tie", "cold toys", "head toys", "tail toys", "history ≤ 5", "history 6–19", "history ≥ 20",
    ]  # fmt: skip
    assert len(held["all"]) == len(judgement)
    assert len(held["no tie"]) == np.count_nonzero(~split.test.tied)
    cold = ~np.isin(split.test.targets, split.train.toys)
    np.testing.assert_array_equal(held["cold toys"].values, judgement.ranks.values[cold])
    assert len(held["head toys"]) + len(held["tail toys"]) == np.count_nonzero(~cold)
    assert [len(held[name]) for name in held if name.startswith("history")] == [6, 14, 20]
    known = [one and one.age_months for one in split.test.histories.recipient_table]
    ages = [known[code] for code in split.test.recipients]
    assert len(held["age 3–5"]) == sum(age is not None and 36 <= age < 72 for age in ages)


def test_the_head_is_the_fifth_that_is_met_most(judgement: Judgement, split: Split) -> None:
    met = np.bincount(split.train.toys, minlength=31)[1:]
    lowest = np.sort(met)[::-1][5]
    held = dict(slices(judgement, split.train))
    surely = met[judgement.targets - 1] > lowest
    assert set(judgement.ranks.values[surely]) <= set(held["head toys"].values)
    assert len(held["head toys"]) >= surely.sum()


def test_rows_are_means_with_an_interval_around_them(judgement: Judgement, split: Split) -> None:
    rows = report(judgement, split.train)
    whole = rows[0]
    assert (whole.recommender, whole.protocol, whole.part, whole.queries) == ("rules", "leave-one-out", "test", 40)
    assert (whole.masking, whole.query) == (judgement.masking, "all before the target, the validation toy too")
    assert whole.metrics["recall@10"] == np.mean(judgement.ranks.values <= 10)
    assert whole.low <= whole.metrics["ndcg@10"] <= whole.high
    assert 0 < whole.metrics["ndcg@5"] <= whole.metrics["ndcg@10"] <= whole.metrics["ndcg@20"] <= 1


def test_an_empty_slice_has_no_figures(judgement: Judgement, split: Split) -> None:
    row = report(replace(judgement, tied=np.ones(len(judgement), np.bool_)), split.train)[1]
    assert (row.slice, row.queries, row.metrics) == ("no tie", 0, {})
    assert np.isnan([row.low, row.high]).all()


def test_lists_hold_the_target_at_its_rank(judgement: Judgement, shop: Dataset, split: Split, tmp_path: Path) -> None:
    file = tmp_path / "lists.txt"
    write_lists(judgement, shop.index, file)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(judgement)
    histories = split.test.histories
    for row, line in enumerate(lines):
        shopper, toys = line.split("\t")
        shown = toys.split(" ")
        assert shopper == histories.shoppers[row]
        seen = shop.index.to_ids(histories.toys[histories.offsets[row] : histories.offsets[row + 1]])
        assert not set(shown) & set(seen)
        assert len(set(shown)) == len(shown) == min(20, 30 - len(set(seen)))
        target = shop.index.ids[judgement.targets[row] - 1]
        rank = judgement.ranks.values[row]
        if rank <= 20:
            assert shown[rank - 1] == target
        else:
            assert rank == NEVER or target not in shown


@pytest.mark.parametrize(
    ("toys", "shoppers", "message"),
    [
        (["a", "b 1"], ["s"], r"the id of toy 'b 1' itself holds white space; leave '--lists' out\.$"),
        (["a", "b\u00a01"], ["s"], "toy .* white space"),
        (["a"], ["s", "t\t1"], r"the id of shopper 't\\t1' itself holds a tab"),
        (["a"], ["t\n"], "shopper .* end of a line"),
    ],
)
def test_ids_that_a_list_cannot_hold_are_told(toys: list[str], shoppers: list[str], message: str) -> None:
    with pytest.raises(ToyGuideError, match=message):
        check_ids(ToyIndex(toys), shoppers)


def test_shoppers_may_have_names_of_two_words() -> None:
    check_ids(ToyIndex(["a-1", "积木"]), ["Anna B", "小明"])
