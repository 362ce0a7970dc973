"""From which size of a catalogue on one way is quicker than another, read between the sizes measured."""

from __future__ import annotations

import math
from collections.abc import Sequence


def crossing(sizes: Sequence[float], ratios: Sequence[float]) -> float:
    """The size from which on a ratio stays under 1: 0 if it does from the smallest on, inf if it does at no end.

    sizes: ascending, > 0; ratios: > 0, as many. Between two sizes the logarithm of the ratio is taken for a straight
    line over the logarithm of the size. Of no size at all: inf.
    """
    if not sizes:
        return math.inf
    above = [place for place, ratio in enumerate(ratios) if ratio >= 1]
    if not above:
        return 0.0
    last = above[-1]
    if last == len(sizes) - 1:
        return math.inf
    high, low = math.log(ratios[last]), math.log(ratios[last + 1])
    share = high / (high - low)
    return math.exp(math.log(sizes[last]) + share * (math.log(sizes[last + 1]) - math.log(sizes[last])))


def about(size: float) -> str:
    """A size for a sentence, with two digits that count: 31,000."""
    digits = math.floor(math.log10(size)) - 1
    return f"{round(size, -digits):,.0f}"
