"""Times as exports write them: dates in one order of their parts, or seconds or milliseconds since 1970. UTC inside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from data.parsing.outcome import Parsed

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
# 2100-01-01 in seconds. In milliseconds the same number is 1970-02-17, before any shop had events: no time is both.
_LATEST: Final = 4_102_444_800
_HOURS: Final = r"(?:(?:T|,? +)([0-9]{1,2})(:.+?)(?: ?([ap])\.?m\.?)?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _HOURS, re.IGNORECASE)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _HOURS, re.IGNORECASE)
_CHINESE: Final = str.maketrans({"年": "-", "月": "-", "日": " "})
_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?(?:e\+?[0-9]{1,2})?", re.IGNORECASE)


class DateOrder(StrEnum):
    """In which order a table's dates have their parts."""

    YEAR_FIRST = "year-first"
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


_EXAMPLES: Final = {
    DateOrder.YEAR_FIRST: "2026-01-31",
    DateOrder.DAY_FIRST: "31/01/2026",
    DateOrder.MONTH_FIRST: "01/31/2026",
}


def parse_moment(text: str, order: DateOrder = DateOrder.YEAR_FIRST) -> Parsed[datetime]:
    """A moment in UTC, cut to the millisecond.

    A number is in seconds up to the year 2100 and in milliseconds above it. A date may be written as spreadsheets do,
    with hours to 12 or to 24. It may begin with its year (2026/1/31 9:05, 2026年1月31日) whatever `order` says; whether
    03/04 is in March or in April only `order` can tell, and then a year of two digits is one of this century. A time
    without a zone is taken as UTC, with a note; a date alone is its first moment.
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
        moment = datetime.fromisoformat(_as_iso(shown, order))
    except ValueError:
        return Parsed(why=_why(shown, order))
    if moment.tzinfo is None:
        return Parsed(_cut(moment.replace(tzinfo=UTC)), note="no time zone: read as UTC")
    try:
        return Parsed(_cut(moment.astimezone(UTC)))
    except OverflowError:
        return Parsed(why="outside the years 1 to 9999")


def _as_iso(shown: str, order: DateOrder) -> str:
    """A date, whatever stands between its parts, as ISO 8601 has it; any other text as it is."""
    if found := _YEAR_FIRST.fullmatch(shown.translate(_CHINESE).strip()):
        year, _, month, day, *hours = found.groups()
    elif order is not DateOrder.YEAR_FIRST and (found := _YEAR_LAST.fullmatch(shown)):
        day, _, month, year, *hours = found.groups()
        if order is DateOrder.MONTH_FIRST:
            day, month = month, day
        if len(year) == 2:
            year = f"20{year}"
    else:
        return shown
    return f"{year}-{month:0>2}-{day:0>2}{_hours(*hours)}"


def _hours(hour: str | None, rest: str | None, half: str | None) -> str:
    """The hours of a day as ISO 8601 has them. half: a or p, of a day of two halves; then 12 comes before 1."""
    if hour is None:
        return ""
    if half is not None:
        if not 1 <= int(hour) <= 12:
            return "T?"
        hour = str(int(hour) % 12 + (12 if half in "pP" else 0))
    return f"T{hour:0>2}{rest}"


def _why(shown: str, order: DateOrder) -> str:
    if order is DateOrder.YEAR_FIRST and _YEAR_LAST.fullmatch(shown):
        return "whether its day or its month comes first must be said (--date-order)"
    first = order.removesuffix("-first")
    return f"neither a date with the {first} first, as in {_EXAMPLES[order]}, nor seconds or milliseconds since 1970"


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
