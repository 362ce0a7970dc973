"""How likely each candidate was to stand in each place of a list: the kiosk's way of composing it, as a distribution.

`recommender.serving.policy.arrange` draws one list. Here the same steps are taken for many lists at once, and at each
place the chance of every candidate is written down before one is drawn. Their mean over the draws is the chance of a
place by itself (Rao–Blackwell): of a toy that only a trial puts there it is exact but for what stands above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.serving.policy.arrange import Arrangement, Candidates, relevance

DRAWS: Final = 64


class _Lists:
    """W lists in the making, all of the same candidates."""

    def __init__(self, candidates: Candidates, k: int, arrangement: Arrangement, lists: int) -> None:
        size = len(candidates.places)
        self._pinned = candidates.pinned
        self._diversity = arrangement.diversity
        self._worth = (1 - arrangement.diversity) * relevance(candidates)
        self._alike = candidates.directions @ candidates.directions.T
        self._groups = candidates.groups
        self._cap = arrangement.most_of_a_group(k)
        self._each = np.arange(lists)
        self._nearest = np.zeros((lists, size), np.float32)
        self._taken = np.zeros((lists, size), np.bool_)
        self._shut = np.zeros((lists, size), np.bool_)

    def next(self, place: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(the best row of each list for `place`, int64 [W]; the rows that a trial may take, bool [W, P])."""
        if place < self._pinned:
            pin = np.zeros_like(self._taken)
            pin[:, place] = True
            return np.full(len(self._each), place), pin
        nothing_left = self._shut.all(axis=1)  # every category has its share
        self._shut[nothing_left] = self._taken[nothing_left]
        value = np.where(self._shut, -np.inf, self._worth - self._diversity * self._nearest)
        return value.argmax(axis=1), ~self._shut

    def take(self, rows: NDArray[np.int64]) -> None:
        """Put a row in the next place of each list."""
        self._taken[self._each, rows] = self._shut[self._each, rows] = True
        same = self._groups[None, :] == self._groups[rows, None]
        full = (self._groups[rows] >= 0) & ((self._taken & same).sum(axis=1) == self._cap)
        self._shut |= same & full[:, None]
        np.maximum(self._nearest, self._alike[rows], out=self._nearest)


@dataclass(frozen=True, slots=True)
class Trace:
    """What was possible at each place of a list that was shown, given those above.

    best: bool [K], whether the toy there was the best; open: int64 [K], of how many a trial draws
    """

    best: NDArray[np.bool_]
    open: NDArray[np.int64]

    def explored(self, propensity: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64 [K]: the chance of a trial that each propensity [K] tells of; NaN where only one toy was open."""
        with np.errstate(divide="ignore", invalid="ignore"):
            chance = np.where(self.best, (1 - propensity) / (1 - 1 / self.open), propensity * self.open)
        return np.where(self.open > 1, chance, np.nan)


def trace(candidates: Candidates, rows: NDArray[np.int64], arrangement: Arrangement) -> Trace | None:
    """What was possible at each place of the list `rows` [K] of candidates; None if the list is none of theirs."""
    lists = _Lists(candidates, len(rows), arrangement, 1)
    best = np.zeros(len(rows), np.bool_)
    open_rows = np.zeros(len(rows), np.int64)
    for place, row in enumerate(rows):
        found, is_open = lists.next(place)
        if not is_open[0, row]:
            return None
        best[place], open_rows[place] = found[0] == row, is_open.sum()
        lists.take(rows[place : place + 1])
    return Trace(best, open_rows)


def place_chances(
    candidates: Candidates, k: int, arrangement: Arrangement, draws: int = DRAWS, seed: int = 0
) -> NDArray[np.float64]:
    """The chance that a candidate stands in a place: float64 [min(k, P), P], rows sum to 1.

    Without trials there is one list, and every chance is 0 or 1. With them `draws` lists are drawn.
    """
    size = len(candidates.places)
    count = min(k, size)
    explored = arrangement.exploration
    generator = np.random.default_rng(seed)
    lists = _Lists(candidates, k, arrangement, draws if explored else 1)
    chances = np.zeros((count, size))
    for place in range(count):
        best, is_open = lists.next(place)
        choices = is_open.sum(axis=1)
        each = np.arange(len(best))
        chance = explored * is_open / choices[:, None]
        chance[each, best] += 1 - explored
        chances[place] = chance.mean(axis=0)
        nth = (generator.random(len(best)) * choices).astype(np.int64)
        trial = (is_open.cumsum(axis=1) > nth[:, None]).argmax(axis=1)
        lists.take(np.where(generator.random(len(best)) < explored, trial, best))
    return chances
