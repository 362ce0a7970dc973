"""What the shop wants seen first, or last: pins and boosts. They order what may be shown, and never widen it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Emphasis:
    """The shop's own emphasis over N toys.

    pins: toy indices from 1, the first on top; those that the mask allows open a list
    boost: float32 [N + 1], added to a toy's score (a logit: + 1 makes it e times as likely); None = none
    """

    pins: tuple[int, ...] = ()
    boost: NDArray[np.float32] | None = None


NO_EMPHASIS = Emphasis()
