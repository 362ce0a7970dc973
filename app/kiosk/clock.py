"""What time it is. Whoever needs to know is given a clock, so that a test can be at any time it likes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the time, with an offset."""


def utc_now() -> datetime:
    """The computer's own clock."""
    return datetime.now(UTC)
