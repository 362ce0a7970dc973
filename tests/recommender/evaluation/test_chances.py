"""The chances of a list against lists that are drawn."""

from random import Random

import numpy as np
import pytest

from recommender.evaluation.chances import place_chances, trace
from recommender.serving.policy.arrange import Arrangement, Candidates, arrange


def candidates(size: int, seed: int, pinned: int = 0, groups: int = 3) -> Candidates:
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(size, 4)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    scores = np.sort(rng.normal(size=size).astype(np.float32))[::-1]
    return Candidates(
        np.arange(1, size + 1), scores, directions, rng.integers(-1, groups, size).astype(np.int32), pinned
    )


@pytest.mark.parametrize("pinned", [0, 2])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_a_chance_is_how_often_it_happens(pinned: int, share: float) -> None:
    given, how, k, draws = candidates(9, 3, pinned), Arrangement(0.3, share, 0.4), 5, 4000
    seen = np.zeros((k, 9))
    chance = Random(1)
    for _ in range(draws):
        rows, _ = arrange(given, k, how, chance)
        seen[np.arange(k), rows] += 1 / draws
    found = place_chances(given, k, how, draws=2000)
    assert found.sum(axis=1) == pytest.approx(1)
    assert np.abs(found - seen).max() < 0.035


@pytest.mark.parametrize("diversity", [0.0, 0.4])
def test_without_trials_there_is_the_one_list(diversity: float) -> None:
    for seed in range(20):
        given, how = candidates(12, seed, seed % 3), Arrangement(diversity, 0.3)
        found = place_chances(given, 7, how)
        assert found.max(axis=1).tolist() == [1.0] * 7
        assert found.argmax(axis=1).tolist() == arrange(given, 7, how, Random(0))[0].tolist()


def test_a_list_tells_how_much_its_kiosk_explores() -> None:
    how, chance = Arrangement(0.2, 0.5, 0.3), Random(2)
    for seed in range(30):
        given = candidates(12, seed, seed % 3)
        rows, propensity = arrange(given, 6, how, chance)
        found = trace(given, rows, how)
        assert found is not None
        told = found.explored(propensity)
        assert np.isnan(told[: given.pinned]).all()
        assert told[given.pinned :] == pytest.approx(0.3)


def test_toys_alone_have_no_chance_of_another() -> None:
    given = candidates(2, 0, pinned=2)
    assert place_chances(given, 2, Arrangement(0.2, 0.5, 0.3)).tolist() == [[1, 0], [0, 1]]


def test_a_list_that_the_rules_forbid_is_none_of_theirs() -> None:
    given = candidates(6, 1)
    assert trace(given, np.array([0, 1, 0]), Arrangement(0.2, 1.0)) is None
