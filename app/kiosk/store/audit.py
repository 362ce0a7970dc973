"""Who changed what, written in the transaction of the change itself: neither is there without the other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.kiosk.store.database import Database, milliseconds, moment


@dataclass(frozen=True, slots=True)
class Change:
    """One entry. who: the name of a staff key, or "command line"; time: RFC 3339."""

    id: int
    time: str
    who: str
    action: str
    details: dict[str, Any]


def note(connection: sqlite3.Connection, who: str, action: str, details: Mapping[str, Any]) -> None:
    """Write an entry within the transaction of `connection`."""
    connection.execute(
        "INSERT INTO audit (time_ms, who, action, details) VALUES (?, ?, ?, ?)",
        (milliseconds(datetime.now(UTC)), who, action, json.dumps(details, ensure_ascii=False)),
    )


def number_after(connection: sqlite3.Connection, last: int) -> None:
    """Let the next entry have a higher number than `last`, which an entry of another database has."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'audit'")
    given = 0 if found is None else int(found[0])
    connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('audit', ?)", (max(given, last),))


def changed_now(who: str) -> dict[str, Any]:
    """The columns of a row that say who changed it last, and when."""
    return {"changed_ms": milliseconds(datetime.now(UTC)), "changed_by": who}


def changes(database: Database, limit: int, before: int | None = None) -> tuple[Change, ...]:
    """The newest `limit` entries, newest first; with `before`, those with a lower id."""
    asked = "SELECT * FROM audit WHERE :before IS NULL OR id < :before ORDER BY id DESC LIMIT :limit"
    with database.reading() as connection:
        return tuple(map(_change, connection.execute(asked, {"before": before, "limit": limit})))


def newest_change(connection: sqlite3.Connection, action: str, **details: str | int) -> Change | None:
    """The newest entry of `action` with these details, within the transaction of `connection`."""
    same = " AND json_extract(details, ?) = ?" * len(details)
    row = connection.execute(
        f"SELECT * FROM audit WHERE action = ?{same} ORDER BY id DESC LIMIT 1",
        (action, *(part for name, value in details.items() for part in (f"$.{name}", value))),
    ).fetchone()
    return None if row is None else _change(row)


def _change(row: sqlite3.Row) -> Change:
    return Change(row["id"], moment(row["time_ms"]), row["who"], row["action"], json.loads(row["details"]))
