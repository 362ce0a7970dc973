"""Round sums: as finely as a budget is read by the model, and as finely as it may be kept.

A score that is noted tells all that it was made from, to whoever has the model and tries. So the model is given no
budget that says more than what many people say: the nearest round sum. What may be shown goes by the sum itself.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace
from typing import Final

from data.schema import Recipient

_DECADES: Final = 7
_FIGURES: Final = (10, 12, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90)
ROUND_SUMS: Final = tuple(figure * 10.0**decade / 10 for decade in range(_DECADES) for figure in _FIGURES)
"""1, 1.2, 1.5, 2 … 9,000,000, in any currency: the next one is at most a third more."""


def nearest_round(budget: float) -> float:
    """The round sum that `budget` is nearest to in proportion; what is no sum comes back as it is."""
    if not 0 < budget < math.inf:
        return budget
    place = bisect_left(ROUND_SUMS, budget)
    low, high = ROUND_SUMS[max(place - 1, 0)], ROUND_SUMS[min(place, len(ROUND_SUMS) - 1)]
    return low if budget / low < high / budget else high


def as_read(recipient: Recipient | None) -> Recipient | None:
    """A recipient as the model is told of one."""
    if recipient is None or recipient.budget is None:
        return recipient
    return replace(recipient, budget=nearest_round(recipient.budget))


def if_round(budget: float | None) -> float | None:
    """`budget` where it is a round sum, which many people say; else None."""
    return budget if budget in ROUND_SUMS else None
