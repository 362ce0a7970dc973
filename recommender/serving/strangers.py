"""What the student says to one of whom nothing is known: the shop's favourites, and how toys stand to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.serving.student import Student


def stranger_scores(student: Student) -> NDArray[np.float32]:
    """float32 [N + 1]: every toy's score for a stranger; zeros of a student that knows no favourites."""
    query = student.queries(np.zeros((1, 1), np.int32), student.profiles([None]))[0]
    # einsum, not @: BLAS wakes its threads for a table of this size, and on a busy machine waits for them.
    scores: NDArray[np.float32] = np.einsum("nd,d->n", student.table, query)
    return scores


def favourites(scores: NDArray[np.float32], active: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
    """bool [N + 1]: the toys on sale among the best `share` of all; none where all scores are 0."""
    best = np.zeros(len(scores), np.bool_)
    if scores.any():
        order = np.argsort(-np.where(active, scores, -np.inf), kind="stable")
        best[order[: int(share * (len(scores) - 1))]] = True
    return best & active


def standing(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """float64 [N + 1] in [0, 1]: the share of toys with a lower score; 0 for padding, and where all scores are one."""
    toys = scores[1:]
    stands = np.zeros(len(scores))
    if len(toys):
        stands[1:] = np.searchsorted(np.sort(toys), toys, side="left") / len(toys)
    return stands
