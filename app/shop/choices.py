"""What can be tapped: bands of age and steps of budget. A band counts as its lower end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.schema import ADULT_MONTHS


@dataclass(frozen=True, slots=True)
class Band:
    """Months, the lower end included, the upper not; None has no upper end."""

    start: int
    end: int | None


BANDS: Final = (
    Band(0, 6),
    Band(6, 12),
    Band(12, 24),
    Band(24, 36),
    Band(36, 48),
    Band(48, 60),
    Band(60, 72),
    Band(72, 96),
    Band(96, 120),
    Band(120, 156),
    Band(156, ADULT_MONTHS),
    Band(ADULT_MONTHS, None),
)
AGES: Final = tuple(band.start for band in BANDS)
OWN_AGES: Final = tuple(age for age in AGES if age >= 72)
"""Ages at which somebody asks for toys for themselves."""
BAND_OF: Final = {band.start: band for band in BANDS}

_STEPS: Final = (5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000, 10000)
_MOST_STEPS: Final = 6


def younger_than(age_months: int | None) -> tuple[int, ...]:
    """Ages that a younger child at home may have, when the toy is for `age_months` (None: not said)."""
    limit = ADULT_MONTHS if age_months is None else age_months
    return tuple(age for age in AGES if age < min(limit, ADULT_MONTHS))


def budgets(cheapest: float | None, dearest: float | None) -> tuple[int, ...]:
    """Round sums between the cheapest and the dearest toy, at most six; none where the prices are unknown."""
    if cheapest is None or dearest is None:
        return ()
    fitting = [step for step in _STEPS if cheapest <= step < dearest]
    return _thinned(fitting)


def _thinned(steps: Sequence[int]) -> tuple[int, ...]:
    while len(steps) > _MOST_STEPS:
        steps = steps[1:] if len(steps) == _MOST_STEPS + 1 else [*steps[:-2:2], steps[-1]]
    return tuple(steps)
