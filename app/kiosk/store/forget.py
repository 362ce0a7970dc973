"""What was kept of a shopper or of a session, taken away at once: from the tables, and from headquarters in time."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from app.kiosk.store.database import Database, milliseconds
from app.kiosk.store.forward import CURSOR
from app.kiosk.store.marks import read_mark

Who = Literal["shopper", "session"]
_SESSIONS: Final = """
    SELECT session_id FROM events WHERE shopper_id = :shopper
    UNION SELECT session_id FROM answers WHERE shopper_id = :shopper
"""
_OF_SHOPPER: Final = f"shopper_id = :shopper OR (shopper_id IS NULL AND session_id IN ({_SESSIONS}))"
# The plus keeps SQLite from the index of all sessions, which holds years of them.
_SILENT: Final = """
    SELECT session_id FROM (
        SELECT session_id, received_ms AS at FROM events WHERE session_only = 1
        UNION ALL
        SELECT session_id, time_ms FROM answers WHERE session_only = 1 AND +session_id IS NOT NULL
    )
    GROUP BY session_id HAVING max(at) NOT BETWEEN :first AND :last
"""
_ALONE: Final = "session_id IS NULL AND time_ms NOT BETWEEN :first AND :last"


@dataclass(frozen=True, slots=True)
class Gone:
    """How much was deleted: events, lists that were shown, and the toys on them."""

    events: int = 0
    answers: int = 0
    impressions: int = 0


class Forgetting:
    """Deletes in the database. What still waits to be written is dropped by whoever calls: see `ImpressionQueue`."""

    def __init__(self, database: Database, tell_headquarters: bool) -> None:
        """tell_headquarters: a deletion is to be forwarded; also done where events went there before"""
        self._database = database
        self._tell = tell_headquarters

    def shopper(self, shopper_id: str, now: datetime) -> Gone:
        """Delete what names the shopper, and what a session of theirs left without naming anybody.

        Raises StoreFullError or StoreUnavailableError with nothing deleted.
        """
        with self._database.writing() as connection:
            asked = {"shopper": shopper_id}
            gone = _delete(
                connection,
                _numbers(connection, f"SELECT id FROM events WHERE {_OF_SHOPPER}", asked),
                _numbers(connection, f"SELECT id FROM answers WHERE {_OF_SHOPPER}", asked),
            )
            self._leave_word(connection, "shopper", shopper_id, now)
            connection.executemany(
                "INSERT INTO removals (time_ms, cause, kind, rows) VALUES (?, 'shopper', ?, ?)",
                ((milliseconds(now), kind, count) for kind, count in asdict(gone).items() if count),
            )
        self._database.fold()
        return gone

    def session(self, session_id: str, now: datetime) -> Gone:
        """Delete what the session left. Raises StoreFullError or StoreUnavailableError with nothing deleted."""
        with self._database.writing() as connection:
            asked = {"session": session_id}
            gone = _delete(
                connection,
                _numbers(connection, "SELECT id FROM events WHERE session_id = :session", asked),
                _numbers(connection, "SELECT id FROM answers WHERE session_id = :session", asked),
            )
            self._leave_word(connection, "session", session_id, now)
        self._database.fold()
        return gone

    def sessions_of(self, shopper_id: str) -> set[str]:
        """The sessions in which the shopper was named. Raises StoreUnavailableError."""
        with self._database.reading() as connection:
            found = connection.execute(_SESSIONS, {"shopper": shopper_id}).fetchall()
        return {row["session_id"] for row in found if row["session_id"] is not None}

    def over(self, now: datetime, idle: timedelta) -> Gone:
        """Delete what is kept for its session only and whose session has been silent for `idle`.

        What seems to come from after `now + idle` goes too: the clock was set back since, and nobody can say when its
        session would be over. Raises StoreFullError or StoreUnavailableError with nothing deleted.
        """
        asked = {"first": milliseconds(now - idle), "last": milliseconds(now + idle)}
        some = f"SELECT 1 FROM answers WHERE session_only = 1 AND {_ALONE} LIMIT 1"
        with self._database.reading() as connection:  # nearly always there is nothing to do, and nothing to wait for
            if not connection.execute(_SILENT, asked).fetchall() and connection.execute(some, asked).fetchone() is None:
                return Gone()
        with self._database.writing() as connection:
            events = f"SELECT id FROM events WHERE session_only = 1 AND session_id IN ({_SILENT})"
            answers = f"SELECT id FROM answers WHERE session_only = 1 AND (session_id IN ({_SILENT}) OR ({_ALONE}))"
            gone = _delete(connection, _numbers(connection, events, asked), _numbers(connection, answers, asked))
        self._database.fold()
        return gone

    def empty_log(self) -> bool:
        """Empty SQLite's log, where what a kiosk deleted in its last moment still stands if it was killed in the next.

        False if it is read now. Raises StoreFullError or StoreUnavailableError.
        """
        return self._database.fold()

    def _leave_word(self, connection: sqlite3.Connection, who: Who, value: str, now: datetime) -> None:
        """Headquarters will be told, where there is one or was one."""
        if self._tell or read_mark(connection, CURSOR) is not None:
            connection.execute(
                "INSERT INTO forgotten (who, value, time_ms) VALUES (?, ?, ?)", (who, value, milliseconds(now))
            )


def _numbers(connection: sqlite3.Connection, asked: str, given: dict[str, str] | dict[str, int]) -> list[int]:
    return [row["id"] for row in connection.execute(asked, given)]


def _delete(connection: sqlite3.Connection, events: list[int], answers: list[int]) -> Gone:
    """Delete these rows. Both were worked out before either is deleted: a condition may ask both tables."""
    connection.executemany("DELETE FROM events WHERE id = ?", ((number,) for number in events))
    shown = "SELECT count(*) FROM impressions WHERE answer_id IN (SELECT value FROM json_each(?))"
    (impressions,) = connection.execute(shown, (json.dumps(answers),)).fetchone()
    connection.executemany("DELETE FROM answers WHERE id = ?", ((number,) for number in answers))  # impressions go too
    return Gone(len(events), len(answers), impressions)
