"""What a sentence says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

MAX_TEXT: Final = 500
OLDEST_MONTHS: Final = 120 * 12
MOST: Final = 1_000_000
"""The highest budget that is believed."""
CHILD_YEARS: Final = 17
"""A bare number up to this is an age, a higher one a price."""

Doubt = Literal["two", "under", "age", "zero", "sum", "currency", "cut"]
Kind = Literal["age", "younger", "interest", "budget"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the text something was understood; `value`: months, an interest's name, or a sum."""

    start: int
    end: int
    kind: Kind
    value: int | str


@dataclass(frozen=True, slots=True)
class Understood:
    """age_months, younger_months: 0…`OLDEST_MONTHS`; budget: the highest price, 1…`MOST`; currency: as said, else None

    others: ages of further children in months, the youngest first

    rest: the words that were not understood; spans: in the order of the text
    doubts: two (several children), under ("under 4" was read as an age), age (one that nobody has), zero (a budget of
    nothing), sum (one beyond `MOST`), currency (not the shop's: the budget is left out), cut (only the beginning was
    read)
    """

    age_months: int | None = None
    younger_months: int | None = None
    others: tuple[int, ...] = ()
    interests: tuple[str, ...] = ()
    budget: int | None = None
    currency: str | None = None
    rest: str = ""
    spans: tuple[Span, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def anything(self) -> bool:
        """True where at least one answer was understood."""
        return bool(self.interests) or any(
            answer is not None for answer in (self.age_months, self.younger_months, self.budget)
        )
