"""Which of several things are worth having when one is cheap and another is good."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Places of the (cost, quality) pairs that no other pair beats, from cheap to dear.

    A pair is beaten by one that costs no more and is no worse, and is better in at least one of the two; pairs that are
    equal in both do not beat each other. Source: Pareto, "Manuale di economia politica", 1906.
    """
    front: list[int] = []
    best = cheapest = float("-inf")
    for place in sorted(range(len(points)), key=lambda each: (points[each][0], -points[each][1])):
        cost, quality = points[place]
        if quality > best or (quality == best and cost == cheapest):
            front.append(place)
            best, cheapest = quality, cost
    return front
