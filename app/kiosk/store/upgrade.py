"""A database of an earlier version gets the tables and columns it lacks, and events the form of today."""

from __future__ import annotations

import sqlite3
from typing import Final

from app.kiosk.store.tables import INDEXES, TABLES

_ADDED: Final = (
    ("staff_keys", "expires_ms", "BIGINT"),
    ("answers", "interests", "TEXT"),
    ("answers", "budget", "FLOAT"),
)
"""Columns that came to a table later: (table, name, type). Each stands last there, in this order."""


def upgrade(connection: sqlite3.Connection, found: int) -> None:
    """Make the tables of `VERSION` in a database of version `found`, within the transaction of `connection`."""
    columns = columns_of(connection, "events")
    old = found < 3 and columns and "id" not in columns
    if old:
        connection.execute("DROP INDEX IF EXISTS events_by_time")
        connection.execute("ALTER TABLE events RENAME TO old_events")
    for table, name, kind in _ADDED:
        there = columns_of(connection, table)
        if there and name not in there:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    for statement in (*TABLES.values(), *INDEXES):
        connection.execute(statement)
    if old:
        names = ", ".join(columns)  # all of them still are columns of today
        connection.execute(f"INSERT INTO events ({names}) SELECT {names} FROM old_events ORDER BY rowid")
        connection.execute("DROP TABLE old_events")


def columns_of(connection: sqlite3.Connection, table: str, schema: str = "main") -> list[str]:
    """The names of the columns of a table, in order; none where there is no such table."""
    return [row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?, ?)", (table, schema))]
