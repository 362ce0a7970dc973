"""EASE: the linear model that predicts every toy of a shopper from the others, in closed form."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from data.errors import ToyGuideError
from data.ids import ToyIndex
from data.sequences import Sequences
from recommender.base import QueryBatch, Recommender
from recommender.baselines.contacts import counted_contacts, query_matrix, shopper_matrix

MAX_TOYS: Final = 20_000
"""Its matrix is dense: 20,000 toys are 1.6 GB, and as much again while it is inverted."""


class EASE(Recommender):
    """score(j) = Σ over the query's toys i of decay^age · B[i, j], B = I − P / diag(P), P = (XᵀX + l2 · I)⁻¹.

    X is the shopper × toy matrix of contact weights; `age` counts contacts from the newest (0).
    Source: Steck, "Embarrassingly shallow autoencoders for sparse data", 2019.
    """

    name = "EASE"

    def __init__(self, index: ToyIndex, train: Sequences, l2: float = 50.0, decay: float = 0.8) -> None:
        """Raises ToyGuideError if the catalogue is too large for a dense matrix."""
        if len(index) > MAX_TOYS:
            raise ToyGuideError(
                f"EASE keeps a dense matrix of toys × toys and takes at most {MAX_TOYS:,} toys. "
                f"Got {len(index):,}; leave it out."
            )
        self.index = index
        self.decay = decay
        met = shopper_matrix(counted_contacts(train), len(train), len(index))
        gram = (met.T @ met).toarray().astype(np.float32)
        gram[np.diag_indices_from(gram)] += l2
        factor = linalg.cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        inverse, failed = linalg.lapack.spotri(factor, lower=True, overwrite_c=True)
        if failed:
            raise ToyGuideError(f"The 'l2' parameter of EASE must be greater: {l2} leaves a matrix without inverse.")
        for column in range(len(inverse) - 1):  # only the lower half was written
            inverse[column, column + 1 :] = inverse[column + 1 :, column]
        weights = np.ascontiguousarray(inverse.T)  # symmetric, so this is the same matrix in rows
        weights /= -np.diag(inverse)
        np.fill_diagonal(weights, 0)
        self.weights: NDArray[np.float32] = weights

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        query = query_matrix(batch, len(self.index), self.decay).astype(np.float32)
        scores: NDArray[np.float32] = query @ self.weights
        return scores
