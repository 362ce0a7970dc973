"""The best of the toys that may be shown, as the student sees it and the shop lifts it."""

from __future__ import annotations

import os
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.serving.policy.arrange import Candidates
from recommender.serving.policy.emphasis import Emphasis

BLOCK: Final = 32
ONE_BLAS_THREAD: Final = os.environ.get("OPENBLAS_NUM_THREADS") == "1"
"""As in the kiosk's own process (`app.kiosk_process`)."""


def product(table: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """table [N, d] · query [d]: float32 [N].

    With threads of its own, BLAS wakes them for a table of this size, and on a busy machine waits milliseconds for
    them; so it is asked only where it has one.
    """
    if ONE_BLAS_THREAD:
        return table @ query
    found: NDArray[np.float32] = np.einsum("nd,d->n", table, query)
    return found


def find_candidates(
    scores: NDArray[np.float32],
    mask: NDArray[np.bool_],
    size: int,
    emphasis: Emphasis,
    directions: NDArray[np.float32],
    inverse_lengths: NDArray[np.float32],
    groups: NDArray[np.int32],
) -> Candidates:
    """The pins that `mask` allows and the `size` best others, by score and the shop's boosts.

    scores, mask, inverse_lengths, groups: of every toy, [N + 1]; directions: [N + 1, d] (see `Candidates`)
    """
    lifted = scores if emphasis.boost is None else scores + emphasis.boost
    pins = np.array([toy for toy in emphasis.pins if mask[toy]], np.int64)
    if len(pins):
        mask = mask.copy()
        mask[pins] = False
    places = np.concatenate([pins, best_of(lifted, mask, size)])
    unit = directions[places] * inverse_lengths[places, None]
    return Candidates(places, lifted[places], unit, groups[places], len(pins))


def best_of(scores: NDArray[np.floating[Any]], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """int64 [≤ k]: the best toys that `mask` allows, ties by lower index. Both arrays [N + 1]; no score is infinite.

    Of many toys most are left out by a bound first: the k-th best of the best of each block of `BLOCK` is no better
    than the k-th best of all.
    """
    allowed = np.where(mask, scores, -np.inf)
    blocks = len(allowed) // BLOCK
    least = -np.inf
    if blocks > k:
        least = np.partition(allowed[: blocks * BLOCK].reshape(blocks, BLOCK).max(axis=1), -k)[-k]
    places = np.flatnonzero(allowed >= least) if least > -np.inf else np.flatnonzero(allowed > -np.inf)
    order: NDArray[np.int64] = places[np.argsort(-allowed[places], kind="stable")][:k]
    return order
