"""Events in SQLite: write-ahead log, synchronous = FULL, a transaction a batch. What is acknowledged is on the disk."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from data.errors import ToyGuideError
from data.schema import EventKind

VERSION: Final = 1
"""`user_version` of the database; a newer one is refused rather than misread."""

_METADATA: Final = sa.MetaData()
EVENTS: Final = sa.Table(
    "events",
    _METADATA,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("shopper_id", sa.Text),
    sa.Column("toy_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("time_ms", sa.BigInteger, nullable=False),  # since 1970 UTC
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("recommendation_id", sa.Text),
    sa.Column("recipient_id", sa.Text),
    sa.Column("recipient_age", sa.Integer),
    sa.Column("recipient_interests", sa.Text, nullable=False),  # a JSON list
    sa.Index("events_by_time", "time_ms"),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VARIABLES_A_STATEMENT: Final = 30_000  # SQLite's own limit is 32,766
BUSY_SECONDS: Final = 5.0
_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)  # the second: no room for the index of the log
_FAILURES: Final = (sa.exc.DBAPIError, sa.exc.TimeoutError)


class StoreFullError(Exception):
    """The disk is full; nothing of the batch was kept."""


class StoreUnavailableError(Exception):
    """The database cannot be written or read now; nothing of the batch was kept."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is kept. Times know their offset."""

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


class EventStore:
    """The events of one kiosk. Threads may share it; writers take turns."""

    def __init__(self, file: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open or make the database `file`. Raises ToyGuideError if it cannot be one.

        busy_seconds: how long to wait for another writer, in this process or another, before a batch is refused
        """
        self.file = file
        self._busy_seconds = busy_seconds
        self._turn = threading.Lock()
        # Not a URL of our own making: a file may have "?" or ":memory:" in its name and must still be that file.
        url = sa.URL.create("sqlite", database=str(file.absolute()))
        self._engine = sa.create_engine(url, connect_args={"timeout": busy_seconds})
        sa.event.listen(self._engine, "connect", _configure)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                if found > VERSION:
                    raise ToyGuideError(
                        f"The database {file} was written by a newer toyguide (version {found}, this one reads up to "
                        f"{VERSION}). Update toyguide, or choose another file with --database."
                    )
                if found < VERSION:  # a database that is there is opened without a write: its disk may be full
                    _METADATA.create_all(connection)
                    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
        except (OSError, sa.exc.SQLAlchemyError) as error:
            cause = getattr(error, "orig", None) or error
            raise ToyGuideError(
                f"The database {file} cannot be opened as SQLite: {cause}. Choose another file with --database."
            ) from error

    def keep(self, events: Sequence[StoredEvent]) -> set[str]:
        """Write what is new, in one transaction; returns the ids that were. When it returns, they are on the disk.

        Raises StoreFullError or StoreUnavailableError with nothing kept.
        """
        rows = list({event.event_id: _to_row(event) for event in reversed(events)}.values())[::-1]
        step = _VARIABLES_A_STATEMENT // len(EVENTS.columns)
        fresh: set[str] = set()
        if not self._turn.acquire(timeout=self._busy_seconds):
            raise StoreUnavailableError
        try:
            with self._engine.begin() as connection:
                for start in range(0, len(rows), step):
                    statement = insert(EVENTS).values(rows[start : start + step])
                    added = statement.on_conflict_do_nothing(index_elements=["event_id"]).returning(EVENTS.c.event_id)
                    fresh.update(connection.scalars(added))
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) in _FULL:
                raise StoreFullError from error
            raise StoreUnavailableError from error
        except _FAILURES as error:
            raise StoreUnavailableError from error
        finally:
            self._turn.release()
        return fresh

    def count(self) -> int:
        """How many events are kept. Raises StoreUnavailableError if the database cannot be read."""
        try:
            with self._engine.connect() as connection:
                return int(connection.scalar(sa.select(sa.func.count()).select_from(EVENTS)) or 0)
        except _FAILURES as error:
            raise StoreUnavailableError from error

    def check(self) -> None:
        """Raise StoreUnavailableError unless the database answers."""
        try:
            with self._engine.connect() as connection:
                connection.execute(sa.select(EVENTS.c.event_id).limit(1)).all()
        except _FAILURES as error:
            raise StoreUnavailableError from error

    def close(self) -> None:
        """Close every connection; SQLite then folds the log into the database."""
        self._engine.dispose()


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _to_row(event: StoredEvent) -> dict[str, Any]:
    row = asdict(event)
    row["kind"] = str(event.kind)
    row["time_ms"] = _milliseconds(row.pop("time"))
    row["received_ms"] = _milliseconds(row.pop("received"))
    row["recipient_interests"] = json.dumps(event.recipient_interests, ensure_ascii=False)
    return row


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)  # exact, and right for the years 1 and 9999 too
