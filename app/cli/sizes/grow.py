"""Many toys that lie as a few real ones do: a smoothed bootstrap whose noise has the shape of each neighbourhood.

A grown toy is a real one, drawn with replacement, moved by Gaussian noise with the covariance of the `NEIGHBOURS`
toys nearest to that one; the noise is as strong as it must be for grown toys to lie as near to each other as real
ones. It keeps the length of the toy it was grown from, and who may see it. Source: Silverman, "Density Estimation for
Statistics and Data Analysis", 1986, 6.4 (the smoothed bootstrap); the covariance is local, for toys lie in groups.

Independent noise would not do: in 64 directions everything is about as far from everything else, and an index that
walks from neighbour to neighbour finds its way worse than among toys. `local_dimension` tells the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS: Final = 16
SAMPLE: Final = 2000
"""So many toys are looked at to see how near toys lie to each other."""
_AT_ONCE: Final = 16_384
_STEPS: Final = 12
_STRONGEST: Final = 4.0
_NEAREST: Final = 1e-6
"""Distances under this count as this: two toys may be the same."""


@dataclass(frozen=True)
class Growth:
    """What toys are grown from.

    real: float32 [n, d]; around: float32 [n, NEIGHBOURS, d], what each one's nearest differ from their mean by
    strength: of the noise; 1 is the covariance of the nearest itself
    """

    real: NDArray[np.float32]
    around: NDArray[np.float32]
    strength: float

    @classmethod
    def fit(cls, real: NDArray[np.float32], seed: int = 0) -> Growth:
        """For `real` [n, d], n > NEIGHBOURS: as many grown toys have the same median distance to their nearest."""
        near = real[nearest(real, np.arange(len(real)), NEIGHBOURS)[0]]
        around = near - near.mean(axis=1, keepdims=True)
        wanted = np.median(_first_distances(real, seed))
        low, high = 0.0, _STRONGEST
        for _ in range(_STEPS):
            middle = (low + high) / 2
            grown, _ = cls(real, around, middle).grow(len(real), seed)
            low, high = (middle, high) if np.median(_first_distances(grown, seed)) < wanted else (low, middle)
        return cls(real, around, (low + high) / 2)

    def grow(self, count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(vectors float32 [count, d], the real toy int64 [count] that each was grown from); same seed, same toys."""
        rng = np.random.default_rng(seed)
        sources = rng.integers(0, len(self.real), count)
        vectors = np.empty((count, self.real.shape[1]), np.float32)
        for start in range(0, count, _AT_ONCE):
            rows = sources[start : start + _AT_ONCE]
            noise = rng.standard_normal((len(rows), 1, NEIGHBOURS), np.float32) * (self.strength / NEIGHBOURS**0.5)
            moved = self.real[rows] + (noise @ self.around[rows])[:, 0]
            lengths = np.linalg.norm(self.real[rows], axis=1) / np.maximum(np.linalg.norm(moved, axis=1), _NEAREST)
            vectors[start : start + _AT_ONCE] = moved * lengths[:, None]
        return vectors, sources


def nearest(
    toys: NDArray[np.float32], of: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(places int64, distances float32), both [len(of), count], nearest first: of `toys` [n, d] to those at `of`."""
    squares = np.einsum("nd,nd->n", toys, toys)
    places = np.empty((len(of), count), np.int64)
    distances = np.empty((len(of), count), np.float32)
    for start in range(0, len(of), _SLICE):
        rows = of[start : start + _SLICE]
        apart = squares[rows, None] + squares - 2 * toys[rows] @ toys.T
        apart[np.arange(len(rows)), rows] = np.inf
        found = np.argpartition(apart, count - 1, axis=1)[:, :count]
        far = np.take_along_axis(apart, found, axis=1)
        order = np.argsort(far, axis=1)
        places[start : start + _SLICE] = np.take_along_axis(found, order, axis=1)
        distances[start : start + _SLICE] = np.sqrt(np.maximum(np.take_along_axis(far, order, axis=1), 0))
    return places, distances


_SLICE: Final = 256


def local_dimension(distances: NDArray[np.float32]) -> float:
    """In how many directions toys lie about each other: the median over toys, of nearest-first distances [n, k].

    For one toy 1 / mean ln(r_k / r_j), j < k. Source: Levina and Bickel, "Maximum Likelihood Estimation of Intrinsic
    Dimension", 2005.
    """
    safe = np.maximum(distances, _NEAREST)
    logs = np.log(safe[:, -1:] / safe[:, :-1]).mean(axis=1)
    return float(np.median(1 / np.maximum(logs, _NEAREST)))


def sampled(toys: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
    """The places of at most `SAMPLE` toys of [n, d]."""
    if len(toys) <= SAMPLE:
        return np.arange(len(toys))
    return np.sort(np.random.default_rng(seed).choice(len(toys), SAMPLE, replace=False))


def _first_distances(toys: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    return nearest(toys, sampled(toys, seed), 1)[1][:, 0]
