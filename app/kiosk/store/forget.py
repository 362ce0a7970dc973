"""What was kept of a shopper or of a session, taken away at once: from the tables, and from headquarters in time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa

from app.kiosk.store.database import Database, milliseconds
from app.kiosk.store.forward import CURSOR
from app.kiosk.store.marks import read_mark
from app.kiosk.store.tables import ANSWERS, EVENTS, FORGOTTEN, IMPRESSIONS, REMOVALS

_STEP: Final = 5000
"""Ids in one statement."""
Who = Literal["shopper", "session"]


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
            sessions = _sessions(shopper_id)
            gone = _delete(
                connection,
                *(
                    sa.or_(
                        table.c.shopper_id == shopper_id,
                        table.c.shopper_id.is_(None) & table.c.session_id.in_(sessions),
                    )
                    for table in (EVENTS, ANSWERS)
                ),
            )
            self._leave_word(connection, "shopper", shopper_id, now)
            rows = [
                {"time_ms": milliseconds(now), "cause": "shopper", "kind": kind, "rows": count}
                for kind, count in asdict(gone).items()
                if count
            ]
            if rows:
                connection.execute(sa.insert(REMOVALS), rows)
        self._database.fold()
        return gone

    def session(self, session_id: str, now: datetime) -> Gone:
        """Delete what the session left. Raises StoreFullError or StoreUnavailableError with nothing deleted."""
        with self._database.writing() as connection:
            gone = _delete(connection, EVENTS.c.session_id == session_id, ANSWERS.c.session_id == session_id)
            self._leave_word(connection, "session", session_id, now)
        self._database.fold()
        return gone

    def sessions_of(self, shopper_id: str) -> set[str]:
        """The sessions in which the shopper was named. Raises StoreUnavailableError."""
        with self._database.reading() as connection:
            return {session for session in connection.scalars(_sessions(shopper_id)) if session is not None}

    def over(self, now: datetime, idle: timedelta) -> Gone:
        """Delete what is kept for its session only and whose session has been silent for `idle`.

        What seems to come from after `now + idle` goes too: the clock was set back since, and nobody can say when its
        session would be over. Raises StoreFullError or StoreUnavailableError with nothing deleted.
        """
        first, last = milliseconds(now - idle), milliseconds(now + idle)
        heard = sa.union_all(
            sa.select(EVENTS.c.session_id, EVENTS.c.received_ms.label("at")).where(EVENTS.c.session_only),
            # The plus keeps SQLite from the index of all sessions, which holds years of them.
            sa.select(ANSWERS.c.session_id, ANSWERS.c.time_ms).where(
                ANSWERS.c.session_only, sa.text("+answers.session_id IS NOT NULL")
            ),
        ).subquery()
        at = sa.func.max(heard.c.at)
        silent = sa.select(heard.c.session_id).group_by(heard.c.session_id).having(~at.between(first, last))
        alone = ANSWERS.c.session_id.is_(None) & ~ANSWERS.c.time_ms.between(first, last)
        with self._database.reading() as connection:  # nearly always there is nothing to do, and nothing to wait for
            sessions = list(connection.scalars(silent))
            some = connection.scalar(sa.select(ANSWERS.c.id).where(ANSWERS.c.session_only, alone).limit(1))
        if not sessions and some is None:
            return Gone()
        with self._database.writing() as connection:
            gone = _delete(
                connection,
                EVENTS.c.session_only & EVENTS.c.session_id.in_(silent),
                ANSWERS.c.session_only & sa.or_(ANSWERS.c.session_id.in_(silent), alone),
            )
        self._database.fold()
        return gone

    def _leave_word(self, connection: sa.Connection, who: Who, value: str, now: datetime) -> None:
        """Headquarters will be told, where there is one or was one."""
        if self._tell or read_mark(connection, CURSOR) is not None:
            connection.execute(sa.insert(FORGOTTEN).values(who=who, value=value, time_ms=milliseconds(now)))


def _sessions(shopper_id: str) -> sa.CompoundSelect[Any]:
    asked = (sa.select(table.c.session_id).where(table.c.shopper_id == shopper_id) for table in (EVENTS, ANSWERS))
    return sa.union(*asked)


def _delete(connection: sa.Connection, events: sa.ColumnElement[bool], answers: sa.ColumnElement[bool]) -> Gone:
    """Delete what fits. Both are worked out before either is deleted: a condition may ask both tables."""
    numbers = [
        list(connection.scalars(sa.select(table.c.id).where(fits)))
        for table, fits in ((EVENTS, events), (ANSWERS, answers))
    ]
    shown = 0
    for table, ids in zip((EVENTS, ANSWERS), numbers, strict=True):
        for start in range(0, len(ids), _STEP):
            some = ids[start : start + _STEP]
            if table is ANSWERS:  # their impressions go with them
                asked = sa.select(sa.func.count()).select_from(IMPRESSIONS).where(IMPRESSIONS.c.answer_id.in_(some))
                shown += int(connection.scalar(asked) or 0)
            connection.execute(sa.delete(table).where(table.c.id.in_(some)))
    return Gone(len(numbers[0]), len(numbers[1]), shown)
