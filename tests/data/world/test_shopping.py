"""What households take of a list: under the world's own law, and under the same luck whatever they are shown."""

from __future__ import annotations

import numpy as np

from data.world.plan import MOST_DRAWS, PURCHASE
from data.world.shopping import FINDS, PATIENCE, Luck, draw_luck, shop

NOTHING = np.full((1, 3), -1, np.int32)


def one_draw(sessions: int) -> np.ndarray:
    """Outcomes of sessions that want one toy."""
    outcome = np.zeros((sessions, MOST_DRAWS), np.int8)
    outcome[:, 0] = PURCHASE
    return outcome


def test_a_list_of_everything_is_chosen_from_as_the_truth_says() -> None:
    sessions = 20_000
    utility = np.log(np.array([[0.5, 0.3, 0.2]], np.float32)).repeat(sessions, axis=0)
    shown = np.arange(3, dtype=np.int32)[None].repeat(sessions, axis=0)
    taken = shop(utility, shown, one_draw(sessions), draw_luck(sessions, 3, np.random.default_rng(0)))
    assert taken.listed[:, 0].all()
    np.testing.assert_allclose(np.bincount(taken.toy[:, 0]) / sessions, [0.5, 0.3, 0.2], atol=0.012)


def test_a_list_is_settled_for_as_often_as_its_worth_says() -> None:
    # The best of the list and the best of the rest are Gumbel about the logarithms of their summed weights, so the list
    # is taken with the logistic probability of their difference and the patience.
    sessions = 20_000
    utility = np.log(np.array([[0.1, 0.2, 0.7]], np.float32)).repeat(sessions, axis=0)
    shown = np.array([[0, 1, -1]], np.int32).repeat(sessions, axis=0)
    taken = shop(utility, shown, one_draw(sessions), draw_luck(sessions, 3, np.random.default_rng(1)))
    expected = 0.3 * np.e**PATIENCE / (0.3 * np.e**PATIENCE + 0.7)
    assert abs(taken.listed[:, 0].mean() - expected) < 0.012
    # Who does not settle finds the best toy on the shelves now and then.
    elsewhere = ~taken.listed[:, 0]
    assert abs((taken.toy[elsewhere, 0] == 2).mean() - FINDS) < 0.02
    assert (taken.toy[elsewhere, 0] == -1).sum() + (taken.toy[elsewhere, 0] == 2).sum() == elsewhere.sum()


def test_nothing_is_taken_twice_nor_what_cannot_be_chosen() -> None:
    utility = np.array([[0.0, 0.0, -np.inf]], np.float32)
    luck = Luck(np.zeros((1, MOST_DRAWS, 3), np.float32), np.ones((1, MOST_DRAWS), np.bool_))
    outcome = np.full((1, MOST_DRAWS), PURCHASE, np.int8)
    taken = shop(utility, np.array([[2, 1, -1]], np.int32), outcome, luck)
    assert sorted(taken.toy[0, :2].tolist()) == [0, 1]
    assert (taken.toy[0, 2:] == -1).all()
    assert taken.listed[0].sum() == 1
    assert (utility == [[0.0, 0.0, -np.inf]]).all()


def test_an_empty_list_and_no_draw() -> None:
    luck = Luck(np.zeros((1, MOST_DRAWS, 3), np.float32), np.zeros((1, MOST_DRAWS), np.bool_))
    none = shop(np.zeros((1, 3), np.float32), NOTHING, one_draw(1), luck)
    assert (none.toy == -1).all()
    assert not none.listed.any()
    idle = shop(np.zeros((1, 3), np.float32), NOTHING, np.zeros((1, MOST_DRAWS), np.int8), draw_luck(
        1, 3, np.random.default_rng(0)))  # fmt: skip
    assert (idle.toy == -1).all()
