"""How sure a figure is: bootstrap intervals, and a paired test between two recommenders on the same queries.

Both resample per-query values. Metrics take few distinct values, and a resample's mean depends only on how often each
is drawn: those counts are drawn at once, which is the same distribution as drawing queries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import ToyGuideError
from recommender.evaluation.metrics import MAIN, per_query
from recommender.evaluation.ranking import Judgement

_MAX_DRAWS: Final = 2**22  # numbers drawn at once: 32 MiB


@dataclass(frozen=True)
class Comparison:
    """The mean difference first − second of one metric over paired queries.

    low, high: its 95 % bootstrap interval; p: two-sided, of a paired randomisation test (signs of the differences)
    """

    first: str
    second: str
    metric: str
    queries: int
    difference: float
    low: float
    high: float
    p: float


def bootstrap_interval(
    values: NDArray[np.float64], level: float = 0.95, rounds: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean of `values` [Q]; (nan, nan) if there are none."""
    if not len(values):
        return float("nan"), float("nan")
    distinct, counts = np.unique(values, return_counts=True)
    draws = np.random.default_rng(seed).multinomial(len(values), counts / len(values), size=rounds)
    low, high = np.quantile(draws @ distinct / len(values), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def compare(first: Judgement, second: Judgement, metric: str = MAIN, rounds: int = 10_000, seed: int = 0) -> Comparison:
    """A paired comparison of two judgements of the same queries.

    Raises ToyGuideError if they are not of the same protocol, part and queries.
    """
    same = (first.protocol, first.part, first.masking, first.shoppers) == (
        second.protocol,
        second.part,
        second.masking,
        second.shoppers,
    )
    if not same or not np.array_equal(first.targets, second.targets) or len(first) != len(second):
        raise ToyGuideError(
            f"{first.recommender} and {second.recommender} must be judged on the same queries to be compared. "
            f"Got {first.protocol}/{first.part} with {len(first)} and "
            f"{second.protocol}/{second.part} with {len(second)} queries."
        )
    differences = per_query(first.ranks)[metric] - per_query(second.ranks)[metric]
    low, high = bootstrap_interval(differences, seed=seed)
    return Comparison(
        first.recommender,
        second.recommender,
        metric,
        len(differences),
        float(differences.mean()) if len(differences) else float("nan"),
        low,
        high,
        _sign_test(differences, rounds, seed),
    )


def _sign_test(differences: NDArray[np.float64], rounds: int, seed: int) -> float:
    """The share of random sign patterns whose sum is at least as far from 0 as the one seen (that one counts too)."""
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    if not len(sizes):
        return 1.0
    generator = np.random.default_rng(seed)
    seen = abs(float(differences.sum())) * (1 - 1e-12)
    block = max(1, _MAX_DRAWS // len(sizes))
    beyond = 0
    for start in range(0, rounds, block):
        plus = generator.binomial(counts, 0.5, size=(min(block, rounds - start), len(sizes)))
        beyond += int(np.count_nonzero(np.abs((2 * plus - counts) @ sizes) >= seen))
    return float((1 + beyond) / (1 + rounds))
