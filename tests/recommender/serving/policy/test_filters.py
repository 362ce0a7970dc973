"""Filters to the edge: a bound belongs to what it bounds, and what is not known matches nothing."""

from decimal import Decimal

import numpy as np
import pytest

from data.errors import ToyGuideError
from data.schema import Toy
from recommender.serving.policy.filters import Filters, filtered_out, outgrown, over_budget
from recommender.serving.policy.shelf import build_shelf


@pytest.mark.parametrize("name", ["price_min", "price_max"])
@pytest.mark.parametrize("price", [-0.01, float("nan"), float("inf"), float("-inf"), 10**400])
def test_a_price_that_is_none_is_refused(name: str, price: float) -> None:
    with pytest.raises(ToyGuideError, match=f"'{name}' parameter of the filters must be a finite number ≥ 0"):
        Filters(**{name: price}).check()  # type: ignore[arg-type]


def test_a_range_may_be_a_point_and_have_one_end_but_not_be_upside_down() -> None:
    for fits in (Filters(), Filters(price_min=0), Filters(price_max=0), Filters(price_min=2, price_max=2)):
        fits.check()
    with pytest.raises(ToyGuideError, match=r"'price_min' .* at most price_max, 2\. Got 2\.01 instead"):
        Filters(price_min=2.01, price_max=2).check()


def test_in_stock_is_what_is_known_to_be_there() -> None:
    shelf = build_shelf([Toy(name, "x") for name in ("there", "gone")])
    there = np.array([False, True, False])
    assert filtered_out(shelf, Filters(in_stock=True), there).tolist()[1:] == [False, True]
    assert filtered_out(shelf, Filters(in_stock=True), None).tolist()[1:] == [True, True], "nobody counted"
    assert filtered_out(shelf, Filters(), there).tolist()[1:] == [False, False]


def test_who_has_outgrown_what() -> None:
    """To 36 months: outgrown at 48. To 162: at 162 + 54 = 216, where growing up ends. To 163: never."""
    shelf = build_shelf([Toy(str(end), "x", recommended_age_to=end) for end in (36, 162, 163)])
    assert outgrown(shelf, 47).tolist()[1:] == [False, False, False]
    assert outgrown(shelf, 48).tolist()[1:] == [True, False, False]
    assert outgrown(shelf, 215).tolist()[1:] == [True, False, False]
    assert outgrown(shelf, 216).tolist()[1:] == outgrown(shelf, 800).tolist()[1:] == [True, True, False]


def test_a_budget_reaches_to_the_penny() -> None:
    shelf = build_shelf([Toy("fair", "x", price=Decimal("9.99")), Toy("dear", "x", price=Decimal("10.00"))])
    assert over_budget(shelf, 9.99).tolist()[1:] == [False, True]
