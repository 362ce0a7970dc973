"""The FTS5 table `search` in a bundle's catalogue: what toys can be found by. Rowid = toy index.

It holds no text, only where words stand: the rows themselves lie beside it, and Chinese is indexed otherwise than it is
shown. English words are stemmed (Porter), so that "trains" finds a train.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from data.schema import Toy
from recommender.serving.search.words import spaced

WEIGHTS: Final = {
    "title": 10.0,
    "title_zh": 10.0,
    "brand": 6.0,
    "category": 5.0,
    "interests": 4.0,
    "description": 1.0,
}
"""The columns, and how much a word counts there."""
TITLES: Final = "{title title_zh}"
"""FTS5's column filter for what a toy is called."""
_CREATE: Final = (
    f"CREATE VIRTUAL TABLE search USING fts5({', '.join(WEIGHTS)}, content = '', "
    "tokenize = 'porter unicode61 remove_diacritics 2')"
)
_INSERT: Final = f"INSERT INTO search (rowid, {', '.join(WEIGHTS)}) VALUES (?{', ?' * len(WEIGHTS)})"
_SHADOWS: Final = ("search_data", "search_idx", "search_docsize", "search_config")


def create_search(connection: sqlite3.Connection, toys: Iterable[Toy]) -> None:
    """Make the table and fill it with `toys`, numbered from 1."""
    connection.execute(_CREATE)
    add_rows(connection, toys, 1)
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")


def add_rows(connection: sqlite3.Connection, toys: Iterable[Toy], first: int) -> None:
    """Add `toys`, numbered from `first`."""
    connection.executemany(_INSERT, ((place, *_row(toy)) for place, toy in enumerate(toys, first)))


def copy_search(source: str) -> sqlite3.Connection:
    """The table of the database at the URI `source`, copied into memory, where toys can be added to it.

    A table of FTS5 is four tables of rows. They are copied as they are: reading every toy again takes a hundred times
    as long. The copy is then handed to a second connection, which knows nothing of the empty table there was before.
    """
    whole = sqlite3.connect(":memory:", check_same_thread=False)
    empty = sqlite3.connect("file::memory:", uri=True)
    try:
        empty.execute("ATTACH ? AS bundle", (source,))
        empty.execute(_CREATE)
        for table in _SHADOWS:
            empty.execute(f"DELETE FROM {table}")
            empty.execute(f"INSERT INTO {table} SELECT * FROM bundle.{table}")
        empty.commit()
        empty.backup(whole, name="main")
    finally:
        empty.close()
    return whole


def has_search(connection: sqlite3.Connection) -> bool:
    """Whether a catalogue has the table, made just as here; bundles of before have none."""
    made = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'search'").fetchone()
    return made is not None and made[0] == _CREATE


def _row(toy: Toy) -> tuple[str, ...]:
    told = " ".join(text for text in (toy.description, toy.description_zh) if text)
    texts = (toy.title, toy.title_zh or "", toy.brand or "", " ".join(toy.category), " ".join(toy.interests), told)
    return tuple(spaced(text) for text in texts)
