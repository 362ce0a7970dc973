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
    """toy: int32 [B, 8] from 0, −1 = none; listed: bool [B, 8], whether it was taken from the list."""

    toy: NDArray[np.int32]
    listed: NDArray[np.bool_]


def draw_luck(sessions: int, toys: int, rng: np.random.Generator) -> Luck:
    """The luck of `sessions` sessions in a shop of `toys` toys."""
    noise = rng.gumbel(size=(sessions, MOST_DRAWS, toys)).astype(np.float32)
    return Luck(noise, rng.random((sessions, MOST_DRAWS)) < FINDS)


def shop(utility: NDArray[np.float32], shown: NDArray[np.int32], outcome: NDArray[np.int8], luck: Luck) -> Taken:
    """What B sessions take.

    utility: float32 [B, N], −inf for what cannot be chosen; shown: int32 [B, k] toys from 0, −1 = no toy
    outcome: int8 [B, 8], 0 = no draw; none takes a toy twice
    """
    left = utility.copy()
    rows = np.arange(len(utility))
    on_list = np.zeros(utility.shape, np.bool_)
    row, column = np.nonzero(shown >= 0)
    on_list[row, shown[row, column]] = True
    toy = np.full(outcome.shape, -1, np.int32)
    listed = np.zeros(outcome.shape, np.bool_)
    for draw in range(outcome.shape[1]):
        worth = left + luck.noise[:, draw]
        best = worth.argmax(axis=1)
        on = np.where(on_list, worth, -np.inf)
        settled = on.argmax(axis=1)
        wants = (outcome[:, draw] > 0) & np.isfinite(worth[rows, best])
        takes = wants & (on[rows, settled] >= worth[rows, best] - PATIENCE)
        finds = wants & ~takes & luck.finds[:, draw]
        toy[:, draw] = np.where(takes, settled, np.where(finds, best, -1))
        listed[:, draw] = takes
        gone = takes | finds
        left[rows[gone], toy[gone, draw]] = -np.inf
    return Taken(toy, listed)
