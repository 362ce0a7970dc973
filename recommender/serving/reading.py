"""A history as the student reads it: what every toy scores after it, and what each toy met brought to a few of them.

The graph ranks by itself, under a mask, for who has nothing else: a phone, a page. A kiosk also wants to know why, and
what the shop lifts. So it asks the graph for queries alone, of the whole history and of the history without each of a
few toys, in one run over a table of their own toys; the table of all toys is multiplied once, here. That the graph
would say the same is tried when a bundle is loaded (`Student.smoke_test`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.serving.ranking import product
from recommender.serving.student import Student, pad_histories


class Reading:
    """What a student makes of one history.

    scores: float32 [N + 1], of every toy, as the graph has them
    """

    def __init__(
        self, student: Student, history: Sequence[int], named: Sequence[int], profile: NDArray[np.float32]
    ) -> None:
        """history: the toys fed, oldest first, each once; named [C]: those of it to be asked about; profile [1, P]."""
        self._student = student
        self._history = tuple(history)[-student.max_history :]
        self._named = tuple(named)
        self._profile = profile
        self._queries: NDArray[np.float32] | None = None
        if student.sums or (student.has_near and student.near is None):
            self.scores = student.scores(pad_histories([self._history], student.max_history), profile)[0]
            return
        without = [[toy for toy in self._history if toy != left] for left in self._named]
        histories = pad_histories([self._history, *without], student.max_history)
        self._queries = student.queries(histories, np.repeat(profile, len(histories), axis=0))
        self.scores = product(student.table, self._queries[0])
        if student.near is not None:
            student.near.add(self.scores, self._history)

    def brought(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32 [C, K]: of the scores of the toys `places` [K], what hangs on each of the toys named.

        Of a student whose score is a sum over the toys met, what that toy brought to it, exactly; of any other, what
        the score loses when the toy is left out.
        """
        student = self._student
        if student.sums:
            at = [self._history.index(toy) for toy in self._named]
            return student.brought(pad_histories([self._history], student.max_history), self._profile, places)[0, at]
        if self._queries is None:
            without = [[toy for toy in self._history if toy != left] for left in self._named]
            profiles = np.repeat(self._profile, len(without), axis=0)
            left = student.scores(pad_histories(without, student.max_history), profiles, places)
        else:
            left = self._queries[1:] @ student.table[places].T
            if student.near is not None:
                left += student.near.without(self._history, self._named, places)
        lost: NDArray[np.float32] = self.scores[places] - left
        return lost
