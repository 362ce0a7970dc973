"""The kiosk's SQLite file: write-ahead log, synchronous = FULL, writers take turns. What a commit returned from is on
the disk."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from app.kiosk.store.tables import VERSION
from app.kiosk.store.upgrade import upgrade
from data.errors import ToyGuideError

BUSY_SECONDS: Final = 5.0
IDLE: Final = 4
"""As many connections wait open for the next use: opening one takes twenty times as long as a short reading."""
_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)  # the second: no room for the index of the log
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StoreFullError(Exception):
    """The disk is full; nothing of the change was kept."""


class StoreUnavailableError(Exception):
    """The database cannot be written or read now; nothing of the change was kept."""


def connect(file: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection to the database `file` that begins no transaction by itself; threads may use it, one at a time.

    Its rows know their columns by name. Raises sqlite3.Error if there can be none.
    """
    connection = sqlite3.connect(
        file.absolute(), timeout=busy_seconds, isolation_level=None, check_same_thread=False
    )  # absolute: a file called ":memory:" is one
    connection.row_factory = sqlite3.Row
    return connection


class Database:
    """One SQLite file. Threads may share it: each use has a connection for itself."""

    def __init__(self, file: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open or make the database `file`. Raises ToyGuideError if it cannot be one.

        busy_seconds: how long to wait for another writer, in this process or another, before a change is refused
        """
        self.file = file
        self._busy_seconds = busy_seconds
        self._turn = threading.Lock()
        self._pool = threading.Lock()  # over the two below
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # Not used after this: while it is open the log has its index, which a full disk has no room to make again.
            self._anchor = self._open()
            try:
                self._bring_up_to_date(self._anchor)
            except BaseException:
                self._anchor.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise ToyGuideError(
                f"The database {file} cannot be opened as SQLite: {error}. Choose another file with --database."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone; when the block ends, what it wrote is on the disk.

        Raises StoreFullError or StoreUnavailableError with nothing kept.
        """
        with self._alone(), self._lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with, all of one moment. Raises StoreUnavailableError if the database cannot be read."""
        try:
            with self._lent() as connection:
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreUnavailableError from error

    def fold(self) -> bool:
        """Fold the log into the database and empty it, so that what was deleted is in neither; False if it is read now.

        Raises StoreFullError or StoreUnavailableError.
        """
        with self._alone(), self._lent() as connection:
            connection.execute("PRAGMA busy_timeout = 50")  # a long reader must not hold up events
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {int(self._busy_seconds * 1000)}")
        return not busy

    def close(self) -> None:
        """Close every connection, those in use when they are handed back; SQLite then folds the log into the database.

        A use after that opens and closes one of its own.
        """
        with self._pool:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in (*idle, self._anchor):
            connection.close()

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == VERSION:  # opened without a write: its disk may be full
            return
        connection.execute("BEGIN IMMEDIATE")
        upgrade(connection, self._version(connection))  # asked again: another process may have come before
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def _version(self, connection: sqlite3.Connection) -> int:
        """The version of the tables. Raises ToyGuideError for one that is newer than ours."""
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if found > VERSION:
            raise ToyGuideError(
                f"The database {self.file} was written by a newer toyguide (version {found}, this one reads up to "
                f"{VERSION}). Update toyguide, or choose another file with --database."
            )
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The only writer of this process, with the store's errors for SQLite's."""
        if not self._turn.acquire(timeout=self._busy_seconds):
            raise StoreUnavailableError
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) in _FULL:
                raise StoreFullError from error
            raise StoreUnavailableError from error
        finally:
            self._turn.release()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else has; after an error it is not used again."""
        with self._pool:  # the one used last: few stay warm
            idle = self._idle.pop() if self._idle else None
        connection = idle or self._open()
        try:
            yield connection
        except BaseException:
            with closing(connection):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")  # closing alone waits for cursors that a traceback holds
            raise
        with self._pool:
            kept = not self._closed and len(self._idle) < IDLE
            if kept:
                self._idle.append(connection)
        if not kept:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = connect(self.file, self._busy_seconds)
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection


def milliseconds(time: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return (time - _EPOCH) // timedelta(milliseconds=1)  # exact, and right for the years 1 and 9999 too


def moment(since_1970: int) -> str:
    """A time as the database has it, in milliseconds, as RFC 3339 writes it: the years 1 to 9999 and no others."""
    since_1970 = min(max(since_1970, _FIRST_MS), _LAST_MS)
    return (_EPOCH + timedelta(milliseconds=since_1970)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FIRST_MS: Final = milliseconds(datetime.min.replace(tzinfo=UTC))
_LAST_MS: Final = milliseconds(datetime.max.replace(tzinfo=UTC))
