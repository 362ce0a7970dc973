"""`catalogue.sqlite`: the toys of a bundle as rows, row idx = toy index (from 1). The standard library alone.

Beside the rows stands what they can be found by, the table `search` (`search/rows.py`).

Money is text, so that no price changes on its way. Pictures and descriptions are read one by one when they are asked
for: they would be the largest things in a kiosk's memory.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from data.atomic import atomic_file
from data.errors import BundleError
from data.schema import Audience, Hazard, Toy, ToyColumn
from recommender.serving.search.rows import create_search

_LISTS: Final = (ToyColumn.CATEGORY, ToyColumn.HAZARDS, ToyColumn.INTERESTS, ToyColumn.TAGS)
_INTEGERS: Final = (ToyColumn.RECOMMENDED_AGE, ToyColumn.RECOMMENDED_AGE_TO, ToyColumn.SAFETY_MIN_AGE, ToyColumn.ACTIVE)
MAX_MONTHS: Final = 12_000
"""An age beyond this is a mistake: a bundle is refused rather than an age read wrongly."""
_REQUIRED: Final = {ToyColumn.ID: " UNIQUE NOT NULL", ToyColumn.TITLE: " NOT NULL"}
_SCHEMA: Final = "CREATE TABLE toys (idx INTEGER PRIMARY KEY, {})".format(
    ", ".join(
        f"{column} {'INTEGER' if column in _INTEGERS else 'TEXT'}{_REQUIRED.get(column, '')}" for column in ToyColumn
    )
)


def write_catalogue(file: Path, toys: Sequence[Toy]) -> None:
    """Write `toys` to a new SQLite file, toy i of `toys` in row idx i + 1, whole or not at all.

    `Toy.picture` is written as it is: an inline SVG, or a path of a file in the bundle.
    """
    names = ["idx", *ToyColumn]
    insert = f"INSERT INTO toys ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    with atomic_file(file) as temporary, closing(sqlite3.connect(temporary)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # the rename makes it whole; no journal may stay beside it
        connection.execute(_SCHEMA)
        connection.executemany(insert, ([idx, *_to_row(toy)] for idx, toy in enumerate(toys, start=1)))
        create_search(connection, toys)
        connection.commit()


def read_catalogue(file: Path, whole: bool = True) -> list[Toy]:
    """All toys in index order. Unless `whole`, descriptions are None, and a picture is "" where there is one.

    Raises BundleError if the file is no catalogue, or its rows are not numbered 1 … N.
    """
    columns = [str(column) for column in ToyColumn]
    if not whole:
        columns[columns.index(ToyColumn.PICTURE)] = "CASE WHEN picture IS NULL THEN NULL ELSE '' END"
        for told in (ToyColumn.DESCRIPTION, ToyColumn.DESCRIPTION_ZH):
            columns[columns.index(told)] = "NULL"
    toys = []
    with _reading(file) as connection:
        for place, row in enumerate(connection.execute(f"SELECT idx, {', '.join(columns)} FROM toys ORDER BY idx"), 1):
            if row[0] != place:
                raise BundleError(f"{file}: toys must be numbered from 1 without a gap. Row {place} has idx {row[0]}.")
            try:
                toys.append(_to_toy(row[1:]))
            except (ValueError, TypeError, InvalidOperation) as error:
                raise BundleError(f"{file}: row idx {place} is not a toy: {error}.") from error
    for kept in (_names, _hazards, _price):
        kept.cache_clear()  # the toys hold what they share
    return toys


def read_picture(file: Path, idx: int) -> str | None:
    """The picture of toy `idx`: an inline SVG or a path in the bundle, None where there is none."""
    with _reading(file) as connection:
        row = connection.execute("SELECT picture FROM toys WHERE idx = ?", (idx,)).fetchone()
    return row[0] if row else None


def read_descriptions(file: Path, idx: int) -> tuple[str | None, str | None]:
    """What toy `idx` is, in English and in Chinese; None where it is not told."""
    with _reading(file) as connection:
        row = connection.execute("SELECT description, description_zh FROM toys WHERE idx = ?", (idx,)).fetchone()
    return (row[0], row[1]) if row else (None, None)


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that neither writes nor locks: a bundle may lie on a read-only disk."""
    if not file.is_file():
        raise BundleError(f"{file} is missing. Copy or build the bundle again.")
    uri = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BundleError(f"{file} cannot be read as a catalogue: {error}. Copy or build the bundle again.") from error


def _to_row(toy: Toy) -> list[Any]:
    row: list[Any] = []
    for column in ToyColumn:
        value = toy.id if column is ToyColumn.ID else getattr(toy, column)
        if column in _LISTS:
            value = json.dumps(list(value), ensure_ascii=False)
        elif isinstance(value, Decimal):
            value = str(value)
        elif isinstance(value, bool):
            value = int(value)
        row.append(None if value is None else str(value) if isinstance(value, str) else value)
    return row


def _to_toy(row: Sequence[Any]) -> Toy:
    """One row, its columns in the order of `ToyColumn`. What many toys have in common is held once."""
    id_, title, title_zh, description, description_zh, brand, category, price, currency, age, age_to, safe = row[:12]
    hazards, audience, interests, tags, barcode, aisle, picture, active = row[12:]
    numbers = (age, age_to, safe, active)
    for column, value in zip(_INTEGERS, numbers, strict=True):
        if value is not None and not (isinstance(value, int) and 0 <= value <= MAX_MONTHS):
            raise ValueError(f"{column} must be a whole number in [0, {MAX_MONTHS}] or NULL. Got {value!r}")
    return Toy(
        id_,
        title,
        title_zh,
        description,
        description_zh,
        _shared(brand),
        _names(category or "[]"),
        None if price is None else _price(price),
        _shared(currency),
        age,
        age_to,
        safe,
        _hazards(hazards or "[]"),
        Audience(audience or Audience.UNKNOWN),
        _names(interests or "[]"),
        _names(tags or "[]"),
        barcode,
        _shared(aisle),
        picture,
        bool(active),
    )


def _shared(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[str, ...]:
    """A JSON list of strings; toys with the same list share one tuple."""
    return tuple(map(sys.intern, json.loads(text)))


@lru_cache(maxsize=4096)
def _hazards(text: str) -> tuple[Hazard, ...]:
    return tuple(Hazard(hazard) for hazard in json.loads(text))


@lru_cache(maxsize=4096)
def _price(text: str) -> Decimal:
    price = Decimal(text)
    if not (price.is_finite() and price >= 0):
        raise ValueError(f"price must be a number ≥ 0 or NULL. Got {text!r}")
    return price
