"""Dense text vectors: TF-IDF bags on their strongest directions (latent semantic analysis, Deerwester et al. 1990)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from recommender.features import FeatureSchema, ToyFeatures


def fit_projection(features: ToyFeatures, schema: FeatureSchema, width: int, seed: int) -> NDArray[np.float32]:
    """The projection float32 [text_rows, width] from bags to dense vectors; a catalogue too small for `width`
    directions fills the rest with zeros."""
    bags = _bags(features, schema.text_rows)
    rank = min(width, *(size - 1 for size in bags.shape))
    projection = np.zeros((schema.text_rows, width), np.float32)
    if rank >= 1 and bags.nnz:
        _, _, directions = randomized_svd(bags, rank, n_iter=4, random_state=seed)
        projection[:, :rank] = directions.T
    return projection


def project(features: ToyFeatures, projection: NDArray[np.float32]) -> NDArray[np.float32]:
    """Dense text vectors float32 [N + 1, width] of unit length (zeros for a toy without known words)."""
    dense = np.asarray(_bags(features, len(projection)) @ projection, np.float32)
    length = np.linalg.norm(dense, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(dense, length, out=np.zeros_like(dense), where=length > 0)
    return unit


def _bags(features: ToyFeatures, rows: int) -> sparse.csr_matrix:
    toys = np.repeat(np.arange(len(features.text)), features.text.shape[1])
    return sparse.csr_matrix(
        (features.text_weights.ravel(), (toys, features.text.ravel())), shape=(len(features.text), rows)
    )
