from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation.metrics import (
    CUTOFFS,
    NEVER,
    Ranks,
    hit_rate_at,
    ndcg_at,
    per_query,
    recall_at,
    reciprocal_rank,
    reciprocal_rank_at,
    single,
)

RANKS = single(np.array([1, 2, 5, 6, 10, 11, 20, 21, NEVER], np.int32))


def test_recall_counts_ranks_up_to_k() -> None:
    assert recall_at(RANKS, 5).tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert recall_at(RANKS, 10).tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert recall_at(RANKS, 20).tolist() == [1, 1, 1, 1, 1, 1, 1, 0, 0]


def test_ndcg_is_the_discount_of_the_rank() -> None:
    expected = [1, 1 / math.log2(3), 1 / math.log2(6), 1 / math.log2(7), 1 / math.log2(11), 0, 0, 0, 0]
    np.testing.assert_allclose(ndcg_at(RANKS, 10), expected)


def test_reciprocal_rank_knows_no_cutoff_but_never() -> None:
    np.testing.assert_allclose(reciprocal_rank(RANKS), [1, 1 / 2, 1 / 5, 1 / 6, 1 / 10, 1 / 11, 1 / 20, 1 / 21, 0])


def test_reciprocal_rank_with_a_cutoff() -> None:
    np.testing.assert_allclose(reciprocal_rank_at(RANKS, 10), [1, 1 / 2, 1 / 5, 1 / 6, 1 / 10, 0, 0, 0, 0])


def test_every_metric_by_name() -> None:
    values = per_query(RANKS)
    names = {f"{metric}@{k}" for metric in ("recall", "ndcg", "hit_rate", "mrr") for k in (5, 10, 20)}
    assert set(values) == names | {"mrr"}
    assert all(len(each) == len(RANKS) for each in values.values())


def test_several_relevant_toys_by_hand() -> None:
    """Three toys at 1, 4 and 30, and one at 3; at 2 only two of the three could be shown."""
    ranks = Ranks(np.array([4, 1, 30, 3], np.int32), np.array([0, 3, 4]))
    assert recall_at(ranks, 2).tolist() == [0.5, 0]
    np.testing.assert_allclose(recall_at(ranks, 10), [2 / 3, 1])
    assert hit_rate_at(ranks, 2).tolist() == [1, 0]
    gain = [1 / math.log2(rank + 1) for rank in range(1, 5)]
    np.testing.assert_allclose(ndcg_at(ranks, 10), [(gain[0] + gain[3]) / sum(gain[:3]), gain[2]])
    np.testing.assert_allclose(reciprocal_rank(ranks), [1, 1 / 3])


def test_slices_of_ranks() -> None:
    ranks = Ranks(np.array([4, 1, 30, 3, 7], np.int32), np.array([0, 3, 4, 5]))
    some = ranks.of_queries(np.array([True, False, True]))
    assert (some.values.tolist(), some.bounds.tolist()) == ([4, 1, 30, 7], [0, 3, 4])
    toys = ranks.of_toys(np.array([False, True, True, False, True]))
    assert (toys.values.tolist(), toys.bounds.tolist()) == ([1, 30, 7], [0, 2, 3])
    nothing = ranks.of_toys(np.zeros(5, bool))
    assert len(nothing) == 0
    assert all(len(values) == 0 for values in per_query(nothing).values())


@given(st.lists(st.sets(st.integers(1, 60), min_size=1, max_size=30), min_size=1, max_size=12))
def test_they_agree_with_ir_measures(relevant: list[set[int]]) -> None:
    """The oracle sees 60 toys a query with distinct scores, the relevant ones at the given ranks.

    Its Recall@k divides by all relevant toys, ours by those that k places can hold.
    """
    qrels = {f"q{i}": {f"t{rank}": 1 for rank in ranks} for i, ranks in enumerate(relevant)}
    run = {f"q{i}": {f"t{place}": float(-place) for place in range(1, 61)} for i in range(len(relevant))}
    sizes = np.array([len(ranks) for ranks in relevant])
    flat = np.array([rank for ranks in relevant for rank in ranks], np.int32)
    own = per_query(Ranks(flat, np.concatenate([[0], np.cumsum(sizes)])))
    measures = {f"recall@{k}": ir_measures.R @ k for k in CUTOFFS}
    measures |= {f"ndcg@{k}": ir_measures.nDCG @ k for k in CUTOFFS}
    measures |= {f"hit_rate@{k}": ir_measures.Success @ k for k in CUTOFFS}
    measures |= {f"mrr@{k}": ir_measures.RR @ k for k in CUTOFFS}
    measures["mrr"] = ir_measures.RR
    names = {str(measure): name for name, measure in measures.items()}
    checked = 0
    for found in ir_measures.iter_calc(list(measures.values()), qrels, run):
        name, row = names[str(found.measure)], int(found.query_id[1:])
        k = int(name.partition("@")[2] or 0)
        scale = sizes[row] / min(k, sizes[row]) if name.startswith("recall") else 1
        assert own[name][row] == pytest.approx(found.value * scale)
        checked += 1
    assert checked == len(measures) * len(relevant)
