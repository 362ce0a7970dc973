"""Moments as those at the till read them: by the clock of the browser's own place."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from app.shop import text


def zone() -> tzinfo | None:
    """Where the browser says it is; None is the shop's own place."""
    name = st.context.timezone
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def now() -> datetime:
    """The moment, in that place."""
    return datetime.now(UTC).astimezone(zone())


def clock(moment: datetime, minutes: bool = False) -> str:
    """14:05:30, or 14:05."""
    return moment.strftime("%H:%M" if minutes else "%H:%M:%S")


def said(moment: str | None, language: str) -> str:
    """A moment of the API, RFC 3339, as a day and an hour; what cannot be read is shown as it came."""
    if not moment:
        return ""
    try:
        there = datetime.fromisoformat(moment).astimezone(zone())
    except (ValueError, OverflowError):
        return moment
    return text.t(language, "staff.moment", day=day(there, language), time=clock(there, True))


def day(moment: date, language: str) -> str:
    """A day with its year where that is not this one: 5 Nov, 11月5日."""
    month = text.t(language, "staff.months").split(" ")[moment.month - 1]
    words = text.t(language, "staff.day", day=moment.day, month=month)
    return words if moment.year == now().year else text.t(language, "staff.day_year", day=words, year=moment.year)


def day_said(moment: str, language: str) -> str:
    """A day that the API names by its first moment, in UTC; what cannot be read is shown as it came."""
    try:
        return day(datetime.fromisoformat(moment).date(), language)
    except ValueError:
        return moment


def left(seconds: float, language: str) -> str:
    """How long a wait is: "30 seconds", "2 minutes"."""
    if seconds < 120:
        return text.t(language, "staff.seconds", n=math.ceil(seconds))
    return text.t(language, "staff.minutes", n=math.ceil(seconds / 60))


def begins(day: date) -> str:
    """The first moment of a day in that place, RFC 3339."""
    return _local(day).isoformat(timespec="seconds")


def is_over(day: date) -> str:
    """The moment after the last of a day."""
    return _local(day + timedelta(days=1)).isoformat(timespec="seconds")


def day_of(moment: str | None, end: bool = False) -> date | None:
    """The day that begins at a moment, or, of an end, the day that is the last."""
    if not moment:
        return None
    there = datetime.fromisoformat(moment).astimezone(zone())
    return (there - timedelta(milliseconds=1 if end else 0)).date()


def _local(day: date) -> datetime:
    place = zone()
    midnight = datetime.combine(day, time.min)
    return midnight.replace(tzinfo=place) if place else midnight.astimezone()


def before(one: str, other: str) -> bool:
    """Whether one moment of the API is before another."""
    return datetime.fromisoformat(one) < datetime.fromisoformat(other)


def is_later(moment: str) -> bool:
    """Whether it is still to come."""
    return datetime.fromisoformat(moment) > datetime.now(UTC)
