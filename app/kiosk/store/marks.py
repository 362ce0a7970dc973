"""Small things that the kiosk must remember: one value under one name."""

from __future__ import annotations

import sqlite3


def read_mark(connection: sqlite3.Connection, name: str) -> bytes | None:
    """What is remembered under `name`; None if nothing is."""
    row = connection.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row["value"])


def read_number(connection: sqlite3.Connection, name: str) -> int | None:
    """A number that `write_mark` was given; None if there is none."""
    value = read_mark(connection, name)
    return None if value is None else int(value)


def write_mark(connection: sqlite3.Connection, name: str, value: bytes | int | None) -> None:
    """Remember `value` within the transaction of `connection`; None forgets it."""
    if value is None:
        connection.execute("DELETE FROM marks WHERE name = ?", (name,))
        return
    connection.execute(
        "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value if isinstance(value, bytes) else b"%d" % value),
    )
