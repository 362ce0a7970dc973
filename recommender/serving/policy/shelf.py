"""The catalogue as arrays, computed once when a bundle is loaded, so that a rule is one comparison over all toys.

Row 0 is padding in every array: no rule needs to know it, and the mask never allows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from data.schema import SMALLEST_MONTHS, Audience, Toy, safety_floor

NO_UPPER_AGE = int(np.iinfo(np.int32).max)
OUTGROWN_MONTHS = 12
"""A toy is outgrown this long after the end of its recommended range, or a third of that end after it if that is more:
a teething ring "to 18 months" at two and a half, a tool bench "to 7" at nine, a game "to 12" not before sixteen."""


@dataclass(frozen=True)
class Shelf:
    """N toys as arrays of N + 1 entries.

    safe_from: int32, months; the lowest age of a child who may see the toy
    adult, unvetted, active: bool; unvetted = audience and safety age both unknown
    price: float64, NaN where unknown
    age_from, age_to: int32, months, of the recommended range; −1 and −1 where it is unknown
    outgrown_from: int32, months; the age from which the toy is clearly for younger children
    groups: int32, a number for the innermost category, −1 where a toy has none
    categories, brands: casefolded name → int32 toy indices
    group_numbers: casefolded name → its number in `groups`
    """

    safe_from: NDArray[np.int32]
    adult: NDArray[np.bool_]
    unvetted: NDArray[np.bool_]
    active: NDArray[np.bool_]
    price: NDArray[np.float64]
    age_from: NDArray[np.int32]
    age_to: NDArray[np.int32]
    outgrown_from: NDArray[np.int32]
    groups: NDArray[np.int32]
    categories: dict[str, NDArray[np.int32]]
    brands: dict[str, NDArray[np.int32]]
    group_numbers: dict[str, int]

    def __len__(self) -> int:
        return len(self.active)


def safe_from(toy: Toy) -> int:
    """The lowest age in months of a child who may see `toy`.

    An unknown safety age counts as `SMALLEST_MONTHS`; a hazard's floor holds whatever the row says beside it.
    """
    known = SMALLEST_MONTHS if toy.safety_min_age is None else toy.safety_min_age
    return max(known, safety_floor(toy.hazards))


def outgrown_from(toy: Toy) -> int:
    """The age in months from which `toy` is clearly for younger children; NO_UPPER_AGE where its range has no end."""
    if toy.recommended_age_to is None:
        return NO_UPPER_AGE
    return toy.recommended_age_to + max(OUTGROWN_MONTHS, toy.recommended_age_to // 3)


def build_shelf(toys: Sequence[Toy]) -> Shelf:
    """Arrays of `toys`, toy i of `toys` in row i + 1."""
    rows = len(toys) + 1
    shelf = Shelf(
        safe_from=np.zeros(rows, np.int32),
        adult=np.zeros(rows, np.bool_),
        unvetted=np.zeros(rows, np.bool_),
        active=np.zeros(rows, np.bool_),
        price=np.full(rows, np.nan),
        age_from=np.full(rows, -1, np.int32),
        age_to=np.full(rows, -1, np.int32),
        outgrown_from=np.full(rows, NO_UPPER_AGE, np.int32),
        groups=np.full(rows, -1, np.int32),
        categories=_places((name, row) for row, toy in enumerate(toys, 1) for name in toy.category),
        brands=_places((toy.brand, row) for row, toy in enumerate(toys, 1) if toy.brand),
        group_numbers={},
    )
    for row, toy in enumerate(toys, start=1):
        _put(shelf, row, toy)
    return shelf


def with_rows(shelf: Shelf, toys: Mapping[int, Toy]) -> Shelf:
    """`shelf` with `toys` in the rows named, new ones behind the last without a gap; `shelf` itself stays.

    A toy that takes another's place has its categories and its brand.
    """
    more = sum(row >= len(shelf) for row in toys)
    arrays = {
        field.name: np.append(array, np.zeros(more, array.dtype))
        for field in fields(shelf)
        if isinstance(array := getattr(shelf, field.name), np.ndarray)
    }
    new = {row: toy for row, toy in toys.items() if row >= len(shelf)}
    longer = Shelf(
        **arrays,
        categories=_joined(shelf.categories, _places((name, row) for row, toy in new.items() for name in toy.category)),
        brands=_joined(shelf.brands, _places((toy.brand, row) for row, toy in new.items() if toy.brand)),
        group_numbers=dict(shelf.group_numbers),
    )
    for row, toy in toys.items():
        _put(longer, row, toy)
    return longer


def _put(shelf: Shelf, row: int, toy: Toy) -> None:
    """Write `toy` into row `row` of every array."""
    innermost = toy.category[-1].casefold() if toy.category else None
    shelf.groups[row] = -1 if innermost is None else shelf.group_numbers.setdefault(innermost, len(shelf.group_numbers))
    shelf.safe_from[row] = safe_from(toy)
    shelf.outgrown_from[row] = outgrown_from(toy)
    shelf.adult[row] = toy.audience is Audience.ADULT
    shelf.unvetted[row] = toy.audience is Audience.UNKNOWN and toy.safety_min_age is None
    shelf.active[row] = toy.active
    shelf.price[row] = np.nan if toy.price is None else float(toy.price)
    shelf.age_from[row] = shelf.age_to[row] = -1
    if toy.recommended_age is not None:
        shelf.age_from[row] = toy.recommended_age
        shelf.age_to[row] = NO_UPPER_AGE if toy.recommended_age_to is None else toy.recommended_age_to


def _places(pairs: Iterable[tuple[str, int]]) -> dict[str, NDArray[np.int32]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for name, row in pairs:
        places[name.casefold()].append(row)
    return {name: np.array(rows, np.int32) for name, rows in places.items()}


def _joined(some: dict[str, NDArray[np.int32]], more: dict[str, NDArray[np.int32]]) -> dict[str, NDArray[np.int32]]:
    return some | {name: np.append(some[name], rows) if name in some else rows for name, rows in more.items()}
