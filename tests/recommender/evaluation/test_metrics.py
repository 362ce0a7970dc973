from __future__ import annotations

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation.metrics import CUTOFFS, NEVER, ndcg_at, per_query, recall_at, reciprocal_rank

RANKS = np.array([1, 2, 5, 6, 10, 11, 20, 21, NEVER], np.int32)


def test_recall_counts_ranks_up_to_k() -> None:
    assert recall_at(RANKS, 5).tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert recall_at(RANKS, 10).tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert recall_at(RANKS, 20).tolist() == [1, 1, 1, 1, 1, 1, 1, 0, 0]


def test_ndcg_is_the_discount_of_the_rank() -> None:
    expected = [1, 1 / math.log2(3), 1 / math.log2(6), 1 / math.log2(7), 1 / math.log2(11), 0, 0, 0, 0]
    np.testing.assert_allclose(ndcg_at(RANKS, 10), expected)


def test_reciprocal_rank_knows_no_cutoff_but_never() -> None:
    np.testing.assert_allclose(reciprocal_rank(RANKS), [1, 1 / 2, 1 / 5, 1 / 6, 1 / 10, 1 / 11, 1 / 20, 1 / 21, 0])


def test_every_metric_by_name() -> None:
    values = per_query(RANKS)
    assert set(values) == {f"{metric}@{k}" for metric in ("recall", "ndcg") for k in CUTOFFS} | {"mrr"}
    assert all(len(each) == len(RANKS) for each in values.values())


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_they_agree_with_ir_measures(ranks: list[int]) -> None:
    """The oracle sees 60 toys a query with distinct scores, the relevant one at the given rank."""
    qrels = {f"q{i}": {f"t{rank}": 1} for i, rank in enumerate(ranks)}
    run = {f"q{i}": {f"t{place}": float(-place) for place in range(1, 61)} for i in range(len(ranks))}
    own = per_query(np.array(ranks, np.int32))
    measures = {f"recall@{k}": ir_measures.R @ k for k in CUTOFFS}
    measures |= {f"ndcg@{k}": ir_measures.nDCG @ k for k in CUTOFFS}
    measures["mrr"] = ir_measures.RR
    found = ir_measures.calc_aggregate(list(measures.values()), qrels, run)
    for name, measure in measures.items():
        assert own[name].mean() == pytest.approx(found[measure])
