"""Metrics of ranked lists with one relevant toy a query, from the rank of that toy alone.

With one relevant toy Recall@k and HitRate@k are the same number, and the ideal DCG is 1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CUTOFFS: Final = (5, 10, 20)
MAIN: Final = "ndcg@10"
NEVER: Final = int(np.iinfo(np.int32).max)
"""The rank of a toy that cannot be shown at all, for example one that the mask forbids."""


def recall_at(ranks: NDArray[np.int32], k: int) -> NDArray[np.float64]:
    """Recall@k = HitRate@k of each query: 1 where the rank (from 1) is at most k, else 0. float64 [Q]."""
    return (ranks <= k).astype(np.float64)


def ndcg_at(ranks: NDArray[np.int32], k: int) -> NDArray[np.float64]:
    """NDCG@k of each query: 1 / log2(rank + 1) where the rank (from 1) is at most k, else 0. float64 [Q].

    Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002, with the gain 1.
    """
    return np.where(ranks <= k, 1 / np.log2(ranks.astype(np.float64) + 1), 0.0)


def reciprocal_rank(ranks: NDArray[np.int32]) -> NDArray[np.float64]:
    """1 / rank of each query over the whole ranking, 0 where the toy cannot be shown. float64 [Q]."""
    return np.where(ranks < NEVER, 1 / ranks.astype(np.float64), 0.0)


def per_query(ranks: NDArray[np.int32]) -> dict[str, NDArray[np.float64]]:
    """Every metric of every query: recall@k and ndcg@k for each of `CUTOFFS`, and mrr."""
    values = {f"recall@{k}": recall_at(ranks, k) for k in CUTOFFS}
    values |= {f"ndcg@{k}": ndcg_at(ranks, k) for k in CUTOFFS}
    return values | {"mrr": reciprocal_rank(ranks)}
