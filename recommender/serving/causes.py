"""Because of which toy of the history a toy is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.schema import Toy
from recommender.serving.past import Past
from recommender.serving.policy.reasons import Cause
from recommender.serving.reading import Reading

MAX_CAUSES: Final = 8
"""How many of the newest toys of a history can be named as a reason: each costs one more row of the shopper tower."""


def nameable_causes(past: Past, max_history: int, nameable: NDArray[np.bool_]) -> list[int]:
    """The newest toys of a history that may be spoken of, oldest first. nameable: bool [N + 1]."""
    return [toy for toy in past.fed[-max_history:] if nameable[toy]][-MAX_CAUSES:]


def find_causes(
    reading: Reading, named: Sequence[int], toys: Sequence[Toy], past: Past, places: NDArray[np.int64]
) -> list[Cause | None]:
    """For each of the toys `places` [K], the toy of `named` that most of its score hangs on; None where none is.

    named: those that `reading` was told to look at; toys: the catalogue, toy i in place i − 1
    """
    if not named or not len(places):
        return [None] * len(places)
    shares = reading.brought(places)  # [C, K]
    strongest = shares.argmax(axis=0)
    return [
        Cause(toys[named[row] - 1], past.kinds[named[row]], float(shares[row, column]))
        for column, row in enumerate(strongest.tolist())
    ]
