"""How much of a score hangs on each toy of the history: what "because you liked X" is read from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.serving.student import Student, pad_histories


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
    lost: NDArray[np.float32] = scores - student.scores(without, np.repeat(profile, len(named), axis=0), places)
    return lost
