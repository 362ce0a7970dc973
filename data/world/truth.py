"""The world's truth: the probability of every toy, given who chooses, for whom, on which day and with what at home.

The chance of a toy is a softmax over utilities. A utility is the sum of
  likings:     the recipient's interests, loved looks, and what no one states (style), with the shopper's loved brands;
  fit:         a penalty that grows with the square of the months by which the recipient's age misses the toy's;
  money:       a steep penalty above the budget, a gentle one far below it;
  series:      a bonus for the toy that follows one the recipient was given or wished for lately;
  saturation:  a penalty for a second costly thing of one kind in a home;
  shelf:       the toy's popularity, its season and whether it is new.
Toys not sold that day and toys the shopper has met or the home owns have probability 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.world.catalogue import PERIOD_DAYS, Catalogue
from data.world.households import Households, month_of
from data.world.words import INTERESTS, brands, kinds, looks

RECENT: Final = 6
"""How many of the latest toys of a recipient can call for the next in their series."""

_LIKING, _LOOK, _BRAND, _STYLE = 1.8, 1.7, 1.3, 1.0
_NEXT, _AFTER_NEXT = 4.4, 2.2
_POPULARITY, _KIND_POPULARITY = 0.5, 0.4
_OUT_OF_SEASON, _IN_SEASON, _NEW = -3.0, 0.7, 0.5
_AGE_STEP, _LAST_AGE = 3, 216  # months; everyone of 18 years and more is one age
_WORST = -10.0
_BUDGETS = np.geomspace(4, 300, 24)


@dataclass(frozen=True)
class Truth:
    """Tables over N toys.

    by_interest: float32 [24, N]; by_style: float32 [4, N]; by_age: float32 [73, N]; by_budget: float32 [24, N]
    by_kind: float32 [n_kinds], the penalty of a second one; kind, look, brand: int [N] rows of the word tables
    shelf: float32 [24, N] by month; launch: int32 [N]; following: int32 [N], −1 = none
    """

    by_interest: NDArray[np.float32]
    by_style: NDArray[np.float32]
    by_age: NDArray[np.float32]
    by_budget: NDArray[np.float32]
    by_kind: NDArray[np.float32]
    kind: NDArray[np.intp]
    look: NDArray[np.intp]
    brand: NDArray[np.intp]
    shelf: NDArray[np.float32]
    launch: NDArray[np.int32]
    following: NDArray[np.int32]


@dataclass(frozen=True)
class Moments:
    """B choices on one day.

    shopper, recipient: int32 [B]; budget: float32 [B]
    excluded: int32 [B, x] toys that cannot be chosen; recent: int32 [B, RECENT] the recipient's latest in series;
    both from 0, −1 = none. kinds_owned: bool [B, n_kinds], what the recipient's home has
    """

    day: int
    shopper: NDArray[np.int32]
    recipient: NDArray[np.int32]
    budget: NDArray[np.float32]
    excluded: NDArray[np.int32]
    recent: NDArray[np.int32]
    kinds_owned: NDArray[np.bool_]


def build_truth(catalogue: Catalogue, seed: int) -> Truth:
    """The tables of a catalogue; popularity is drawn from the seed."""
    rng = np.random.default_rng([seed, 4])
    n = len(catalogue)
    popularity = rng.gumbel(0, _POPULARITY, n) + rng.normal(0, _KIND_POPULARITY, len(kinds()))[catalogue.kind]
    popularity += 0.5 * np.log([looks()[row].weight for row in catalogue.look])
    popularity += 0.5 * np.log([brands()[row].weight for row in catalogue.brand])
    costly = np.array([np.mean(kind.price) for kind in kinds()])
    return Truth(
        np.ascontiguousarray(_LIKING * catalogue.interests.T, np.float32),
        np.ascontiguousarray(_STYLE * catalogue.style.T, np.float32),
        _age_table(catalogue.ages),
        _budget_table(catalogue.price),
        -np.clip(1.2 * np.log(costly / 9), 0, 3).astype(np.float32),
        catalogue.kind.astype(np.intp),
        catalogue.look.astype(np.intp),
        catalogue.brand.astype(np.intp),
        _shelf(catalogue, popularity),
        catalogue.launch,
        catalogue.next_in_series,
    )


def true_probabilities(truth: Truth, households: Households, moments: Moments) -> NDArray[np.float32]:
    """float32 [B, N]: the probability of each toy for each choice; rows sum to 1 (or to 0 where nothing is left)."""
    weights = np.exp(utilities(truth, households, moments))
    total = weights.sum(axis=1, keepdims=True, dtype=np.float64)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0), np.float32)


def utilities(truth: Truth, households: Households, moments: Moments) -> NDArray[np.float32]:
    """float32 [B, N] utilities, −inf for what cannot be chosen."""
    rows = np.arange(len(moments.shopper))[:, None]
    utility = _likings(truth, households, moments)
    age = households.ages(moments.recipient, moments.day)
    utility += truth.by_age[np.clip(age, 0, _LAST_AGE) // _AGE_STEP]
    utility += truth.by_budget[np.abs(np.log(_BUDGETS) - np.log(moments.budget)[:, None]).argmin(axis=1)]
    utility += np.where(moments.kinds_owned, truth.by_kind, np.float32(0)).take(truth.kind, axis=1)
    utility += np.where(truth.launch <= moments.day, _shelf_on(truth, moments.day), np.float32(-np.inf))
    # Row n of the series' tables is "none": an index of −1 lands in a spare column that is thrown away.
    bonus = np.append(truth.following, np.int32(-1))
    for column in range(RECENT):
        follower = bonus[moments.recent[:, column]]
        for toys, worth in ((follower, _NEXT), (bonus[follower], _AFTER_NEXT)):
            some = toys >= 0
            utility[rows[some, 0], toys[some]] += np.float32(worth)
    row, column_ = np.nonzero(moments.excluded >= 0)
    utility[row, moments.excluded[row, column_]] = -np.inf
    return np.asarray(utility, np.float32)


def _likings(truth: Truth, households: Households, moments: Moments) -> NDArray[np.float32]:
    """float32 [B, N]. Sums in one fixed order, no BLAS: the same bits on every machine, and so the same world."""
    month = int(month_of(moments.day))
    liking = (_LOOK * households.looks[moments.recipient]).take(truth.look, axis=1)
    liking += (_BRAND * households.brands[moments.shopper]).take(truth.brand, axis=1)
    interests = households.likings[month, moments.recipient]
    strengths = households.strengths[month, moments.recipient]
    for slot in range(interests.shape[1]):
        liking += truth.by_interest[interests[:, slot]] * strengths[:, slot, None]
    style = households.style[moments.shopper]
    for column in range(style.shape[1]):
        liking += truth.by_style[column] * style[:, column, None]
    return np.asarray(liking, np.float32)


def _age_table(ages: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [73, N]: 0 inside a toy's ages, falling with the square of what is missed, gently near the end."""
    age = np.arange(0, _LAST_AGE + 1, _AGE_STEP, dtype=np.float32)[:, None]
    start, end = ages[:, 0], ages[:, 1]
    missed = np.maximum(np.maximum(start - age, age - end), 0) / (4 + 0.14 * age)
    late = np.clip((age - start) / np.maximum(end - start, 1), 0, 1)
    return np.asarray(np.maximum(-0.5 * missed**2 - 1.2 * late**2, _WORST), np.float32)


def _budget_table(price: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [24, N]: steep above the budget, gentle below it."""
    over = np.log(price[None, :] / _BUDGETS[:, None])
    return np.maximum(np.where(over > 0, -4.0 * over - 3.0 * over**2, 0.45 * over), _WORST).astype(np.float32)


def _shelf(catalogue: Catalogue, popularity: NDArray[np.float64]) -> NDArray[np.float32]:
    """float32 [24, N] by month of the period: popularity and season."""
    column = {name: i for i, name in enumerate(INTERESTS)}
    outside = catalogue.interests[:, [column["outdoor"], column["water"]]].max(axis=1)
    rows = []
    for month in range(24):
        warmth = -np.cos(2 * np.pi * (month % 12 - 0.5) / 12)  # coldest in mid-January
        season = 0.9 * warmth * outside
        season += np.where(catalogue.sellable[:, month % 12], 0.0, _OUT_OF_SEASON)
        seasonal = ~catalogue.sellable.all(axis=1)
        season += np.where(seasonal & catalogue.sellable[:, month % 12], _IN_SEASON, 0.0)
        rows.append(popularity + season)
    return np.array(rows, np.float32)


def _shelf_on(truth: Truth, day: int) -> NDArray[np.float32]:
    """float32 [N]: what the shelf adds on a day; a toy launched in the last two months stands in the window."""
    new = (truth.launch > 0) & (truth.launch > day - 60)
    return np.asarray(truth.shelf[int(month_of(min(day, PERIOD_DAYS - 1)))] + np.where(new, np.float32(_NEW), 0))
