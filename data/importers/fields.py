"""Fields of a JSON row, each read as what it must be; whatever it is not raises FaultyLineError, in one sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from data.parsing.moment import parse_moment

_SHOWN: Final = 60


class FaultyLineError(Exception):
    """What is wrong with a line, without its place."""


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text that is not empty."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise FaultyLineError(f"field '{name}': must be a text that is not empty. Got {short(value)}.")
    return value


def text_or_none(row: Mapping[str, Any], name: str) -> str | None:
    """A text that is not empty, or nothing."""
    return None if row.get(name) is None else text_of(row, name)


def texts_of(row: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts; nothing is an empty one."""
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise FaultyLineError(f"field '{name}': must be a list of texts. Got {short(value)}.")
    return value


def int_or_none(row: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    """A whole number of that range, or nothing."""
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise FaultyLineError(f"field '{name}': must be an int, {least} to {most}. Got {short(value)}.")
    return value


def number_of(row: Mapping[str, Any], name: str) -> float:
    """A number."""
    value = row.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise FaultyLineError(f"field '{name}': must be a number. Got {short(value)}.")
    return float(value)


def sum_or_none(row: Mapping[str, Any], name: str) -> float | None:
    """A finite number above 0, or nothing."""
    found = None if row.get(name) is None else number_of(row, name)
    if found is not None and not 0 < found < math.inf:
        raise FaultyLineError(f"field '{name}': must be a number > 0. Got {short(found)}.")
    return found


def moment_of(row: Mapping[str, Any], name: str) -> datetime:
    """A moment, in UTC where it names no zone."""
    value = row.get(name)
    found = parse_moment(value).value if isinstance(value, str) else None
    if found is None:
        raise FaultyLineError(f"field '{name}': must be a time, such as 2026-01-31T09:30:00Z. Got {short(value)}.")
    return found


def short(value: object) -> str:
    """A value as a sentence can quote it."""
    return repr(value)[:_SHOWN]
