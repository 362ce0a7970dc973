"""What baselines make of the kinds of contact: one table of weights, and the matrices every baseline starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.schema import KIND_CODES, EventKind
from data.sequences import Sequences
from recommender.base import QueryBatch

KIND_WEIGHT: Final[dict[EventKind, float]] = {
    EventKind.VIEW: 0.2,
    EventKind.LIKE: 1.0,
    EventKind.CART: 1.0,
    EventKind.PURCHASE: 1.0,
    EventKind.RETURN: 0.0,
    EventKind.DISMISS: 0.0,
}
"""A look counts a fifth of a toy wanted, in learning and in queries; a refusal counts for nothing."""

_WEIGHTS: Final = np.zeros(len(KIND_CODES) + 1, np.float32)
for _kind, _weight in KIND_WEIGHT.items():
    _WEIGHTS[KIND_CODES[_kind]] = _weight


@dataclass(frozen=True)
class Contacts:
    """The contacts of `Sequences` that count, in order.

    shoppers: int64 [C]; toys: int64 [C], columns from 0; weights: float32 [C]; recipients: int32 [C]
    times: int64 [C], ms since 1970 UTC, −1 unknown
    """

    shoppers: NDArray[np.int64]
    toys: NDArray[np.int64]
    weights: NDArray[np.float32]
    recipients: NDArray[np.int32]
    times: NDArray[np.int64]


def counted_contacts(train: Sequences) -> Contacts:
    """The contacts of `train` with a weight above 0."""
    weights = _WEIGHTS[train.kinds]
    kept = weights > 0
    return Contacts(
        train.rows[kept],
        train.toys[kept].astype(np.int64) - 1,
        weights[kept],
        train.recipients[kept],
        train.times[kept],
    )


def toy_counts(contacts: Contacts, n_toys: int) -> NDArray[np.float64]:
    """The summed weight of each toy's contacts, float64 [n_toys]."""
    return np.bincount(contacts.toys, weights=contacts.weights, minlength=n_toys).astype(np.float64)


def shopper_matrix(contacts: Contacts, n_shoppers: int, n_toys: int) -> sparse.csr_array:
    """Contact weights [n_shoppers, n_toys]; where a shopper met a toy more than once, the highest."""
    met = sparse.csr_array((n_shoppers, n_toys), dtype=np.float64)
    for weight in np.unique(contacts.weights):
        chosen = contacts.weights == weight
        pairs = (contacts.shoppers[chosen], contacts.toys[chosen])
        layer = sparse.csr_array((np.ones(chosen.sum()), pairs), shape=met.shape)
        layer.data[:] = weight  # a second contact of the same kind adds nothing
        met = met.maximum(layer)
    return met


def query_matrix(batch: QueryBatch, n_toys: int, decay: float) -> sparse.csr_array:
    """Queries as sparse rows [B, n_toys]: contact weights, times `decay` for each newer contact that counts."""
    weights = np.where(batch.toys > 0, _WEIGHTS[batch.kinds], 0.0)
    counted = weights > 0
    newer = counted[:, ::-1].cumsum(axis=1)[:, ::-1] - counted  # contacts that count after this one
    rows, places = np.nonzero(counted)
    values = weights[rows, places] * decay ** newer[rows, places].astype(np.float64)
    return sparse.csr_array((values, (rows, batch.toys[rows, places].astype(np.int64) - 1)), shape=(len(batch), n_toys))
