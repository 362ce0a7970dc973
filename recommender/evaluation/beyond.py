"""What lists are like, whether or not they hit: how much of the shelf is seen, how familiar and varied it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.schema import Toy
from data.sequences import Sequences
from data.split import Holdout
from recommender.evaluation.ranking import Judgement

K: Final = 10
DEPTH: Final = 4
"""Levels of a category that count."""
_SMOOTH: Final = 0.01
_AT_ONCE: Final = 2048


@dataclass(frozen=True)
class Beyond:
    """Means over lists, of the first ten toys of each.

    coverage: the share of all toys that are in any list
    gini: how unequally toys are shown, 0 = all as often, 1 = one toy alone
    novelty: −log2 of the share of training shoppers who met a shown toy, in bits; more is less familiar
    diversity: over pairs of a list, 1 − (levels of category in common / levels of the deeper one)
    calibration: KL divergence, in nats, of the list's categories from those of the query (Steck, "Calibrated
        recommendations", 2018, α = 0.01); 0 = the same shares; nan if no query has a category
    """

    recommender: str
    coverage: float
    gini: float
    novelty: float
    diversity: float
    calibration: float


@dataclass(frozen=True)
class Each:
    """The figures of `Beyond` that every list has for itself, float64 [Q]; nan where a list has none."""

    novelty: NDArray[np.float64]
    diversity: NDArray[np.float64]
    calibration: NDArray[np.float64]


def beyond_accuracy(judgement: Judgement, holdout: Holdout, train: Sequences, toys: Sequence[Toy]) -> Beyond:
    """The figures of one judgement of `holdout`; toy i of `toys` has index i + 1."""
    top = judgement.top[:, :K]
    shown = np.bincount(top[top > 0], minlength=len(toys) + 1)[1:]
    each = beyond_each(judgement, holdout, train, toys)
    return Beyond(
        judgement.recommender,
        float((shown > 0).mean()),
        gini(shown),
        *(_mean(values) for values in (each.novelty, each.diversity, each.calibration)),
    )


def beyond_each(judgement: Judgement, holdout: Holdout, train: Sequences, toys: Sequence[Toy]) -> Each:
    """The same, list by list."""
    top = judgement.top[:, :K].astype(np.int64)
    codes = category_codes(toys)
    return Each(_novelty(top, train, len(toys)), _diversity(top, codes), _calibration(top, holdout, codes))


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _ratio(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Means of rows, nan where there is nothing to count."""
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def gini(counts: NDArray[np.int64]) -> float:
    """The Gini index of counts [N]: 0 where all are equal, 1 − 1 / N where one has everything."""
    total = counts.sum()
    if not total:
        return 0.0
    rank = np.arange(1, len(counts) + 1)
    return float((2 * rank - len(counts) - 1) @ np.sort(counts) / (len(counts) * total))


def category_codes(toys: Sequence[Toy]) -> NDArray[np.int64]:
    """int64 [N + 1, DEPTH]: a number for the path down to each level, −1 where the path is shorter or unknown."""
    numbers: dict[tuple[str, ...], int] = {}
    codes = np.full((len(toys) + 1, DEPTH), -1, np.int64)
    for row, toy in enumerate(toys, start=1):
        for depth in range(min(DEPTH, len(toy.category))):
            codes[row, depth] = numbers.setdefault(toy.category[: depth + 1], len(numbers))
    return codes


def _novelty(top: NDArray[np.int64], train: Sequences, n_toys: int) -> NDArray[np.float64]:
    pairs = np.unique(train.rows * (n_toys + 1) + train.toys)  # a toy met twice by one shopper counts once
    met = np.bincount(pairs % (n_toys + 1), minlength=n_toys + 1)
    bits = -np.log2((met + 1) / (len(train) + 1))
    real = top > 0
    return _ratio(np.where(real, bits[np.maximum(top, 0)], 0.0).sum(axis=1), real.sum(axis=1))


def _diversity(top: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    first, second = np.triu_indices(top.shape[1], 1)
    found = [np.empty(0)]
    for start in range(0, len(top), _AT_ONCE):
        rows = top[start : start + _AT_ONCE]
        a, b = rows[:, first], rows[:, second]
        real = (a > 0) & (b > 0)
        one, other = codes[a[real]], codes[b[real]]
        common = ((one == other) & (one >= 0)).sum(axis=1)
        deeper = np.maximum((one >= 0).sum(axis=1), (other >= 0).sum(axis=1))
        apart = np.zeros(real.shape)
        apart[real] = 1 - common / np.maximum(deeper, 1)
        found.append(_ratio(apart.sum(axis=1), real.sum(axis=1)))
    return np.concatenate(found)


def _calibration(top: NDArray[np.int64], holdout: Holdout, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    second = np.where(codes[:, 1] >= 0, codes[:, 1], codes[:, 0])  # an aisle: the level below the root, if there is one
    n = int(second.max(initial=-1)) + 1
    found = np.full(len(holdout), np.nan)
    if not n:
        return found
    histories = holdout.histories
    wanted = histories.wanted
    asked = _shares(histories.rows[wanted], second[histories.toys[wanted]], len(holdout), n)
    rows = np.repeat(np.arange(len(top)), top.shape[1])
    given = _shares(rows, np.where(top.ravel() > 0, second[np.maximum(top.ravel(), 0)], -1), len(top), n)
    some = np.flatnonzero(np.asarray(asked.sum(axis=1)) > 0)
    if not len(some):
        return found
    cells = asked[some].tocoo()
    smoothed = (1 - _SMOOTH) * np.asarray(given[some[cells.row], cells.col]).ravel() + _SMOOTH * cells.data
    found[some] = np.bincount(cells.row, weights=cells.data * np.log(cells.data / smoothed), minlength=len(some))
    return found


def _shares(rows: NDArray[np.int64], codes: NDArray[np.int64], n_rows: int, n: int) -> sparse.csr_array:
    """Each row's share of each category, [n_rows, n]; toys without a category do not count."""
    known = codes >= 0
    counts = sparse.csr_array((np.ones(known.sum()), (rows[known], codes[known])), shape=(n_rows, n))
    total = np.asarray(counts.sum(axis=1))
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(total, 1)) @ counts)
