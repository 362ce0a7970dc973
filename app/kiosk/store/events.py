"""Events in the database, a transaction a batch. What is acknowledged is on the disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from app.kiosk.store.database import Database, milliseconds
from data.schema import EventKind

_INSERT: Final = """
    INSERT INTO events (event_id, session_id, shopper_id, toy_id, kind, time_ms, received_ms, skew_ms, session_only,
        recommendation_id, recipient_id, recipient_age, recipient_interests)
    VALUES (:event_id, :session_id, :shopper_id, :toy_id, :kind, :time_ms, :received_ms, :skew_ms, :session_only,
        :recommendation_id, :recipient_id, :recipient_age, :recipient_interests)
    ON CONFLICT (event_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is kept. Times know their offset.

    skew_ms: how far `time` is from `received`, where that is too far to be believed; None where it is not
    session_only: it is gone when its session is, and goes nowhere else: no export, no headquarters
    """

    event_id: str
    session_id: str
    toy_id: str
    kind: EventKind
    time: datetime
    received: datetime
    shopper_id: str | None = None
    recommendation_id: str | None = None
    recipient_id: str | None = None
    recipient_age: int | None = None
    recipient_interests: tuple[str, ...] = ()
    skew_ms: int | None = None
    session_only: bool = False


class EventStore:
    """The events of one kiosk. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def keep(self, events: Sequence[StoredEvent]) -> set[str]:
        """Write what is new, in one transaction; returns the ids that were. When it returns, they are on the disk.

        Raises StoreFullError or StoreUnavailableError with nothing kept.
        """
        fresh: set[str] = set()
        with self.database.writing() as connection:
            for event in events:
                if connection.execute(_INSERT, _to_row(event)).rowcount:
                    fresh.add(event.event_id)
        return fresh

    def count(self) -> int:
        """How many events are kept. Raises StoreUnavailableError if the database cannot be read."""
        with self.database.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])

    def check(self) -> None:
        """Raise StoreUnavailableError unless the database answers."""
        with self.database.reading() as connection:
            connection.execute("SELECT event_id FROM events LIMIT 1").fetchone()


def _to_row(event: StoredEvent) -> dict[str, Any]:
    row = asdict(event)
    row["kind"] = str(event.kind)
    row["time_ms"] = milliseconds(row.pop("time"))
    row["received_ms"] = milliseconds(row.pop("received"))
    row["recipient_interests"] = json.dumps(event.recipient_interests, ensure_ascii=False)
    return row
