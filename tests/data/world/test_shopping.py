"""What households take of a list: under the world's own law, and under the same luck whatever they are shown."""

from __future__ import annotations

import numpy as np

from data.world.plan import MOST_DRAWS
from data.world.shopping import FINDS, PATIENCE, draw_luck, take


def test_a_list_of_everything_is_chosen_from_as_the_truth_says() -> None:
    sessions = 20_000
    utility = np.log(np.array([[0.5, 0.3, 0.2]], np.float32)).repeat(sessions, axis=0)
    shown = np.arange(3, dtype=np.int32)[None].repeat(sessions, axis=0)
    luck = draw_luck(sessions, 3, np.random.default_rng(0))
    taken = take(utility, shown, luck.noise[:, 0], luck.finds[:, 0])
    assert taken.listed.all()
    np.testing.assert_allclose(np.bincount(taken.toy) / sessions, [0.5, 0.3, 0.2], atol=0.012)


def test_a_list_is_settled_for_as_often_as_its_worth_says() -> None:
    # The best of the list and the best of the rest are Gumbel about the logarithms of their summed weights, so the list
    # is taken with the logistic probability of their difference and the patience.
    sessions = 20_000
    utility = np.log(np.array([[0.1, 0.2, 0.7]], np.float32)).repeat(sessions, axis=0)
    shown = np.array([[0, 1, -1]], np.int32).repeat(sessions, axis=0)
    luck = draw_luck(sessions, 3, np.random.default_rng(1))
    taken = take(utility, shown, luck.noise[:, 2], luck.finds[:, 2])
    expected = 0.3 * np.e**PATIENCE / (0.3 * np.e**PATIENCE + 0.7)
    assert abs(taken.listed.mean() - expected) < 0.012
    # Who does not settle finds the best toy on the shelves now and then.
    elsewhere = taken.toy[~taken.listed]
    assert abs((elsewhere == 2).mean() - FINDS) < 0.02
    assert set(np.unique(elsewhere)) == {-1, 2}


def test_what_cannot_be_chosen_is_not_taken() -> None:
    utility = np.array([[0.0, -np.inf], [-np.inf, -np.inf]], np.float32)
    shown = np.array([[1, -1], [0, 1]], np.int32)
    taken = take(utility, shown, np.zeros((2, 2), np.float32), np.ones(2, np.bool_))
    assert taken.toy.tolist() == [0, -1]
    assert not taken.listed.any()


def test_an_empty_list_leaves_the_shelves() -> None:
    utility = np.zeros((2, 3), np.float32)
    none = np.full((2, 4), -1, np.int32)
    taken = take(utility, none, np.array([[0, 1, 0]] * 2, np.float32), np.array([True, False]))
    assert taken.toy.tolist() == [1, -1]
    assert not taken.listed.any()


def test_luck_is_the_same_for_the_same_seed_and_has_a_draw_for_each_wish() -> None:
    one, two = (draw_luck(5, 7, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.noise, two.noise)
    assert one.noise.shape == (5, MOST_DRAWS, 7)
    assert one.finds.shape == (5, MOST_DRAWS)
