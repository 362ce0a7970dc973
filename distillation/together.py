"""Which toys are bought together, from the training part alone: what is held out must not come back as a hint."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.schema import KIND_CODES, EventKind
from data.sequences import Sequences
from recommender.serving.together import COLUMNS

MOST_DAYS: Final = 30
HALF_DAYS: Final = 7.0
"""Two purchases so far apart count half as much as two of one day."""
MOST_PLACES: Final = 3
"""How many purchases on one still looks where times are unknown; each further one counts half."""
MOST_LATER: Final = 50
"""How many purchases on one looks at all: a shopper who buys more than that in a month is a school."""
SUPPORT: Final = 2
"""Shoppers who must have bought the two toys together: one alone may have had any reason."""
SHRINK: Final = 2.0
_TAKEN: Final = (KIND_CODES[EventKind.CART], KIND_CODES[EventKind.PURCHASE])
_RETURN: Final = KIND_CODES[EventKind.RETURN]
_MS_PER_DAY: Final = 86_400_000


def bought_together(train: Sequences, n_toys: int) -> NDArray[np.int32]:
    """int32 [N + 1, `COLUMNS`]: for each toy those most often bought with it, best first, 0 where there are no more.

    score(i, j) = Σ over shoppers of w / √((n_i + 2)·(n_j + 2)), for pairs of at least `SUPPORT` shoppers; n counts a
    toy's shoppers, w halves with every `HALF_DAYS` between the two purchases of a shopper (the closest two) and is 0
    beyond `MOST_DAYS`. A toy in a cart counts as bought, one that was sent back does not. It is a cosine, shrunk as
    item neighbours are.
    """
    met = train.rows * (n_toys + 1) + train.toys
    taken = np.isin(train.kinds, _TAKEN) & ~np.isin(met, met[train.kinds == _RETURN])
    shoppers, toys, times = train.rows[taken], train.toys[taken].astype(np.int64), train.times[taken]
    pairs, weights = _pairs(shoppers, toys, times, n_toys)
    counts = np.bincount(np.unique(met[taken]) % (n_toys + 1), minlength=n_toys + 1)
    key, place = np.unique(pairs, return_inverse=True)
    support = np.bincount(place, minlength=len(key))
    first, second = np.divmod(key, n_toys + 1)
    score = np.bincount(place, weights, len(key)) / np.sqrt((counts[first] + SHRINK) * (counts[second] + SHRINK))
    kept = support >= SUPPORT
    return _best(first[kept], second[kept], score[kept], n_toys)


def _pairs(
    shoppers: NDArray[np.int64], toys: NDArray[np.int64], times: NDArray[np.int64], n_toys: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(i · (N + 1) + j with i < j, weight), each pair once for each shopper, at its closest."""
    found, weights = [np.zeros(0, np.int64)], [np.zeros(0)]
    for later in range(1, MOST_LATER + 1):
        here, there = slice(None, -later), slice(later, None)
        beside = (shoppers[here] == shoppers[there]) & (toys[here] != toys[there])
        if not len(beside) or not (shoppers[here] == shoppers[there]).any():
            break
        dated = (times[here] >= 0) & (times[there] >= 0)
        days = np.abs(times[there] - times[here]) / _MS_PER_DAY
        weight = np.where(dated, 0.5 ** (days / HALF_DAYS), 0.5 ** (later - 1.0))
        beside &= np.where(dated, days <= MOST_DAYS, later <= MOST_PLACES)
        low, high = np.minimum(toys[here], toys[there]), np.maximum(toys[here], toys[there])
        key = (shoppers[here] * (n_toys + 1) + low) * (n_toys + 1) + high
        found.append(key[beside])
        weights.append(weight[beside])
    keys, weight = np.concatenate(found), np.concatenate(weights)
    order = np.lexsort((-weight, keys))
    keys, at = np.unique(keys[order], return_index=True)
    return keys % (n_toys + 1) ** 2, weight[order][at]


def _best(
    first: NDArray[np.int64], second: NDArray[np.int64], score: NDArray[np.float64], n_toys: int
) -> NDArray[np.int32]:
    toy, other = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.lexsort((other, -np.concatenate([score, score]), toy))
    toy, other = toy[order], other[order]
    column = np.arange(len(toy)) - np.searchsorted(toy, toy)
    best = np.zeros((n_toys + 1, COLUMNS), np.int32)
    kept = column < COLUMNS
    best[toy[kept], column[kept]] = other[kept]
    return best
