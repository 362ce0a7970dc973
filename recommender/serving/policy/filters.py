"""What a shopper asks to see: category, brand, price, age, stock. A toy matches no filter on what it does not say."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import ToyGuideError, parameter_error
from data.schema import ADULT_MONTHS
from recommender.serving.policy.safety import check_age
from recommender.serving.policy.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Filters:
    """A shopper's filters; None leaves one out.

    category: any name on a toy's category path; brand: the brand; both without regard to case
    price_min, price_max: bounds, both included, in the shop's currency
    age_months: toys whose recommended range includes it
    in_stock: toys that are known to be in stock here
    """

    category: str | None = None
    brand: str | None = None
    price_min: float | None = None
    price_max: float | None = None
    age_months: int | None = None
    in_stock: bool = False

    def check(self) -> None:
        """Raise ToyGuideError for a negative, infinite or upside-down price range, or an impossible age."""
        for name, price in (("price_min", self.price_min), ("price_max", self.price_max)):
            if price is not None and not 0 <= price <= sys.float_info.max:
                raise parameter_error(name, "the filters", "a finite number ≥ 0", price)
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ToyGuideError(
                f"The 'price_min' parameter of the filters must be at most price_max, {self.price_max}. "
                f"Got {self.price_min} instead."
            )
        check_age("age_months", self.age_months)


def filtered_out(shelf: Shelf, filters: Filters, in_stock: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """bool [N + 1]: toys that do not match every filter. in_stock: bool [N + 1], None = nobody counted."""
    matches = np.ones(len(shelf), np.bool_)
    if filters.in_stock:
        matches &= False if in_stock is None else in_stock
    for name, places in ((filters.category, shelf.categories), (filters.brand, shelf.brands)):
        if name is not None:
            has = np.zeros(len(shelf), np.bool_)
            has[places.get(name.casefold(), [])] = True
            matches &= has
    if filters.price_min is not None:
        matches &= shelf.price >= filters.price_min  # an unknown price is NaN and compares as False
    if filters.price_max is not None:
        matches &= shelf.price <= filters.price_max
    if filters.age_months is not None:
        matches &= (shelf.age_from <= filters.age_months) & (filters.age_months <= shelf.age_to)
    return ~matches


def outgrown(shelf: Shelf, age: int) -> NDArray[np.bool_]:
    """bool [N + 1]: toys that a recipient of `age` months has outgrown. A grown-up counts as 18: games stay games."""
    return shelf.outgrown_from <= min(age, ADULT_MONTHS)


def over_budget(shelf: Shelf, budget: float) -> NDArray[np.bool_]:
    """bool [N + 1]: toys known to cost more; one without a price may still be worth a look."""
    return shelf.price > budget
