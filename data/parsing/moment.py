"""Times as exports write them: dates with the year first, or seconds or milliseconds since 1970. Always UTC inside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from data.parsing.outcome import Parsed

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
# 2100-01-01 in seconds. In milliseconds the same number is 1970-02-17, before any shop had events: no time is both.
_LATEST: Final = 4_102_444_800
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:(?:T| +)([0-9]{1,2})(:.+))?")
_CHINESE: Final = str.maketrans({"年": "-", "月": "-", "日": " "})
_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?(?:e\+?[0-9]{1,2})?", re.IGNORECASE)


def parse_moment(text: str) -> Parsed[datetime]:
    """A moment in UTC, cut to the millisecond.

    A number is in seconds up to the year 2100 and in milliseconds above it. A date may be written as spreadsheets do
    (2026/1/31 9:05, 2026年1月31日) while its year comes first: whether 03/04 is in March or in April nobody can tell. A
    time without a zone is taken as UTC, with a note; a date alone is its first moment.
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
        moment = datetime.fromisoformat(_as_iso(shown))
    except ValueError:
        return Parsed(
            why="neither a date with the year first, as in 2026-01-31, nor seconds or milliseconds since 1970"
        )
    if moment.tzinfo is None:
        return Parsed(_cut(moment.replace(tzinfo=UTC)), note="no time zone: read as UTC")
    try:
        return Parsed(_cut(moment.astimezone(UTC)))
    except OverflowError:
        return Parsed(why="outside the years 1 to 9999")


def _as_iso(shown: str) -> str:
    """A date with its year first, whatever stands between its parts, as ISO 8601 has it; any other text as it is."""
    found = _YEAR_FIRST.fullmatch(shown.translate(_CHINESE).strip())
    if found is None:
        return shown
    year, _, month, day, hour, rest = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{hour:0>2}{rest}" if hour else "")


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
