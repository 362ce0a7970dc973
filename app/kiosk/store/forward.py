"""What goes to headquarters: events in the order in which they came, and whom to forget.

The cursor is the number of the last event that headquarters acknowledged. Numbers are never given twice and become
visible in order (writers take turns), so that none is skipped; a kiosk that dies between the acknowledgement and the
cursor sends one parcel again, and headquarters knows its events by their `event_id`.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from app.kiosk.store.database import Database, moment
from app.kiosk.store.marks import read_number, write_mark

CURSOR: Final = "forward.cursor"
MAX_FORGOTTEN: Final = 1000
_TOLD: Final = "SELECT * FROM forgotten ORDER BY id LIMIT ?"
_EVENTS: Final = "SELECT * FROM events WHERE id > ? AND session_only = 0 ORDER BY id LIMIT ?"
_WAITING: Final = """
    SELECT (SELECT count(*) FROM events WHERE id > ? AND session_only = 0) + (SELECT count(*) FROM forgotten)
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent at once: `forgotten` is to be obeyed first, then `events` kept.

    through: the cursor once it is acknowledged; told: numbers of the rows that said whom to forget
    """

    forgotten: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    through: int
    told: tuple[int, ...]


class Outbox:
    """What waits in one database. Every method raises StoreFullError or StoreUnavailableError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next(self, limit: int) -> Parcel | None:
        """The oldest `limit` events that wait, with whom to forget; None if nothing waits."""
        with self._database.reading() as connection:
            told = connection.execute(_TOLD, (MAX_FORGOTTEN,)).fetchall()
            cursor = read_number(connection, CURSOR) or 0
            events = connection.execute(_EVENTS, (cursor, limit)).fetchall()
        if not told and not events:
            return None
        return Parcel(
            tuple({f"{row['who']}_id": row["value"], "time": moment(row["time_ms"])} for row in told),
            tuple(map(_event, events)),
            events[-1]["id"] if events else cursor,
            tuple(row["id"] for row in told),
        )

    def sent(self, parcel: Parcel) -> None:
        """Headquarters has it: it is not sent again, and who was to be forgotten is forgotten here too."""
        with self._database.writing() as connection:
            write_mark(connection, CURSOR, parcel.through)
            connection.executemany("DELETE FROM forgotten WHERE id = ?", ((number,) for number in parcel.told))
        if parcel.told:
            self._database.fold()

    def waiting(self) -> int:
        """How many events and deletions wait."""
        with self._database.reading() as connection:
            cursor = read_number(connection, CURSOR) or 0
            return int(connection.execute(_WAITING, (cursor,)).fetchone()[0])


def _event(row: sqlite3.Row) -> dict[str, Any]:
    """In the form of `EventBody`, with when it came and how wrong its clock was."""
    return {
        "event_id": row["event_id"],
        "session_id": row["session_id"],
        "shopper_id": row["shopper_id"],
        "toy_id": row["toy_id"],
        "kind": row["kind"],
        "time": moment(row["time_ms"]),
        "received": moment(row["received_ms"]),
        "skew_ms": row["skew_ms"],
        "recommendation_id": row["recommendation_id"],
        "recipient": {
            "id": row["recipient_id"],
            "age_months": row["recipient_age"],
            "interests": json.loads(row["recipient_interests"]),
        },
    }
