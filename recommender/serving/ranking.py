"""The best of the toys that may be shown, as the student sees it and the shop lifts it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.serving.policy.arrange import Candidates
from recommender.serving.policy.emphasis import Emphasis
from recommender.serving.student import Student, pad_histories


def find_candidates(
    student: Student,
    fed: Sequence[int],
    profile: NDArray[np.float32],
    mask: NDArray[np.bool_],
    size: int,
    emphasis: Emphasis,
    groups: NDArray[np.int32],
    inverse_lengths: NDArray[np.float32],
) -> tuple[Candidates, NDArray[np.float32]]:
    """The pins that `mask` allows and the `size` best others, and the student's own score of each, float32 [P].

    fed: toy indices, oldest first; profile: float32 [1, F]; mask: bool [N + 1]
    groups, inverse_lengths: of each toy, [N + 1] (see `Candidates`)
    """
    histories = pad_histories([fed], student.max_history)
    pins = np.array([toy for toy in emphasis.pins if mask[toy]], np.int64)
    if emphasis.boost is None and not len(pins):
        toys, best, _ = student.rank(histories, profile, mask[None], size)
        found = (toys[0] > 0) & mask[toys[0]]  # the mask has the last word, whatever graph a bundle brings
        places, scores = toys[0][found].astype(np.int64), best[0][found]
        own = scores
    else:
        every = student.scores(histories, profile)[0]
        lifted = every if emphasis.boost is None else every + emphasis.boost
        unpinned = mask.copy()
        unpinned[pins] = False
        places = np.concatenate([pins, best_of(lifted, unpinned, size)])
        scores, own = lifted[places], every[places]
    directions = student.table[places] * inverse_lengths[places, None]
    return Candidates(places, scores, directions, groups[places], len(pins)), own


def best_of(scores: NDArray[np.float32], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """int64 [≤ k]: the best toys that `mask` allows, ties by lower index. Both arrays [N + 1]."""
    places = np.flatnonzero(mask)
    if len(places) > k:
        least = np.partition(scores[places], -k)[-k]
        places = places[scores[places] >= least]
    order: NDArray[np.int64] = places[np.argsort(-scores[places], kind="stable")][:k]
    return order
