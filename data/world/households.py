"""Who shops, and for whom: households with growing children, their likings as these drift, and ties for gifts.

A shopper is a household's account. A recipient is one of its children, a child of another household that it knows, or a
grown-up of its own who collects.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.world.catalogue import PERIOD_DAYS
from data.world.words import INTERESTS, brands, looks

MONTHS: Final = 25
"""Months of likings that are drawn ahead: the period and a margin."""
PEOPLE: Final = 7
ADULT_AGE: Final = 480  # months; what a grown-up's age is worth to the world

_CHILDREN = np.array([0.18, 0.34, 0.32, 0.12, 0.04])
_COLLECTORS = 0.06
_SLOTS = 3
_SLOT_STRENGTH = np.array([1.9, 1.35, 0.9])
_CRAZE = 0.035  # chance a month that one liking gives way to another
_LOOKS_LOVED, _BRANDS_LOVED = 6, 3
_DAYS_A_MONTH = PERIOD_DAYS / 24


@dataclass(frozen=True)
class Households:
    """S shoppers and R recipients.

    birth: float32 [R] in months from day 0 (negative: born before); home: int32 [R] a recipient's household
    people: int32 [S, 7] whom a shopper buys for, −1 = none; own first, and the first was born before day 0
    people_weight: float32 [S, 7] how often; is_gift: bool [S, 7]
    likings: int8 [24, R, 3] interests by month, strongest first; strengths: float32 of the same shape
    looks: float32 [R, n_looks]; brands: float32 [S, n_brands]; style: float32 [S, 4]: likings that no one states
    money: float32 [S], what a household usually spends on a toy
    """

    birth: NDArray[np.float32]
    home: NDArray[np.int32]
    people: NDArray[np.int32]
    people_weight: NDArray[np.float32]
    is_gift: NDArray[np.bool_]
    likings: NDArray[np.int8]
    strengths: NDArray[np.float32]
    looks: NDArray[np.float32]
    brands: NDArray[np.float32]
    style: NDArray[np.float32]
    money: NDArray[np.float32]

    def ages(self, recipients: NDArray[np.integer], days: NDArray[np.integer] | int) -> NDArray[np.int64]:
        """Whole months of age on each day; below zero before birth; a grown-up is always `ADULT_AGE`."""
        birth = self.birth[recipients]
        grown = np.isneginf(birth)
        age = np.floor(np.asarray(days) / _DAYS_A_MONTH - np.where(grown, 0, birth))
        return np.where(grown, ADULT_AGE, age).astype(np.int64)


def month_of(day: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """The month of likings, from 0, that a day lies in."""
    return np.minimum(np.asarray(day) / _DAYS_A_MONTH, MONTHS - 1).astype(np.int64)


def draw_households(shoppers: int, seed: int) -> Households:
    """Households of `shoppers` shoppers, the same for the same seed."""
    rng = np.random.default_rng([seed, 2])
    children = rng.choice(len(_CHILDREN), shoppers, p=_CHILDREN)
    children[0] = max(children[0], 1)  # someone must have a child to give to
    home = np.repeat(np.arange(shoppers), children)
    # From thirteen years down to children who are born during the period; a household's first is born before it.
    birth = rng.uniform(-156, 16, len(home))
    first = np.flatnonzero(np.r_[True, home[1:] != home[:-1]])
    birth[first] = -np.abs(birth[first]) - 0.5
    collectors = np.flatnonzero(rng.random(shoppers) < _COLLECTORS)
    people, weight, gift = _ties(shoppers, home, birth, collectors, rng)
    home = np.concatenate([home, collectors])
    birth = np.concatenate([birth, np.full(len(collectors), -np.inf)])
    likings, strengths = _drift(birth, rng)
    look_weights = np.array([look.weight for look in looks()])
    brand_weights = np.array([brand.weight for brand in brands()])
    return Households(
        birth.astype(np.float32),
        home.astype(np.int32),
        people,
        weight,
        gift,
        likings,
        strengths,
        _loves(len(home), look_weights, _LOOKS_LOVED, (0.5, 1.5), rng),
        _loves(shoppers, brand_weights, _BRANDS_LOVED, (0.4, 1.2), rng),
        rng.normal(0, 1, (shoppers, 4)).astype(np.float32),
        np.exp(rng.normal(np.log(19), 0.45, shoppers)).astype(np.float32),
    )


def _ties(
    shoppers: int,
    home: NDArray[np.int64],
    birth: NDArray[np.float64],
    collectors: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.bool_]]:
    """(people, weights, is_gift), each [S, PEOPLE]: own children, up to two of others, and oneself."""
    people = np.full((shoppers, PEOPLE), -1, np.int32)
    weight = np.zeros((shoppers, PEOPLE), np.float32)
    gift = np.zeros((shoppers, PEOPLE), bool)
    place = np.arange(len(home)) - np.searchsorted(home, home)
    people[home, place] = np.arange(len(home))
    weight[home, place] = rng.uniform(0.7, 1.3, len(home))
    own = np.bincount(home, minlength=shoppers)

    born = np.flatnonzero(birth < -1)
    ties = np.where(own == 0, rng.integers(1, 3, shoppers), rng.choice(3, shoppers, p=[0.35, 0.4, 0.25]))
    for n in range(2):
        to = born[rng.integers(0, len(born), shoppers)]
        has = (ties > n) & (home[to] != np.arange(shoppers)) & ~(people == to[:, None]).any(axis=1)
        has |= (ties > n) & (people[:, 0] < 0)
        rows = np.flatnonzero(has)
        columns = (people[rows] >= 0).sum(axis=1)
        people[rows, columns] = to[rows]
        weight[rows, columns] = rng.uniform(0.25, 0.6, len(rows))
        gift[rows, columns] = home[to[rows]] != rows
    columns = (people[collectors] >= 0).sum(axis=1)
    people[collectors, columns] = len(home) + np.arange(len(collectors))
    weight[collectors, columns] = 0.6
    return people, weight, gift


def _drift(birth: NDArray[np.float64], rng: np.random.Generator) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Likings by month: each keeps its strength with a slow sway, and now and then gives way to one of the new age."""
    spans = np.array([(start, end) for _, start, end in INTERESTS.values()], float)
    likings = np.zeros((MONTHS, len(birth), _SLOTS), np.int8)
    strengths = np.zeros((MONTHS, len(birth), _SLOTS), np.float32)
    now = np.full((len(birth), _SLOTS), -1)
    sway = np.zeros((len(birth), _SLOTS))
    for month in range(MONTHS):
        age = np.where(np.isneginf(birth), ADULT_AGE, np.maximum(month - birth, 0.0))
        outside = np.maximum(np.maximum(spans[:, 0] - age[:, None], age[:, None] - spans[:, 1]), 0)
        odds = np.exp(-outside / 8)
        for slot in range(_SLOTS):
            outgrown = np.take_along_axis(odds, np.maximum(now[:, [slot]], 0), axis=1)[:, 0] < 0.2
            chance = np.where(now[:, slot] < 0, 1.0, np.where(outgrown, 0.4, _CRAZE))
            change = np.flatnonzero(rng.random(len(birth)) < chance)
            free = odds[change] * ~(now[change][:, :, None] == np.arange(len(spans))).any(axis=1)
            sums = np.cumsum(free, axis=1)
            now[change, slot] = (sums < rng.random((len(change), 1)) * sums[:, -1:]).sum(axis=1)
        sway = 0.9 * sway + rng.normal(0, 0.1, sway.shape)
        likings[month] = now
        strengths[month] = _SLOT_STRENGTH * np.exp(sway)
    return likings, strengths


def _loves(
    rows: int, weights: NDArray[np.float64], count: int, strength: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """[rows, n] zeros but for about `count` drawn by weight in each row."""
    loved = np.zeros((rows, len(weights)), np.float32)
    for _ in range(count):
        loved[np.arange(rows), rng.choice(len(weights), rows, p=weights / weights.sum())] = rng.uniform(*strength, rows)
    return loved
