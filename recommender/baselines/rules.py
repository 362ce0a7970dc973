"""Directed item-to-item rules: what shoppers took soon after a toy. No training, and hard to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.ids import ToyIndex
from data.sequences import Sequences
from recommender.base import QueryBatch, Recommender
from recommender.baselines.contacts import Contacts, counted_contacts, query_matrix, toy_counts


class Rules(Recommender):
    """score(j) = Σ over the query's toys i of query_decay^age · W[i, j].

    W[i, j] = Σ over shoppers who took j at a distance d ≤ window after i of distance_decay^(d − 1), and `reverse` times
    as much where j came before i; times ((n_i + shrink) · (n_j + shrink))^exponent, where n is popularity.
    A pair weighs the product of its contacts' weights. Distances and ages count the contacts that count.
    """

    name = "rules"

    def __init__(
        self,
        index: ToyIndex,
        train: Sequences,
        window: int = 50,
        distance_decay: float = 0.85,
        reverse: float = 0.5,
        exponent: float = -0.25,
        shrink: float = 5.0,
        query_decay: float = 0.6,
    ) -> None:
        self.index = index
        self.query_decay = query_decay
        contacts = counted_contacts(train)
        forward = _pairs(contacts, len(index), window, distance_decay)
        rules = (forward + reverse * forward.T).tocsr()
        rules.setdiag(0)
        scale = sparse.diags_array((toy_counts(contacts, len(index)) + shrink) ** exponent)
        rules = (scale @ rules @ scale).tocsr()
        rules.eliminate_zeros()
        self.rules = rules.astype(np.float32)

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = (query_matrix(batch, len(self.index), self.query_decay) @ self.rules).toarray()
        return scores


def _pairs(contacts: Contacts, n_toys: int, window: int, decay: float) -> sparse.csr_array:
    """Weighted counts [n_toys, n_toys] of "j at most `window` contacts after i" in one shopper's sequence."""
    total = sparse.csr_array((n_toys, n_toys), dtype=np.float64)
    for distance in range(1, window + 1):
        earlier = np.flatnonzero(contacts.shoppers[:-distance] == contacts.shoppers[distance:])
        if not len(earlier):
            break
        later = earlier + distance
        values = decay ** (distance - 1) * contacts.weights[earlier] * contacts.weights[later]
        total = total + sparse.csr_array(
            (values, (contacts.toys[earlier], contacts.toys[later])), shape=(n_toys, n_toys)
        )
    return total
