"""Whether a positive rate fell further than it may, beyond chance."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from app.kiosk.store.rates import Rate

CHANCE: Final = 0.01
"""How likely a bundle that holds the bound exactly may be taken for worse, in all judgements of it together."""
JUDGEMENTS: Final = 6
"""A bundle is judged so often, each time with twice the lists of the time before; then it is here to stay."""


def score(before: Rate, now: Rate, least: float) -> float:
    """Standard errors by which `now` stands above `least` × `before`; below 0, it is lower. Neither may be of no lists.

    The score test of Farrington and Manning (Statistics in Medicine 9, 1990, 1447–1454) for a ratio of two proportions:

        z = (p₂ - θ p₁) / √(θ² q₁ (1 - q₁) / n₁ + q₂ (1 - q₂) / n₂),    q₂ = θ q₁,

    where q₁ is the likeliest rate before if the rate now were θ times it: the smaller root of
    θ N q² - (n₁ + x₂ + θ (n₂ + x₁)) q + x₁ + x₂ = 0. Unlike a test with the observed rates it is right for rare ones.
    """
    every = before.lists + now.lists
    linear = before.lists + now.wanted + least * (now.lists + before.wanted)
    both = before.wanted + now.wanted
    root = math.sqrt(max(0.0, linear**2 - 4 * least * every * both))
    first = 2 * both / (linear + root)  # the smaller root, without the difference of two numbers that are nearly equal
    second = least * first
    variance = least**2 * first * (1 - first) / before.lists + second * (1 - second) / now.lists
    apart = now.share - least * before.share
    return apart / math.sqrt(variance) if variance > 0 else 0.0


def has_fallen(before: Rate, now: Rate, fall: float, judged: int) -> bool:
    """Whether `now` is below (1 - fall) × `before`, one-sided at 99 % for all judgements of a bundle together.

    judged: how many judgements there were before this one; each spends half of the error that is left, so that looking
    again and again does not find a fall at last where there is none.
    """
    return score(before, now, 1 - fall) < NormalDist().inv_cdf(CHANCE / 2 ** (judged + 1))
