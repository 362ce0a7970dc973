"""What was said and tapped for one person while a visit lasts: a child that a gift is for, or the visitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.shop.models import Reason, Toy
from app.shop.wish import Order
from data.schema import ADULT_MONTHS, EventKind

PAGE: Final = 8  # toys on the shelf at first, and how many "more" adds


@dataclass(frozen=True, slots=True)
class Met:
    """A toy that was liked or set aside."""

    toy: Toy
    kind: EventKind


@dataclass(frozen=True, slots=True)
class Shown:
    """The list in which a toy was last shown, and why."""

    recommendation_id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What was said and tapped for one person.

    id: random, made for this visit; sign: the picture that stands for a child (people.SIGNS), empty for the visitor
    age_months: lower end of a band; any_age: toys for other ages are welcome too
    budget: the highest price; youngest_months: a younger child at home
    words: what was last written in free text; it stays in the visit
    met: from oldest to newest, each toy once; owned: has it already; wanted: the length of the list
    order: how the list stands
    """

    id: str
    sign: str = ""
    age_months: int | None = None
    any_age: bool = False
    interests: tuple[str, ...] = ()
    budget: int | None = None
    youngest_months: int | None = None
    words: str = ""
    met: tuple[Met, ...] = ()
    owned: tuple[Toy, ...] = ()
    wanted: int = PAGE
    order: Order = Order.FIT
    shown: Mapping[str, Shown] = field(default_factory=dict)

    def of_kind(self, kind: EventKind) -> tuple[Toy, ...]:
        """Toys met in that way, the newest first."""
        return tuple(met.toy for met in reversed(self.met) if met.kind is kind)

    @property
    def liked(self) -> tuple[Toy, ...]:
        """The newest first."""
        return self.of_kind(EventKind.LIKE)

    @property
    def dismissed(self) -> tuple[Toy, ...]:
        """The newest first."""
        return self.of_kind(EventKind.DISMISS)

    @property
    def anything_said(self) -> bool:
        """True where starting over would change something."""
        answers = (self.age_months, self.budget, self.youngest_months)
        return any(answer is not None for answer in answers) or bool(
            self.interests or self.words or self.met or self.owned
        )

    @property
    def keeps_to_age(self) -> bool:
        """True where a list shall hold toys of one age alone; what grown-ups buy for themselves states none."""
        return self.age_months is not None and self.age_months < ADULT_MONTHS and not self.any_age

    @property
    def youngest(self) -> int | None:
        """The youngest child stated, in months; None where no child is."""
        ages = [age for age in (self.age_months, self.youngest_months) if age is not None and age < ADULT_MONTHS]
        return min(ages, default=None)
