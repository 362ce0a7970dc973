"""One budget for several children: a toy for each, no toy twice, together within the budget and as right as can be.

A multiple-choice knapsack, solved exactly by dynamic programming over undominated (cost, score) pairs. That two
children must not get the same toy is added by branching on whom a toy in dispute is denied to.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

NOTHING: Final = -1e6
"""The score of a child without a toy: first as many children as can be, then the best toys."""
MOST_BRANCHES: Final = 64


@dataclass(frozen=True, slots=True)
class Offer:
    """What one child may be given.

    places: int64 [C], toy indices; cents: int64 [C], prices in hundredths; scores: float64 [C], higher is better
    """

    places: NDArray[np.int64]
    cents: NDArray[np.int64]
    scores: NDArray[np.float64]


def worth_offering(offer: Offer, children: int) -> Offer:
    """Without what a best split needs not: toys to which `children` others are no worse and no dearer."""
    best: list[float] = []  # the highest scores so far, smallest first
    kept = []
    for row in np.lexsort((-offer.scores, offer.cents)).tolist():
        score = float(offer.scores[row])
        if len(best) < children:
            heapq.heappush(best, score)
        elif score > best[0]:
            heapq.heapreplace(best, score)
        else:
            continue
        kept.append(row)
    return Offer(offer.places[kept], offer.cents[kept], offer.scores[kept])


def split(offers: Sequence[Offer], budget: int) -> list[int | None]:
    """For each child the row of its offer, or None where nothing is left for it. budget: hundredths.

    The split serves as many children as the budget can, and of such splits has the highest sum of scores. Where many
    children want the very same toys the search ends after `MOST_BRANCHES` branches with a good split instead.
    """
    tie = itertools.count()
    denied: tuple[frozenset[int], ...] = (frozenset(),) * len(offers)
    value, rows = _relaxed(offers, budget, denied)
    open_nodes = [(-value, next(tie), rows, denied)]
    for _ in range(MOST_BRANCHES):
        _, _, rows, denied = heapq.heappop(open_nodes)
        dispute = _dispute(offers, rows)
        if dispute is None:
            return rows
        toy, first, second = dispute
        for child in (first, second):
            less = tuple(toys | {toy} if place == child else toys for place, toys in enumerate(denied))
            value, rows = _relaxed(offers, budget, less)
            heapq.heappush(open_nodes, (-value, next(tie), rows, less))
    _, _, rows, denied = heapq.heappop(open_nodes)
    while (dispute := _dispute(offers, rows)) is not None:
        toy, _, second = dispute
        denied = tuple(toys | {toy} if place == second else toys for place, toys in enumerate(denied))
        _, rows = _relaxed(offers, budget, denied)
    return rows


def _dispute(offers: Sequence[Offer], rows: Sequence[int | None]) -> tuple[int, int, int] | None:
    """A toy that two children were given, and the two; None where no toy was given twice."""
    given: dict[int, int] = {}
    for child, row in enumerate(rows):
        if row is None:
            continue
        toy = int(offers[child].places[row])
        if toy in given:
            return toy, given[toy], child
        given[toy] = child
    return None


def _relaxed(offers: Sequence[Offer], budget: int, denied: Sequence[frozenset[int]]) -> tuple[float, list[int | None]]:
    """The best split in which a toy may be given twice: its score, and each child's row. denied: toys, by child."""
    costs, scores = np.zeros(1, np.int64), np.zeros(1)
    steps: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []  # for each label, the one before and the row taken
    for offer, forbidden in zip(offers, denied, strict=True):
        rows = np.flatnonzero(~np.isin(offer.places, list(forbidden)))
        cents = np.append(offer.cents[rows], 0)
        worth = np.append(offer.scores[rows], NOTHING)
        rows = np.append(rows, -1)
        cost = (costs[:, None] + cents).ravel()
        score = (scores[:, None] + worth).ravel()
        payable = np.flatnonzero(cost <= budget)
        order = payable[np.lexsort((-score[payable], cost[payable]))]
        above = np.maximum.accumulate(score[order])
        front = order[np.append(True, score[order][1:] > above[:-1])]  # dearer must be better
        costs, scores = cost[front], score[front]
        steps.append((front // len(rows), rows[front % len(rows)]))
    label = int(scores.argmax())
    value = float(scores[label])
    taken: list[int | None] = []
    for before, row in reversed(steps):
        taken.append(None if row[label] < 0 else int(row[label]))
        label = int(before[label])
    return value, taken[::-1]
