"""How a list is composed of candidates, against a second, plain statement of it."""

import math
from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ToyGuideError
from recommender.serving.policy.arrange import AS_RANKED, Arrangement, Candidates, arrange


def candidates(size: int, seed: int, pinned: int = 0, groups: int = 3) -> Candidates:
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(size, 4)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    scores = np.sort(rng.normal(size=size).astype(np.float32))[::-1]
    return Candidates(
        np.arange(1, size + 1), scores, directions, rng.integers(-1, groups, size).astype(np.int32), pinned
    )


def plainly(given: Candidates, k: int, how: Arrangement) -> list[int]:
    """The greedy list, one toy at a time, in plain Python."""
    rows = list(range(given.pinned))[:k]
    others = given.scores[given.pinned :]
    cap = max(2, math.ceil(how.category_share * k))
    while len(rows) < min(k, len(given.places)):
        left = [row for row in range(len(given.places)) if row not in rows]
        counts = Counter(int(given.groups[row]) for row in rows)
        fair = [row for row in left if given.groups[row] < 0 or counts[int(given.groups[row])] < cap] or left

        def value(row: int) -> float:
            alike = max([0.0, *(float(given.directions[row] @ given.directions[above]) for above in rows)])
            scaled = (given.scores[row] - others.min()) / (others.max() - others.min())
            return float((1 - how.diversity) * scaled - how.diversity * alike)

        rows.append(max(fair, key=value))
    return rows


@given(
    size=st.integers(2, 12),
    seed=st.integers(0, 10_000),
    pinned=st.integers(0, 3),
    k=st.integers(1, 12),
    diversity=st.sampled_from([0.0, 0.2, 0.7, 1.0]),
    share=st.sampled_from([0.1, 0.3, 0.5, 1.0]),
)
def test_a_list_is_the_one_that_the_definition_gives(
    size: int, seed: int, pinned: int, k: int, diversity: float, share: float
) -> None:
    given = candidates(size, seed, min(pinned, size - 2))
    how = Arrangement(diversity, share)
    rows, propensity = arrange(given, k, how, Random(0))
    assert rows.tolist() == plainly(given, k, how)
    assert propensity.tolist() == [1.0] * len(rows)


@given(st.integers(1, 12), st.integers(0, 99), st.integers(1, 14))
def test_without_a_wish_the_order_stays(size: int, seed: int, k: int) -> None:
    rows, propensity = arrange(candidates(size, seed), k, AS_RANKED, Random(0))
    assert rows.tolist() == list(range(min(k, size)))
    assert (propensity == 1).all()


def test_no_candidate_gives_an_empty_list() -> None:
    rows, propensity = arrange(candidates(0, 0), 5, Arrangement(0.5, 0.5, 0.5), Random(0))
    assert len(rows) == len(propensity) == 0


def test_a_propensity_is_how_often_it_happens() -> None:
    """Of lists of two out of four, each is drawn as often as the product of its propensities says."""
    given = replace(candidates(4, 1), groups=np.full(4, -1, np.int32))
    chance, draws = Random(7), 20_000
    said: dict[tuple[int, ...], float] = {}
    seen: Counter[tuple[int, ...]] = Counter()
    for _ in range(draws):
        rows, propensity = arrange(given, 2, Arrangement(exploration=0.4), chance)
        drawn = tuple(rows.tolist())
        said[drawn] = float(propensity.prod())
        seen[drawn] += 1
    assert len(said) == 12
    assert sum(said.values()) == pytest.approx(1)
    for drawn, share in said.items():
        assert seen[drawn] / draws == pytest.approx(share, abs=4 * math.sqrt(share / draws))


def test_a_pin_is_never_on_trial() -> None:
    given = candidates(8, 2, pinned=2)
    for seed in range(50):
        rows, propensity = arrange(given, 4, Arrangement(exploration=1), Random(seed))
        assert rows[:2].tolist() == [0, 1]
        assert propensity[:2].tolist() == [1, 1]
        assert propensity[2:].tolist() == [pytest.approx(1 / 6), pytest.approx(1 / 5)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            Arrangement(diversity=1.1),
            "The 'diversity' parameter of an arrangement must be a number in [0, 1]. Got 1.1 instead.",
        ),
        (
            Arrangement(category_share=0),
            "The 'category_share' parameter of an arrangement must be a number in (0, 1]. Got 0 instead.",
        ),
        (
            Arrangement(exploration=float("nan")),
            "The 'exploration' parameter of an arrangement must be a number in [0, 1]. Got nan instead.",
        ),
    ],
)
def test_a_share_out_of_bounds_is_refused(wrong: Arrangement, said: str) -> None:
    with pytest.raises(ToyGuideError) as caught:
        wrong.check()
    assert str(caught.value) == said
