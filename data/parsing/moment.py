"""Times as exports write them: ISO 8601, or a number of seconds or milliseconds since 1970. Always UTC inside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from data.parsing.outcome import Parsed

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
# 2100-01-01 in seconds. In milliseconds the same number is 1970-02-17, before any shop had events: no time is both.
_LATEST: Final = 4_102_444_800
_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?(?:e\+?[0-9]{1,2})?", re.IGNORECASE)


def parse_moment(text: str) -> Parsed[datetime]:
    """A moment in UTC, cut to the millisecond.

    A number is in seconds up to the year 2100 and in milliseconds above it. A time without a zone is taken as UTC,
    with a note; a date alone is its first moment.
    """
    shown = text.strip()
    if not shown:
        return Parsed()
    if _NUMBER.fullmatch(shown):
        number = float(shown)
        seconds = number if number <= _LATEST else number / 1000
        if not seconds <= _LATEST:
            return Parsed(why="later than the year 2100, in seconds and in milliseconds")
        return Parsed(_cut(_START + timedelta(seconds=seconds)))
    try:
        moment = datetime.fromisoformat(shown)
    except ValueError:
        return Parsed(why="neither ISO 8601 nor seconds or milliseconds since 1970")
    if moment.tzinfo is None:
        return Parsed(_cut(moment.replace(tzinfo=UTC)), note="no time zone: read as UTC")
    try:
        return Parsed(_cut(moment.astimezone(UTC)))
    except OverflowError:
        return Parsed(why="outside the years 1 to 9999")


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
