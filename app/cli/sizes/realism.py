"""How like toys grown toys are: what tells neighbourhoods apart, and an index's recall, beside independent noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.cli.sizes.grow import Growth, local_dimension, nearest, sampled
from app.cli.sizes.ways import build_index

_FIRST = 20


@dataclass(frozen=True)
class Likeness:
    """Of as many vectors as there are real toys: real ones, grown ones, or noise of the same lengths.

    nearest: median distance to the nearest; tenth: to the tenth; dimension: see `local_dimension`
    recall: of an index with a beam of k, without a mask
    """

    nearest: float
    tenth: float
    dimension: float
    recall: float


def likeness(growth: Growth, queries: NDArray[np.float32], k: int, seed: int = 0) -> dict[str, Likeness]:
    """{"real", "grown", "noise"}; queries: float32 [Q, d]."""
    noise = np.random.default_rng(seed).standard_normal(growth.real.shape, np.float32)
    noise *= (np.linalg.norm(growth.real, axis=1) / np.linalg.norm(noise, axis=1))[:, None]
    kinds = {"real": growth.real, "grown": growth.grow(len(growth.real), seed + 2)[0], "noise": noise}
    return {name: _likeness(toys, queries, k, seed) for name, toys in kinds.items()}


def _likeness(toys: NDArray[np.float32], queries: NDArray[np.float32], k: int, seed: int) -> Likeness:
    distances = nearest(toys, sampled(toys, seed), min(_FIRST, len(toys) - 1))[1]
    found = build_index(toys).search(queries, k, threads=1).keys.astype(np.int64)
    best = np.argpartition(-(queries @ toys.T), k - 1, axis=1)[:, :k]
    recall = np.mean([len(np.intersect1d(mine, right)) / k for mine, right in zip(found, best, strict=True)])
    return Likeness(
        float(np.median(distances[:, 0])),
        float(np.median(distances[:, min(9, distances.shape[1] - 1)])),
        local_dimension(distances),
        float(recall),
    )
