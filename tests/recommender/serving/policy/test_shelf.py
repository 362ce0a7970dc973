"""The catalogue as arrays, by hand: who may see a toy, who has outgrown it, and of what kind it is."""

import numpy as np
import pytest

from data.schema import Audience, Hazard, Toy
from recommender.serving.policy.shelf import NO_UPPER_AGE, build_shelf, outgrown_from, safe_from, with_rows

FLOORS = {
    "small_parts": 36, "small_ball": 36, "marble": 36, "balloon": 96, "magnet": 168, "button_battery": 36, "cord": 18,
    "projectile": 36, "sharp": 48,
}  # fmt: skip
"""Months, once more: a test that reads them from the code does not notice one that is too low."""


@pytest.mark.parametrize("stated", [None, 0, 200])
@pytest.mark.parametrize("hazard", Hazard)
def test_a_hazard_holds_whatever_the_row_says_beside_it(stated: int | None, hazard: Hazard) -> None:
    known = 36 if stated is None else stated
    found = safe_from(Toy("toy", "x", safety_min_age=stated, hazards=(hazard,)))
    assert found == max(known, FLOORS[hazard])
    both = safe_from(Toy("toy", "x", safety_min_age=stated, hazards=(hazard, Hazard.BALLOON)))
    assert both == max(known, FLOORS[hazard], 96)


@pytest.mark.parametrize(("end", "months"), [(0, 12), (18, 30), (36, 48), (39, 52), (84, 112), (144, 192)])
def test_a_toy_is_outgrown_a_year_or_a_third_of_its_range_after_the_end(end: int, months: int) -> None:
    assert outgrown_from(Toy("toy", "x", recommended_age_to=end)) == months
    assert outgrown_from(Toy("toy", "x", recommended_age=end)) == NO_UPPER_AGE


def test_a_row_says_all_of_a_toy_and_is_of_its_innermost_category() -> None:
    toys = [
        Toy("puzzle", "x", category=("Toys", "Puzzles")),
        Toy("engine", "x", category=("Toys", "Trains"), recommended_age=36, recommended_age_to=84, safety_min_age=18),
        Toy("poker", "x", category=("puzzles",), audience=Audience.ADULT, active=False),
        Toy("thing", "x", brand="Holt"),
    ]
    shelf = build_shelf(toys)
    assert shelf.groups.tolist() == [-1, 0, 1, 0, -1]
    assert shelf.safe_from.tolist()[1:] == [36, 18, 36, 36]
    assert shelf.unvetted.tolist()[1:] == [toy.audience is Audience.UNKNOWN and toy.id != "engine" for toy in toys]
    assert shelf.adult.tolist()[1:] == [False, False, True, False]
    assert shelf.active.tolist() == [False, True, True, False, True]
    assert shelf.age_from.tolist()[1:] == [-1, 36, -1, -1]
    assert shelf.age_to.tolist()[1:] == [-1, 84, -1, -1]
    assert {name: rows.tolist() for name, rows in shelf.categories.items()} == {
        "toys": [1, 2], "puzzles": [1, 3], "trains": [2],
    }  # fmt: skip
    changed = with_rows(shelf, {2: Toy("engine", "x", safety_min_age=60), 5: Toy("new", "x", category=("TRAINS",))})
    assert changed.safe_from.tolist()[1:] == [36, 60, 36, 36, 36]
    assert changed.age_from.tolist()[1:] == [-1] * 5, "what the row said before is gone"
    assert changed.age_to.tolist()[1:] == [-1] * 5
    assert changed.groups.tolist() == [-1, 0, -1, 0, -1, 1]
    assert changed.categories["trains"].tolist() == [2, 5]
    assert shelf.safe_from.tolist()[2] == 18, "the shelf before is as it was"
    assert np.isnan(changed.price[5])
