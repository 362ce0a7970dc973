"""A rate that fell is told from one that did not, as often as is said."""

from __future__ import annotations

import numpy as np
import pytest

from app.kiosk.background.fall import CHANCE, JUDGEMENTS, has_fallen, score
from app.kiosk.store.rates import Rate


@pytest.mark.parametrize(
    ("before", "now", "least"),
    [
        (Rate(1000, 200), Rate(700, 90), 0.8),
        (Rate(2000, 30), Rate(500, 2), 0.8),
        (Rate(500, 480), Rate(500, 450), 0.95),
    ],
)
def test_the_score_is_that_of_the_likeliest_rates_at_the_bound(before: Rate, now: Rate, least: float) -> None:
    first = np.linspace(1e-6, 1 - 1e-6, 2_000_001)
    second = least * first
    likelihood = (
        before.wanted * np.log(first)
        + (before.lists - before.wanted) * np.log1p(-first)
        + now.wanted * np.log(second)
        + (now.lists - now.wanted) * np.log1p(-second)
    )
    best = np.argmax(likelihood)
    spread = np.sqrt(
        least**2 * first[best] * (1 - first[best]) / before.lists + second[best] * (1 - second[best]) / now.lists
    )
    assert score(before, now, least) == pytest.approx((now.share - least * before.share) / spread, abs=1e-3)


def test_where_nothing_was_wanted_or_all_was_nothing_fell() -> None:
    for wanted in (0, 500):
        assert not has_fallen(Rate(500, wanted), Rate(500, wanted), 0.2, 0)
    assert not has_fallen(Rate(500, 0), Rate(500, 3), 0.2, 0)
    assert score(Rate(500, 500), Rate(500, 0), 0.8) < -20


def taken_back(rng: np.random.Generator, rate_before: float, rate: float, lists: int) -> int:
    """After which judgement a bundle with these true rates goes, from 1; 0 = it stays."""
    now = np.cumsum(rng.random(lists * 2 ** (JUDGEMENTS - 1)) < rate)
    for judged in range(JUDGEMENTS):
        seen = lists * 2**judged
        before = Rate(4 * seen, int(rng.binomial(4 * seen, rate_before)))
        if has_fallen(before, Rate(seen, int(now[seen - 1])), 0.2, judged):
            return judged + 1
    return 0


def test_a_bundle_at_the_bound_is_taken_back_as_seldom_as_is_said() -> None:
    rng = np.random.default_rng(0)
    gone = [taken_back(rng, 0.2, 0.16, 200) > 0 for _ in range(1500)]
    # 1 % and two standard errors: the judgements are not independent, so it is less than their sum.
    assert np.mean(gone) < CHANCE + 2 * np.sqrt(CHANCE * (1 - CHANCE) / len(gone))


def test_a_bundle_as_good_is_kept_and_one_half_as_good_goes_soon() -> None:
    rng = np.random.default_rng(1)
    assert not any(taken_back(rng, 0.2, 0.2, 200) for _ in range(300))
    bad = [taken_back(rng, 0.2, 0.1, 500) for _ in range(200)]
    assert 0 not in bad
    assert np.mean(np.array(bad) <= 2) > 0.95
