"""What a recommender holds, and what its evaluation costs beyond the scores themselves."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from statistics import median
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.sequences import Sequences
from data.split import Holdout
from recommender.base import QueryBatch, Recommender
from recommender.evaluation.ranking import judge
from recommender.evaluation.report import report


@dataclass(frozen=True)
class RankingCost:
    """Medians over `repeats`: seconds of scoring, and of all else that leads to every metric of every slice.

    peak_memory_mb: the most that this process ever held, in MiB, the dataset and the recommender included
    """

    recommender: str
    queries: int
    toys: int
    repeats: int
    scoring_seconds: float
    ranking_seconds: float
    peak_memory_mb: float


def ranking_cost(recommender: Recommender, holdout: Holdout, train: Sequences, repeats: int) -> RankingCost:
    """Judge `recommender` on `holdout` `repeats` times, with a clock beside its scores."""
    timed = _Timed(recommender)
    whole, scoring = [], []
    for _ in range(repeats):
        timed.seconds, started = 0.0, time.perf_counter()
        report(judge(timed, holdout), train)
        whole.append(time.perf_counter() - started)
        scoring.append(timed.seconds)
    return RankingCost(
        recommender.name,
        len(holdout),
        len(recommender.index),
        repeats,
        median(scoring),
        median(all_of - scores for all_of, scores in zip(whole, scoring, strict=True)),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,  # Linux counts in KiB
    )


def held(recommender: Recommender) -> tuple[int, int]:
    """(numbers, bytes) of the arrays and sparse matrices that a fitted baseline holds; of indices the bytes alone."""
    numbers = size = 0
    for value in vars(recommender).values():
        if isinstance(value, np.ndarray):
            numbers, size = numbers + value.size, size + value.nbytes
        elif sparse.issparse(value):
            compressed = cast(Any, value).tocsr()
            numbers += compressed.nnz
            size += compressed.data.nbytes + compressed.indices.nbytes + compressed.indptr.nbytes
    return numbers, size


class _Timed(Recommender):
    """A recommender, and the seconds that it spent on scores."""

    def __init__(self, recommender: Recommender) -> None:
        self.name = recommender.name
        self.index = recommender.index
        self.seconds = 0.0
        self._recommender = recommender

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        started = time.perf_counter()
        scores = self._recommender.score_batch(batch)
        self.seconds += time.perf_counter() - started
        return scores
