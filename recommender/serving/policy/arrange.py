"""From the best toys to a list: pins first, then the best, but not five of a kind, and now and then a toy on trial.

Nothing here lets a toy in: it orders toys that the mask allowed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import parameter_error

POOL_A_SLOT: Final = 4
LEAST_POOL: Final = 40
"""A list of k is chosen among the best 4 k toys, at least 40: further down no toy is worth its variety."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a list is composed. The defaults leave the student's own order.

    diversity: 0 … 1, the weight of "unlike what is above" against the score (maximal marginal relevance, Carbonell and
        Goldstein 1998); scores are scaled to 0 … 1 over the pool, likeness is the cosine in the student's space
    category_share: 0 < … ≤ 1, at most this share of a list, rounded up, is of one inner category, while others are left
    exploration: 0 … 1, the chance that a place is given to a toy drawn from the pool with equal chances
    """

    diversity: float = 0.0
    category_share: float = 1.0
    exploration: float = 0.0

    def check(self) -> None:
        """Raise ToyGuideError for a share out of bounds."""
        for name, value, open_below in (
            ("diversity", self.diversity, False),
            ("category_share", self.category_share, True),
            ("exploration", self.exploration, False),
        ):
            # NaN fails every comparison, so the bounds are asked for, not their opposite.
            if not (0 < value <= 1 if open_below else 0 <= value <= 1):
                bounds = "a number in (0, 1]" if open_below else "a number in [0, 1]"
                raise parameter_error(name, "an arrangement", bounds, value)

    @property
    def plain(self) -> bool:
        """Whether the order stays as the scores have it."""
        return self.diversity == 0 and self.category_share == 1 and self.exploration == 0

    def pool(self, k: int) -> int:
        """How many of the best toys a list of k is chosen among."""
        return k if self.plain else max(LEAST_POOL, POOL_A_SLOT * k)

    def most_of_a_group(self, k: int) -> int:
        """How many places of a list of k one category may have while others are left."""
        return max(LEAST_SHARE, math.ceil(self.category_share * k))


LEAST_SHARE: Final = 2
"""A category may have two places of any list: of two toys for a child who loves trains, both may be trains."""
AS_RANKED: Final = Arrangement()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Toys that a list may be composed of, best first, all allowed, none twice.

    places: int64 [P], indices from 1; scores: float32 [P]; directions: float32 [P, d], each of length 1 (or 0)
    groups: int32 [P], the innermost category, −1 where a toy has none; pinned: how many from the front are pins
    """

    places: NDArray[np.int64]
    scores: NDArray[np.float32]
    directions: NDArray[np.float32]
    groups: NDArray[np.int32]
    pinned: int = 0


def arrange(
    candidates: Candidates, k: int, arrangement: Arrangement, chance: Random
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The list: rows of `candidates`, int64 [min(k, P)], and the propensity of each, float64 of the same length.

    A propensity is the chance that this toy stood in its place, given those above it: what an analyst divides by.
    """
    size = len(candidates.places)
    count = min(k, size)
    chosen = np.empty(count, np.int64)
    propensity = np.ones(count)
    if arrangement.plain or size == candidates.pinned:
        return np.arange(count), propensity
    diversity, exploration = arrangement.diversity, arrangement.exploration
    worth = (1 - diversity) * relevance(candidates)
    nearest = np.zeros(size, np.float32)
    taken = np.zeros(size, np.float32)  # −∞ where a toy stands in the list already
    shut = np.zeros(size, np.float32)  # −∞ there too, and where its category has its share
    cap = arrangement.most_of_a_group(k)
    counts: dict[int, int] = {}
    for slot in range(count):
        if slot < candidates.pinned:
            row = slot
        else:
            row = int((worth - diversity * nearest + shut).argmax())
            if shut[row] < 0:  # every category has its share
                shut = taken.copy()
                row = int((worth - diversity * nearest + shut).argmax())
            if exploration:
                row, propensity[slot] = _draw(row, np.flatnonzero(shut == 0), exploration, chance)
        chosen[slot] = row
        taken[row] = shut[row] = -np.inf
        group = int(candidates.groups[row])
        counts[group] = counts.get(group, 0) + 1
        if group >= 0 and counts[group] == cap:
            shut[candidates.groups == group] = -np.inf
        if diversity:
            np.maximum(nearest, candidates.directions @ candidates.directions[row], out=nearest)
    return chosen, propensity


def relevance(candidates: Candidates) -> NDArray[np.float32]:
    """float32 [P]: of those that are not pinned, from 0 for the worst to 1 for the best; all 0 where they are level."""
    relevance = np.zeros_like(candidates.scores)
    scores = candidates.scores[candidates.pinned :]
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    if high > low:
        relevance[candidates.pinned :] = (scores - low) / (high - low)
    return relevance


def _draw(best: int, open_rows: NDArray[np.int64], exploration: float, chance: Random) -> tuple[int, float]:
    """A row, and the chance that it was this one: the best, or with chance `exploration` any that is open."""
    row = best
    if chance.random() < exploration:
        row = int(open_rows[chance.randrange(len(open_rows))])
    return row, (row == best) * (1 - exploration) + exploration / len(open_rows)
