"""What households make of a list of toys: they take one of it if it is nearly as good as the best of the whole shop.

A wish is a draw of random utilities (McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior", 1974): the
world's utility of each toy and a Gumbel noise, so that the best toy of the shop falls as `truth.true_probabilities`
says. Whoever looks at a list settles for its best toy if no more than `PATIENCE` of utility is missed by not looking
further; else they look about in the shop, find the best toy there with probability `FINDS`, and go without otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.world.plan import MOST_DRAWS

PATIENCE: Final = 1.0
"""Utility that looking further must be worth."""
FINDS: Final = 0.35
"""How often who looks further finds the best toy on the shelves."""


@dataclass(frozen=True)
class Luck:
    """What chance holds for B sessions, whatever they are shown: two shops are compared under the same luck.

    noise: float32 [B, 8, N] of the utilities at each draw
    finds: bool [B, 8], whether looking about in the shop succeeds
    """

    noise: NDArray[np.float32]
    finds: NDArray[np.bool_]


@dataclass(frozen=True)
class Taken:
    """toy: int32 [B] from 0, −1 = none; listed: bool [B], whether it was taken from the list."""

    toy: NDArray[np.int32]
    listed: NDArray[np.bool_]


def draw_luck(sessions: int, toys: int, rng: np.random.Generator) -> Luck:
    """The luck of `sessions` sessions in a shop of `toys` toys."""
    noise = rng.gumbel(size=(sessions, MOST_DRAWS, toys)).astype(np.float32)
    return Luck(noise, rng.random((sessions, MOST_DRAWS)) < FINDS)


def take(
    utility: NDArray[np.float32], shown: NDArray[np.int32], noise: NDArray[np.float32], finds: NDArray[np.bool_]
) -> Taken:
    """What B households take when each looks at a list.

    utility: float32 [B, N], −inf for what cannot be chosen; shown: int32 [B, k] toys from 0, −1 = no toy
    noise: float32 [B, N]; finds: bool [B], both of one draw of their luck
    """
    rows = np.arange(len(utility))
    worth = utility + noise
    best = worth.argmax(axis=1)
    listed = np.where(shown >= 0, np.take_along_axis(worth, np.maximum(shown, 0), axis=1), -np.inf)
    first = listed.argmax(axis=1)
    there = np.isfinite(worth[rows, best])
    settles = there & (listed[rows, first] >= worth[rows, best] - PATIENCE)
    toy = np.where(settles, shown[rows, first], np.where(there & finds, best, -1))
    return Taken(toy.astype(np.int32), settles)
