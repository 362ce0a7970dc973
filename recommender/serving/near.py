"""The few toys beside each toy that a student may have learned, read out of its graph.

The graph itself adds them to its scores. Here they are only asked what each toy of a history brought to a few others:
to run the whole graph again for every toy left out would cost more than the ranking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.serving.graph import read_tensors

_NAMES = ("near.toys", "near.codes", "near.root", "near.fade", "near.strength", "near.share")


@dataclass(frozen=True, slots=True)
class NearToys:
    """What a score has beside query · table: strength · log(1 + share · Σ fade^age · w), the sum over the history.

    toys: int [N + 1, C], what lies beside each toy; weights: float32 [N + 1, C]
    """

    toys: NDArray[np.integer]
    weights: NDArray[np.float32]
    fade: float
    strength: float
    share: float

    @classmethod
    def read(cls, graph: bytes) -> NearToys | None:
        """Those of a graph that passed `check_graph`; None where it has none, or keeps them in another way."""
        found = read_tensors(graph, _NAMES)
        if found.keys() != set(_NAMES) or found["near.toys"].shape != found["near.codes"].shape:
            return None
        weights = (found["near.codes"].astype(np.float32) * found["near.root"].item()) ** 2
        one = {name: float(found[f"near.{name}"].item()) for name in ("fade", "strength", "share")}
        return cls(found["near.toys"], weights, **one)

    def add(self, scores: NDArray[np.float32], history: Sequence[int]) -> None:
        """Add to `scores` float32 [N + 1] what lies near the toys of `history`, oldest first, each once."""
        weights, beside = self._told(history)
        sums = np.zeros(len(scores), np.float32)
        np.add.at(sums, beside.ravel(), weights.ravel())
        places = np.flatnonzero(sums)
        scores[places] += self._raised(sums[places])

    def without(
        self, history: Sequence[int], left_out: Sequence[int], places: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """float32 [C, K]: what is added to the toys `places` [K] when each of `left_out` [C] is not in `history`.

        history: toy indices, oldest first, each once, `left_out` among them
        """
        weights, beside = self._told(history)
        told = (weights[:, None, :] @ (beside[:, :, None] == places))[:, 0]
        until = np.cumsum(told, axis=0)
        at = [history.index(toy) for toy in left_out]
        # What came before the toy that is left out is one contact younger without it.
        return self._raised((until[at] - told[at]) / self.fade + until[-1] - until[at])

    def _told(self, history: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.integer]]:
        """(fade^age · w, the toys beside), both [M, C] for the M toys of `history`."""
        rows = np.array(history, np.int64)
        rows[rows >= len(self.toys)] = 0  # a toy that a shop added is near nothing, as padding is
        ages = np.arange(len(rows) - 1, -1, -1, dtype=np.float32)
        return self.weights[rows] * np.float32(self.fade) ** ages[:, None], self.toys[rows]

    def _raised(self, sums: NDArray[np.floating]) -> NDArray[np.float32]:
        raised: NDArray[np.float32] = (self.strength * np.log1p(self.share * sums)).astype(np.float32)
        return raised
