"""How much of a score hangs on each toy of the history: what "because you liked X" is read from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.schema import Toy
from recommender.serving.past import Past
from recommender.serving.policy.reasons import Cause
from recommender.serving.student import Student, pad_histories

MAX_CAUSES: Final = 8
"""How many of the newest toys of a history can be named as a reason: each costs one more row of the shopper tower."""


def find_causes(
    student: Student,
    toys: Sequence[Toy],
    past: Past,
    profile: NDArray[np.float32],
    places: NDArray[np.int64],
    scores: NDArray[np.float32],
    nameable: NDArray[np.bool_],
) -> list[Cause | None]:
    """For each of the toys `places` [K] with `scores`, the nameable toy of the history that most of its score hangs on.

    toys: the catalogue, toy i in place i − 1; nameable: bool [N + 1]
    """
    newest = past.fed[-student.max_history :]
    named = [toy for toy in newest if nameable[toy]][-MAX_CAUSES:]
    if not named or not len(places):
        return [None] * len(places)
    shares = hanging_on(student, newest, named, profile, places, scores)  # [C, K]
    strongest = shares.argmax(axis=0)
    return [
        Cause(toys[named[row] - 1], past.kinds[named[row]], float(shares[row, column]))
        for column, row in enumerate(strongest.tolist())
    ]


def hanging_on(
    student: Student,
    history: Sequence[int],
    named: Sequence[int],
    profile: NDArray[np.float32],
    places: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> NDArray[np.float32]:
    """float32 [C, K]: of the scores [K] of the toys `places`, what hangs on each of the C toys `named`.

    Of a student whose score is a sum over the toys met, what that toy brought to it, exactly; of any other, what the
    score loses when the toy is left out.
    history: the toys that were fed, oldest first, `named` among them; profile: float32 [1, P]
    """
    if student.sums:
        at = [list(history).index(toy) for toy in named]
        return student.brought(pad_histories([history], student.max_history), profile, places)[0, at]
    without = pad_histories([[toy for toy in history if toy != left] for left in named], student.max_history)
    profiles = np.repeat(profile, len(named), axis=0)
    if student.near is None:
        left = student.scores(without, profiles, places)
    else:
        left = student.queries(without, profiles) @ student.table[places].T
        left += student.near.without(history, named, places)
    lost: NDArray[np.float32] = scores - left
    return lost
