"""Newer events weigh more: an old one is a target of fewer epochs' passes, and stays in every history.

What a shop sells changes with the seasons and with what is new. Source of the idea: instance weights that fall with
age, as in Koychev, "Gradual Forgetting for Adaptation to Concept Drift", 2000; that they are drawn by instead of
multiplied into a loss leaves every loss as it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 0.25
"""The weight that an event keeps however old it is: last December's tell of the next one."""
MAX_HALF_LIFE: Final = 36_500.0
_MS_PER_DAY: Final = 86_400_000


def weights_of(times: NDArray[np.int64], half_life: float) -> NDArray[np.float32] | None:
    """float32 [E] in [LEAST, 1], the newest 1; None where all weigh alike.

    times: int64 [E] ms since 1970, −1 unknown, which weighs as the oldest do
    half_life: days after which an event weighs half, until it weighs `LEAST`; 0 = all weigh alike
    """
    if not half_life or not len(times) or times.max() < 0:
        return None
    age = np.where(times < 0, np.inf, (times.max() - times) / _MS_PER_DAY)
    return np.maximum(np.exp2(-age / half_life), LEAST).astype(np.float32)
