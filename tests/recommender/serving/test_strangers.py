import numpy as np

from recommender.serving.strangers import favourites, standing


def test_standing_is_the_share_of_toys_that_are_less_liked() -> None:
    assert standing(np.array([9, 1, 3, 3, 2], np.float32)).tolist() == [0, 0, 0.5, 0.5, 0.25]
    assert standing(np.zeros(4, np.float32)).tolist() == [0, 0, 0, 0]
    assert standing(np.zeros(1, np.float32)).tolist() == [0]


def test_favourites_are_the_best_of_what_is_sold() -> None:
    scores, active = np.array([0, 5, 4, 3, 2], np.float32), np.array([False, False, True, True, True])
    assert np.flatnonzero(favourites(scores, active, 0.5)).tolist() == [2, 3]
    assert not favourites(np.zeros(5, np.float32), active, 0.5).any()
