"""What time it is. Whoever needs to know is given a clock, so that a test can be at any time it likes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

Clock = Callable[[], datetime]
"""Gives the time, with an offset."""
LATE: Final = timedelta(days=30)
"""A till may send what it kept while it was off the network; what is older than this is kept and marked."""


def utc_now() -> datetime:
    """The computer's own clock."""
    return datetime.now(UTC)


def skew_ms(time: datetime, received: datetime, most_ahead: timedelta) -> int | None:
    """Milliseconds from `received` to `time` if it is more than `most_ahead` later or `LATE` earlier, else None."""
    apart = time - received
    if -LATE <= apart <= most_ahead:
        return None
    return apart // timedelta(milliseconds=1)
