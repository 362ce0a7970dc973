"""The categories of the toys met, each with the popularity that is usual in it: it can place a toy nobody has met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.ids import ToyIndex
from data.schema import Toy
from data.sequences import Sequences
from recommender.base import QueryBatch, Recommender
from recommender.baselines.contacts import counted_contacts, query_matrix, toy_counts

_OWN: Final = 1e-3


class PopularityInCategory(Recommender):
    """score(j) = Σ over j's category and those above it of affinity(category) · usual(category) + a little of j's own.

    affinity: the share of the query's contacts (newer ones weigh more) with toys of that category; for an empty query
    it is 1 for all. usual: the mean count of contacts of a toy in that category. The toy's own count, times 0.001,
    orders toys of one category.
    """

    name = "popularity in category"

    def __init__(self, index: ToyIndex, train: Sequences, toys: Sequence[Toy], decay: float = 0.8) -> None:
        self.index = index
        self.decay = decay
        numbers: dict[tuple[str, ...], int] = {}
        pairs = [
            (row, numbers.setdefault(toy.category[:depth], len(numbers)))
            for row, toy in enumerate(toys)
            for depth in range(1, len(toy.category) + 1)
        ]
        rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
        shape = (len(index), max(1, len(numbers)))
        self.belongs = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
        self.counts = toy_counts(counted_contacts(train), len(index)).astype(np.float32)
        sizes = np.maximum(np.asarray(self.belongs.sum(axis=0)), 1)
        self.usual = np.asarray(self.belongs.T @ self.counts) / sizes

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        met = query_matrix(batch, len(self.index), self.decay)
        weight = np.asarray(met.sum(axis=1))[:, None]
        affinity = np.where(weight > 0, (met @ self.belongs).toarray() / np.maximum(weight, 1e-9), 1.0)
        scores = np.asarray((self.belongs @ (affinity * self.usual).T).T)
        return np.asarray(scores + _OWN * self.counts, np.float32)
