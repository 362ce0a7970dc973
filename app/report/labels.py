"""Where names of points stand: beside them, and over nothing else."""

from __future__ import annotations

from collections.abc import Sequence

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def first_free(places: Sequence[Box], taken: Sequence[Box], within: Box) -> int | None:
    """Which of `places`, the best first, lies within `within` and over nothing that is taken; None if none does."""
    left, top, right, bottom = within
    for number, place in enumerate(places):
        inside = place[0] > left and place[1] > top and place[2] < right and place[3] < bottom
        if inside and not any(_meet(place, other) for other in taken):
            return number
    return None


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
