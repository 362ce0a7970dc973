"""Metrics of ranked lists from the ranks of the relevant toys alone; gains are 0 or 1.

Source of NDCG: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.sequences import take_ragged

CUTOFFS: Final = (5, 10, 20)
MAIN: Final = "ndcg@10"
NEVER: Final = int(np.iinfo(np.int32).max)
"""The rank of a toy that cannot be shown at all, for example one that the mask forbids."""


@dataclass(frozen=True)
class Ranks:
    """Where the relevant toys of Q queries stand, T toys together, at least one a query.

    values: int32 [T], from 1 among all toys that are not masked; those of query q are `values[bounds[q]:bounds[q + 1]]`
    bounds: int64 [Q + 1]
    """

    values: NDArray[np.int32]
    bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def relevant(self) -> NDArray[np.int64]:
        """int64 [Q]: how many toys are relevant to each query."""
        return np.diff(self.bounds)

    @property
    def rows(self) -> NDArray[np.int64]:
        """int64 [T]: the query of each relevant toy."""
        return np.repeat(np.arange(len(self)), self.relevant)

    def of_queries(self, chosen: NDArray[np.bool_]) -> Ranks:
        """Those of the queries `chosen`, bool [Q]."""
        rows = np.flatnonzero(chosen)
        flat, bounds = take_ragged(self.bounds[rows], self.bounds[rows + 1])
        return Ranks(self.values[flat], bounds)

    def of_toys(self, chosen: NDArray[np.bool_]) -> Ranks:
        """Those of the relevant toys `chosen`, bool [T], as if no other were relevant; queries without any fall out."""
        counts = np.bincount(self.rows[chosen], minlength=len(self))
        return Ranks(self.values[chosen], np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64))

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum over each query's relevant toys of `values` [T]: float64 [Q]."""
        sums: NDArray[np.float64] = np.bincount(self.rows, weights=values, minlength=len(self)).astype(np.float64)
        return sums


def single(values: NDArray[np.int32]) -> Ranks:
    """The ranks of queries with one relevant toy each: int32 [Q]."""
    return Ranks(values, np.arange(len(values) + 1))


def recall_at(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """Recall@k of each query: relevant toys among the first k / min(k, relevant). float64 [Q]."""
    found = ranks.total((ranks.values <= k).astype(np.float64))
    return np.asarray(found / np.minimum(ranks.relevant, k))


def hit_rate_at(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """HitRate@k of each query: 1 where any relevant toy is among the first k, else 0. float64 [Q]."""
    return (ranks.total((ranks.values <= k).astype(np.float64)) > 0).astype(np.float64)


def ndcg_at(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """NDCG@k of each query: the sum of 1 / log2(rank + 1) over relevant toys up to k, by the best sum. float64 [Q]."""
    gains = np.where(ranks.values <= k, 1 / np.log2(ranks.values.astype(np.float64) + 1), 0.0)
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    return np.asarray(ranks.total(gains) / ideal[np.minimum(ranks.relevant, k) - 1])


def reciprocal_rank(ranks: Ranks) -> NDArray[np.float64]:
    """1 / rank of each query's first relevant toy in the whole ranking, 0 where none can be shown. float64 [Q]."""
    return reciprocal_rank_at(ranks, NEVER - 1)


def reciprocal_rank_at(ranks: Ranks, k: int) -> NDArray[np.float64]:
    """1 / rank of each query's first relevant toy, 0 where none is among the first k. float64 [Q]."""
    first = np.minimum.reduceat(ranks.values, ranks.bounds[:-1]) if len(ranks) else ranks.values
    return np.where(first <= k, 1 / first.astype(np.float64), 0.0)


def per_query(ranks: Ranks) -> dict[str, NDArray[np.float64]]:
    """Every metric of every query: recall@k, ndcg@k, hit_rate@k and mrr@k for each of `CUTOFFS`, and mrr of all."""
    values = {f"recall@{k}": recall_at(ranks, k) for k in CUTOFFS}
    values |= {f"ndcg@{k}": ndcg_at(ranks, k) for k in CUTOFFS}
    values |= {f"hit_rate@{k}": hit_rate_at(ranks, k) for k in CUTOFFS}
    values |= {f"mrr@{k}": reciprocal_rank_at(ranks, k) for k in CUTOFFS}
    return values | {"mrr": reciprocal_rank(ranks)}
