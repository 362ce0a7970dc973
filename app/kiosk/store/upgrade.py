"""A database of an earlier version gets the tables it lacks, and events and staff keys the form of today."""

from __future__ import annotations

import sqlite3

from app.kiosk.store.tables import INDEXES, TABLES


def upgrade(connection: sqlite3.Connection, found: int) -> None:
    """Make the tables of `VERSION` in a database of version `found`, within the transaction of `connection`."""
    columns = columns_of(connection, "events")
    old = found < 3 and columns and "id" not in columns
    if old:
        connection.execute("DROP INDEX IF EXISTS events_by_time")
        connection.execute("ALTER TABLE events RENAME TO old_events")
    keys = columns_of(connection, "staff_keys")
    if keys and "expires_ms" not in keys:
        connection.execute("ALTER TABLE staff_keys ADD COLUMN expires_ms BIGINT")
    for statement in (*TABLES.values(), *INDEXES):
        connection.execute(statement)
    if old:
        names = ", ".join(columns)  # all of them still are columns of today
        connection.execute(f"INSERT INTO events ({names}) SELECT {names} FROM old_events ORDER BY rowid")
        connection.execute("DROP TABLE old_events")


def columns_of(connection: sqlite3.Connection, table: str, schema: str = "main") -> list[str]:
    """The names of the columns of a table, in order; none where there is no such table."""
    return [row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?, ?)", (table, schema))]
