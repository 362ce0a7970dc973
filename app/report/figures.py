"""Figures that carry how sure they are, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.report.charts import tenths
from app.report.plots import short
from recommender.evaluation.compare import bootstrap_interval

_UNIT: Final = "\u00a0%"


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_below(self) -> bool:
        """Whether all of its interval is below 0."""
        return self.high < 0

    @property
    def is_above(self) -> bool:
        """Whether all of its interval is above 0."""
        return self.low > 0


def when(time: str) -> str:
    """A moment for people, 2026-11-29 18:22 UTC, of one in ISO 8601; whatever else it is stays as it is."""
    try:
        return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return time


def estimate(values: NDArray[np.float64]) -> Estimate:
    """The mean of values [Q], one a query, with its bootstrap interval; nan where there are none."""
    return Estimate(float(values.mean()) if len(values) else math.nan, *bootstrap_interval(values))


def signed(value: float) -> str:
    """A difference of two shares to four digits: +.0012; one that rounds to nothing has no sign."""
    if abs(value) < 0.00005:
        return ".0000"
    return f"{value:+.4f}".replace("0.", ".", 1).replace("-", "\u2212")


def interval(each: Estimate, show: Callable[[float], str] = short) -> str:
    """The interval alone: .0621–.0733, or −.0012 to +.0034 where there are signs."""
    low, high = show(each.low), show(each.high)
    return f"{low} to {high}" if {low[0], high[0]} & {"+", "\u2212"} else f"{low}–{high}"


def sure(each: Estimate, show: Callable[[float], str] = short) -> str:
    """A figure with its interval: .0676 (.0621–.0733)."""
    return f"{show(each.value)} ({interval(each, show)})"


def share(each: Estimate) -> str:
    """A share with its interval: 11.7 % (10.8–12.6 %)."""
    low, high = tenths(each.low), tenths(each.high)
    if {low[0], high[0]} & {"<", ">"}:
        return f"{tenths(each.value)} ({low} to {high})"
    return f"{tenths(each.value)} ({low.removesuffix(_UNIT)}–{high})"
