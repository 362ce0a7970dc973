"""Safety: which toys a child in the house must not see. Nothing here depends on a model or on what a shopper wants.

The mask uses the YOUNGEST child present. An age band counts as its lower end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import parameter_error
from data.schema import ADULT_MONTHS
from recommender.serving.policy.shelf import Shelf

MAX_AGE_MONTHS: Final = 1439  # under 120 years


@dataclass(frozen=True, slots=True)
class Company:
    """Who is there, as far as it was said.

    youngest: months; what the safety rule uses
    child_stated: a child under 18 was named, as the recipient or beside them
    adult_recipient: the recipient is known to be 18 or older and no child was named
    """

    youngest: int
    child_stated: bool
    adult_recipient: bool


def company(
    recipient_age: int | None, youngest_age: int | None, default_youngest: int, sought_age: int | None = None
) -> Company:
    """Who is there, from the recipient's age and the youngest child's age (months, None = not said).

    Where no child is stated, `default_youngest` rules, also for an adult recipient. `sought_age`, an age that toys are
    filtered for, states nobody, but who looks for toys for a baby has one in mind: it can make safety stricter, never
    laxer. Raises ToyGuideError for an age that is no int in [0, 1439].
    """
    check_age("age_months", recipient_age)
    check_age("youngest_age_months", youngest_age)
    children = [age for age in (recipient_age, youngest_age) if age is not None and age < ADULT_MONTHS]
    youngest = min(children, default=default_youngest)
    return Company(
        youngest=youngest if sought_age is None else min(youngest, sought_age),
        child_stated=bool(children),
        adult_recipient=recipient_age is not None and recipient_age >= ADULT_MONTHS and not children,
    )


def check_age(name: str, value: object) -> None:
    """Raise ToyGuideError unless `value` is None or an int in [0, `MAX_AGE_MONTHS`]."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_AGE_MONTHS:
        raise parameter_error(name, "recommend", f"an int in [0, {MAX_AGE_MONTHS}] (months)", value)


def unsafe(shelf: Shelf, present: Company) -> NDArray[np.bool_]:
    """bool [N + 1]: toys not for the youngest child present."""
    return shelf.safe_from > present.youngest


def wrong_audience(shelf: Shelf, present: Company) -> NDArray[np.bool_]:
    """bool [N + 1]: adult items unless an adult is the recipient; items nobody vetted where a child was named."""
    if present.adult_recipient:
        return np.zeros(len(shelf), np.bool_)
    return shelf.adult | shelf.unvetted if present.child_stated else shelf.adult
