"""From scores to figures: what `judge` gives is what `ir-measures` makes of the same scores, query by query."""

from __future__ import annotations

from datetime import date

import ir_measures
import numpy as np
import pytest
from numpy.typing import NDArray

from data.dataset import Dataset
from data.ids import ToyIndex
from data.protocol import Protocol, SplitPlan, split_dataset
from recommender.base import QueryBatch, Recommender, batch_holdout
from recommender.evaluation.metrics import CUTOFFS, per_query
from recommender.evaluation.ranking import judge


class TieFree(Recommender):
    """Another permutation of all toys for every query, drawn by what is in it: no two scores are equal."""

    name = "tie-free"

    def __init__(self, index: ToyIndex) -> None:
        self.index = index

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        rows = [np.random.default_rng(row[row > 0]).permutation(len(self.index)) for row in batch.toys]
        return np.array(rows, np.float32)


LEAVE_ONE_OUT = SplitPlan(Protocol.LEAVE_ONE_OUT, "hashed")
TEMPORAL = SplitPlan(Protocol.TEMPORAL, "hashed", date(2024, 1, 3), date(2024, 1, 5))


@pytest.mark.parametrize("plan", [LEAVE_ONE_OUT, TEMPORAL], ids=["leave-one-out", "temporal"])
@pytest.mark.parametrize("part", ["validation", "test"])
def test_figures_from_scores(shop: Dataset, plan: SplitPlan, part: str) -> None:
    """The oracle is given every toy outside the query with its score, by the shop's own ids.

    Its Recall@k divides by all relevant toys, ours by those that k places can hold.
    """
    holdout = split_dataset(shop, plan).holdout(part)  # type: ignore[arg-type]
    recommender = TieFree(shop.index)
    scores = recommender.score_batch(batch_holdout(holdout))
    histories, bounds, ids = holdout.histories, holdout.bounds, shop.index.ids
    qrels, run = {}, {}
    for row in range(len(holdout)):
        seen = set(histories.toys[histories.offsets[row] : histories.offsets[row + 1]].tolist())
        run[str(row)] = {toy: float(scores[row, i]) for i, toy in enumerate(ids) if i + 1 not in seen}
        qrels[str(row)] = dict.fromkeys(shop.index.to_ids(holdout.targets[bounds[row] : bounds[row + 1]]), 1)
    relevant = np.diff(bounds)
    assert (relevant.max() > 1) == (plan is TEMPORAL)

    own = per_query(judge(recommender, holdout).ranks)
    measures = {"mrr": ir_measures.RR}
    for k in CUTOFFS:
        measures |= {f"recall@{k}": ir_measures.R @ k, f"ndcg@{k}": ir_measures.nDCG @ k}
        measures |= {f"hit_rate@{k}": ir_measures.Success @ k, f"mrr@{k}": ir_measures.RR @ k}
    assert measures.keys() == own.keys()
    names = {str(measure): name for name, measure in measures.items()}
    checked = 0
    for found in ir_measures.iter_calc(list(measures.values()), qrels, run):
        name, row = names[str(found.measure)], int(found.query_id)
        k = int(name.partition("@")[2] or 0)
        scale = relevant[row] / min(k, relevant[row]) if name.startswith("recall") else 1
        assert own[name][row] == pytest.approx(found.value * scale)
        checked += 1
    assert checked == len(measures) * len(holdout)
