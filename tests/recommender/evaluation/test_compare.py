from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.errors import ToyGuideError
from recommender.evaluation import compare as module
from recommender.evaluation.compare import bootstrap_interval, compare
from recommender.evaluation.metrics import single
from recommender.evaluation.ranking import Judgement


def judgement(name: str, ranks: list[int]) -> Judgement:
    n = len(ranks)
    each = np.arange(1, n + 1, dtype=np.int32)
    return Judgement(
        name,
        "leave-one-out",
        "test",
        "toys of the query masked",
        100,
        tuple(f"s{i}" for i in range(n)),
        each,
        single(np.array(ranks, np.int32)),
        np.zeros((n, 20), np.int32),
        each,
        np.zeros(n, np.bool_),
        np.full(n, np.nan, np.float32),
    )


def test_the_interval_is_that_of_drawing_queries() -> None:
    values = np.random.default_rng(1).choice([0.0, 0.3, 1.0], size=400, p=[0.8, 0.1, 0.1])
    low, high = bootstrap_interval(values, rounds=20_000)
    draws = np.random.default_rng(2).choice(values, size=(20_000, len(values))).mean(axis=1)
    np.testing.assert_allclose([low, high], np.quantile(draws, [0.025, 0.975]), atol=0.002)
    assert low < values.mean() < high


def test_the_interval_of_one_value_is_a_point_and_of_none_is_nan() -> None:
    assert bootstrap_interval(np.full(7, 0.5)) == (0.5, 0.5)
    assert np.isnan(bootstrap_interval(np.array([]))).all()


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(3).random(50)
    assert bootstrap_interval(values, seed=4) == bootstrap_interval(values, seed=4)
    assert bootstrap_interval(values, seed=4) != bootstrap_interval(values, seed=5)


def test_a_recommender_does_not_differ_from_itself() -> None:
    ranks = [1, 5, 50, 3]
    same = compare(judgement("a", ranks), judgement("b", ranks))
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


@pytest.mark.parametrize(("gains", "within"), [(3, 0.02), (8, 0.002)])
def test_p_is_that_of_all_sign_patterns(gains: int, within: float) -> None:
    """Equal gains: of the 2ⁿ patterns of signs the two pure ones are as far out, p = 2 / 2ⁿ."""
    found = compare(judgement("a", [1] * gains), judgement("b", [50] * gains))
    assert found.difference == 1
    assert found.p == pytest.approx(2 / 2**gains, abs=within)


def test_p_is_the_same_however_many_numbers_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = judgement("a", [1, 2, 3, 4, 9, 30]), judgement("b", [5, 1, 9, 9, 1, 2])
    whole = compare(first, second, metric="mrr").p
    monkeypatch.setattr(module, "_MAX_DRAWS", 6 * 3000)  # 10,000 rounds of 6 differences: three blocks, and 1,000 left
    assert 0.05 < whole < 0.95
    assert compare(first, second, metric="mrr").p == whole


def test_a_clear_gain_is_sure_and_its_reverse_too() -> None:
    first, second = judgement("a", [1] * 60 + [30] * 40), judgement("b", [3] * 60 + [30] * 40)
    forth, back = compare(first, second), compare(second, first)
    assert forth.difference == pytest.approx(0.3)
    assert forth.low > 0
    assert forth.p == 1 / 10_001, "what was seen is one of the patterns: p is never 0"
    assert back.difference == pytest.approx(-0.3)
    assert back.p == pytest.approx(forth.p, abs=0.001)


def test_another_metric_can_be_compared() -> None:
    found = compare(judgement("a", [4, 60]), judgement("b", [6, 60]), metric="recall@5")
    assert (found.metric, found.difference) == ("recall@5", 0.5)


def test_different_queries_cannot_be_paired() -> None:
    first = judgement("a", [1, 2])
    others = (judgement("b", [1, 2, 3]), replace(judgement("b", [1, 2]), part="validation"))
    for other in (*others, replace(judgement("b", [1, 2]), targets=np.array([2, 1], np.int32))):
        with pytest.raises(ToyGuideError, match="a and b must be judged on the same queries"):
            compare(first, other)
