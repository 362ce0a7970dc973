"""The kiosk's SQLite file: write-ahead log, synchronous = FULL, writers take turns. What a commit returned from is on
the disk."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from app.kiosk.store.tables import VERSION
from app.kiosk.store.upgrade import upgrade
from data.errors import ToyGuideError

BUSY_SECONDS: Final = 5.0
VARIABLES_A_STATEMENT: Final = 30_000  # SQLite's own limit is 32,766
_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)  # the second: no room for the index of the log
_FAILURES: Final = (sa.exc.DBAPIError, sa.exc.TimeoutError)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StoreFullError(Exception):
    """The disk is full; nothing of the change was kept."""


class StoreUnavailableError(Exception):
    """The database cannot be written or read now; nothing of the change was kept."""


class Database:
    """One SQLite file. Threads may share it."""

    def __init__(self, file: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open or make the database `file`. Raises ToyGuideError if it cannot be one.

        busy_seconds: how long to wait for another writer, in this process or another, before a change is refused
        """
        self.file = file
        self._busy_seconds = busy_seconds
        self._turn = threading.Lock()
        # Not a URL of our own making: a file may have "?" or ":memory:" in its name and must still be that file.
        url = sa.URL.create("sqlite", database=str(file.absolute()))
        self.engine = sa.create_engine(url, connect_args={"timeout": busy_seconds})
        sa.event.listen(self.engine, "connect", _configure)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with self.engine.begin() as connection:
                found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                if found > VERSION:
                    raise ToyGuideError(
                        f"The database {file} was written by a newer toyguide (version {found}, this one reads up to "
                        f"{VERSION}). Update toyguide, or choose another file with --database."
                    )
                if found < VERSION:  # a database that is there is opened without a write: its disk may be full
                    upgrade(connection, found)
                    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
        except (OSError, sa.exc.SQLAlchemyError) as error:
            cause = getattr(error, "orig", None) or error
            raise ToyGuideError(
                f"The database {file} cannot be opened as SQLite: {cause}. Choose another file with --database."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction, alone; when the block ends, what it wrote is on the disk.

        Raises StoreFullError or StoreUnavailableError with nothing kept.
        """
        if not self._turn.acquire(timeout=self._busy_seconds):
            raise StoreUnavailableError
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", None) in _FULL:
                raise StoreFullError from error
            raise StoreUnavailableError from error
        except _FAILURES as error:
            raise StoreUnavailableError from error
        finally:
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read with. Raises StoreUnavailableError if the database cannot be read."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except _FAILURES as error:
            raise StoreUnavailableError from error

    def fold(self) -> bool:
        """Fold the log into the database and empty it, so that what was deleted is in neither; False if it is read now.

        Raises StoreFullError or StoreUnavailableError.
        """
        with self.writing() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 50")  # a long reader must not hold up events
            try:
                busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(self._busy_seconds * 1000)}")
        return not busy

    def close(self) -> None:
        """Close every connection; SQLite then folds the log into the database."""
        self.engine.dispose()


def _configure(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def milliseconds(time: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return (time - _EPOCH) // timedelta(milliseconds=1)  # exact, and right for the years 1 and 9999 too


def moment(since_1970: int) -> str:
    """A time as the database has it, in milliseconds, as RFC 3339 writes it: the years 1 to 9999 and no others."""
    since_1970 = min(max(since_1970, _FIRST_MS), _LAST_MS)
    return (_EPOCH + timedelta(milliseconds=since_1970)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FIRST_MS: Final = milliseconds(datetime.min.replace(tzinfo=UTC))
_LAST_MS: Final = milliseconds(datetime.max.replace(tzinfo=UTC))
