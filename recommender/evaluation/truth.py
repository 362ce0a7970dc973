"""Judging against a known truth: the oracle's own ranking, and how much of the true chance a list holds.

On a simulated world every toy's probability at every choice is known. The oracle ranks by it, and no recommender can do
better but by luck. The chance of a list is the true probability that the choice falls on it: it has the same mean as
Recall@k, without the noise of which toy was drawn. What a list lacks against the oracle's is its regret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.split import Holdout
from recommender.evaluation.compare import bootstrap_interval
from recommender.evaluation.metrics import ndcg_at, recall_at
from recommender.evaluation.ranking import LIST_LENGTH, Judgement, judgement_of, rank_targets

K = 10


@dataclass(frozen=True)
class TrueRow:
    """One recommender against the truth, means over the queries at k = 10.

    chance: true probability that the choice is in the list; regret: the oracle's chance minus this one
    low, high: the 95 % bootstrap interval of the regret over queries
    """

    recommender: str
    queries: int
    recall: float
    ndcg: float
    chance: float
    regret: float
    low: float
    high: float


def judge_oracle(truth: NDArray[np.float32], holdout: Holdout, chunk: int = 512) -> Judgement:
    """The judgement of ranking by `truth`, float32 [Q, N], row by row of `holdout` with one target a query."""
    queries, n_toys = truth.shape
    ranks = np.empty(queries, np.int32)
    top = np.empty((queries, min(LIST_LENGTH, n_toys)), np.int32)
    for start in range(0, queries, chunk):
        rows = np.arange(start, min(start + chunk, queries))
        ranks[rows], top[rows] = rank_targets(truth[rows], holdout.take(rows))
    return judgement_of("oracle", n_toys, holdout, ranks, top)


def true_chance(judgement: Judgement, truth: NDArray[np.float32], k: int = K) -> NDArray[np.float64]:
    """float64 [Q]: the true probability of the first k toys of each list together."""
    top = judgement.top[:, :k].astype(np.int64)
    each = np.take_along_axis(truth, np.maximum(top - 1, 0), axis=1).astype(np.float64)
    return np.asarray(np.where(top > 0, each, 0.0).sum(axis=1))


def compare_with_truth(judgements: Sequence[Judgement], truth: NDArray[np.float32], holdout: Holdout) -> list[TrueRow]:
    """A row for each of `judgements`, all of `holdout`, and one for the oracle at the end."""
    oracle = judge_oracle(truth, holdout)
    best = true_chance(oracle, truth)
    rows = []
    for judgement in (*judgements, oracle):
        chance = true_chance(judgement, truth)
        low, high = bootstrap_interval(best - chance)
        rows.append(
            TrueRow(
                judgement.recommender,
                len(judgement),
                float(recall_at(judgement.ranks, K).mean()),
                float(ndcg_at(judgement.ranks, K).mean()),
                float(chance.mean()),
                float((best - chance).mean()),
                low,
                high,
            )
        )
    return rows
