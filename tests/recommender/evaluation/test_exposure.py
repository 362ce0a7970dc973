"""A world whose truth is known: a model that misjudges toys had the places, and another would have done better."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.evaluation.chances import place_chances, trace
from recommender.evaluation.exposure import Exposed, estimate
from recommender.serving.policy.arrange import Arrangement, Candidates, arrange

K, TOYS, DECAY = 6, 40, 0.7
HOW = Arrangement(0.2, 0.5, 0.15)
STILL = replace(HOW, exploration=0.0)
LOOKS = np.arange(1, K + 1) ** -DECAY


@dataclass(frozen=True)
class Shopper:
    """What one shopper would be shown by either model, and wants. value: of a list of each (running, new)."""

    candidates: Candidates
    likes: NDArray[np.float64]
    shown: NDArray[np.float64]
    new: NDArray[np.float64]
    plain: NDArray[np.int64]
    plain_new: NDArray[np.bool_]
    value: tuple[float, float]


@cache
def shoppers(noise: float = 1.5, count: int = 60) -> tuple[Shopper, ...]:
    """The running model errs about toys by `noise`; the new one by less than it."""
    world = np.random.default_rng(5)
    directions = world.normal(size=(TOYS, 6)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    groups = world.integers(0, 8, TOYS).astype(np.int32)
    wrong = world.normal(size=TOYS) * noise
    found = []
    for _ in range(count):
        logit = 1.5 * directions @ world.normal(size=6)
        likes = 1 / (1 + np.exp(3 - logit))

        def ranked(scores: NDArray[np.float64]) -> Candidates:
            order = np.argsort(-scores, kind="stable")
            return Candidates(order, scores[order].astype(np.float32), directions[order], groups[order])

        running, new = ranked(logit + wrong), ranked(logit + 0.3 * world.normal(size=TOYS))
        column = np.argsort(running.places)[new.places]
        chances = np.zeros((K, TOYS))
        chances[:, column] = place_chances(new, K, HOW)
        shown = place_chances(running, K, HOW)
        plain_new = np.zeros(TOYS, np.bool_)
        plain_new[column[arrange(new, K, STILL, Random(0))[0]]] = True
        wants = likes[running.places]
        value = float(LOOKS @ (shown @ wants)), float(LOOKS @ (chances @ wants))
        plain = arrange(running, K, STILL, Random(0))[0]
        found.append(Shopper(running, wants, shown, chances, plain, plain_new, value))
    return tuple(found)


def visits(people: tuple[Shopper, ...], count: int, seed: int) -> list[Exposed]:
    """What a kiosk notes of `count` visits, each of one or two lists."""
    generator, chance = np.random.default_rng(seed), Random(seed)
    lists = []
    for visit in range(count):
        who = people[generator.integers(len(people))]
        for _ in range(generator.integers(1, 3)):
            rows, _ = arrange(who.candidates, K, HOW, chance)
            made = trace(who.candidates, rows, HOW)
            assert made is not None
            wanted = generator.random(K) < who.likes[rows] * LOOKS
            due = HOW.exploration * (1 - 1 / made.open)
            lists.append(
                Exposed(str(visit), rows, wanted, who.shown, who.new, who.plain, who.plain_new, made.best, due)
            )
    return lists


def test_the_estimate_finds_the_truth_that_the_plain_figure_misses() -> None:
    people = shoppers()
    running, new = np.mean([who.value for who in people], axis=0)
    found = estimate(visits(people, 1200, 12))
    assert found.running.low < running < found.running.high
    assert found.new.low < new < found.new.high
    assert found.difference.low < new - running < found.difference.high
    assert found.difference.low > 0, "the new one is better, and the lists of the other say so"
    assert not found.new.low < found.replayed < found.new.high
    assert abs(found.replayed - new) > 3 * abs(found.new.value - new)
    assert found.supported == pytest.approx(1)
    assert found.decay == pytest.approx(DECAY, abs=0.3)
    assert found.clipped == 0


def test_nineteen_intervals_of_twenty_hold_the_truth() -> None:
    people = shoppers()
    running, new = np.mean([who.value for who in people], axis=0)
    found = [estimate(visits(people, 200, seed), rounds=200) for seed in range(100, 120)]
    held = sum(each.difference.low < new - running < each.difference.high for each in found)
    assert held >= 17  # of 20; fewer happen one time in sixty where it is 95 %
    assert np.mean([each.new.value for each in found]) == pytest.approx(new, rel=0.1)


def test_the_running_model_is_found_as_it_was() -> None:
    """What would show the very same gets weights of 1: the figure is the plain one, and chances promised the trials."""
    lists = [replace(each, new=each.shown) for each in visits(shoppers(), 600, 4)]
    found = estimate(lists)
    assert found.new.value == pytest.approx(found.running.value)
    assert found.difference.high == pytest.approx(0, abs=1e-9)
    assert found.effective == pytest.approx(found.places)
    assert abs(found.trials_off) < 3
    assert found.plain_difference.low < 0 < found.plain_difference.high


def test_propensities_that_are_not_true_are_noticed() -> None:
    """Half as many trials as were promised: whoever divides by such chances is wrong."""
    lists = [replace(each, trial=each.trial * 2) for each in visits(shoppers(), 600, 4)]
    assert estimate(lists).trials_off < -3


def test_what_had_no_chance_is_said() -> None:
    lists = visits(shoppers(), 300, 6)
    halved = [replace(each, new=each.new / 2) for each in lists]
    assert estimate(halved).supported == pytest.approx(0.5)
    assert estimate(halved).new.value == pytest.approx(estimate(lists).new.value)


def test_visits_are_drawn_and_not_lists() -> None:
    """One visit that is ten times in the lists says no more than once."""
    lists = visits(shoppers(), 200, 8)
    tenfold = estimate([each for each in lists for _ in range(10)])
    once = estimate(lists)
    wide = once.running.high - once.running.low
    assert tenfold.running.high - tenfold.running.low == pytest.approx(wide, rel=0.15)


def test_where_every_list_has_a_toy_on_trial_nothing_is_compared() -> None:
    lists = [each for each in visits(shoppers(), 150, 9) if not each.best.all()]
    found = estimate(lists)
    assert (found.plain_seen, found.plain_difference) == (None, None)
