"""What has been kept long enough is deleted, and a record says what was.

Two things must never happen: that a clock which is wrong has everything deleted, and that it has nothing deleted ever.
Rows go in the order in which they came: the first row that is still young by its stamp keeps itself and all that came
after it, whatever their stamps say (a kiosk that woke up in 1970 stamped them so). Stamps of the future keep nothing.
And where the clock has leapt since the last run, deleting waits for `HOLD` of steady time: a clock that is wrong by
years is noticed and mended in a week, and a kiosk that was only switched off for long deletes a week late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.kiosk.store.database import Database, milliseconds, moment
from app.kiosk.store.marks import read_number, write_mark

LEAP: Final = timedelta(days=31)
"""Further on than this since the last run, or than a quarter of the time kept, is a leap; so is `BACK` backwards."""
BACK: Final = timedelta(days=1)
HOLD: Final = timedelta(days=7)
BATCH: Final = 1000
"""Rows a transaction: events that arrive meanwhile wait for some ten milliseconds."""
LAST_RUN: Final = "retention.last_run_ms"
HELD_UNTIL: Final = "retention.held_until_ms"
_NEWEST: Final = """
    SELECT max(at) FROM (SELECT max(received_ms) AS at FROM events UNION ALL SELECT max(time_ms) FROM answers)
"""
_RECORD: Final = """
    INSERT INTO removals (time_ms, cause, kind, cutoff_ms, rows) VALUES (:now, 'retention', :kind, :cutoff, :rows)
"""


@dataclass(frozen=True, slots=True)
class Removal:
    """A line of the record. time, cutoff: RFC 3339; cause: retention or shopper; kind: what was deleted."""

    time: str
    cause: str
    kind: str
    cutoff: str | None
    rows: int


class Retention:
    """Deletes from one database what is older than `days`, and from the audit log what is older than `audit_days`."""

    def __init__(self, database: Database, days: int, audit_days: int) -> None:
        """days, audit_days: 0 keeps for ever"""
        self._database = database
        self._days = days
        self._audit_days = audit_days
        self._leap = min(LEAP, max(2 * BACK, timedelta(days=(days or audit_days) / 4)))

    def run(self, now: datetime, stopping: Callable[[], bool] = lambda: False) -> dict[str, int]:
        """Delete, batch by batch; returns table → rows deleted, without those of none.

        stopping: asked between batches; the rest is for the next run
        Raises StoreFullError or StoreUnavailableError: the batches before stay deleted and recorded.
        """
        if not self._trusted(now):
            return {}
        found: dict[str, int] = {}
        for table, stamp, days in (
            ("events", "received_ms", self._days),
            ("answers", "time_ms", self._days),
            ("audit", "time_ms", self._audit_days),
            ("removals", "time_ms", self._audit_days),
        ):
            if days and (rows := self._clear(table, stamp, now, timedelta(days=days), stopping)):
                found[table] = rows
        if self._days:
            with self._database.writing() as connection:
                oldest = milliseconds(now - timedelta(self._days))
                connection.execute("DELETE FROM hours WHERE hour_ms < ?", (oldest,))
                connection.execute("DELETE FROM searches WHERE day_ms < ?", (oldest,))
        if found:
            self._database.fold()
        return found

    def held_until(self) -> str | None:
        """Until when nothing is deleted, because the clock has leapt. Raises StoreUnavailableError."""
        with self._database.reading() as connection:
            until = read_number(connection, HELD_UNTIL)
        return None if until is None else moment(until)

    def removals(self, limit: int = 20) -> tuple[Removal, ...]:
        """The newest lines of the record, newest first. Raises StoreUnavailableError."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM removals ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
        return tuple(
            Removal(
                moment(row["time_ms"]),
                row["cause"],
                row["kind"],
                None if row["cutoff_ms"] is None else moment(row["cutoff_ms"]),
                row["rows"],
            )
            for row in rows
        )

    def _trusted(self, now: datetime) -> bool:
        """Whether the clock has run on as clocks do since the last run, or has done so for `HOLD` since it leapt."""
        at = milliseconds(now)
        with self._database.writing() as connection:
            last = read_number(connection, LAST_RUN)
            if last is None:
                (newest,) = connection.execute(_NEWEST).fetchone()
                last = at if newest is None else int(newest)
            until = read_number(connection, HELD_UNTIL)
            leapt = not last - BACK // _MS <= at <= last + self._leap // _MS
            if leapt:
                until = at + HOLD // _MS
            elif until is not None and at >= until:
                until = None
            write_mark(connection, LAST_RUN, at)
            write_mark(connection, HELD_UNTIL, until)
        return until is None

    def _clear(self, table: str, stamp: str, now: datetime, kept: timedelta, stopping: Callable[[], bool]) -> int:
        """Delete from the front of `table`, up to the first row that is neither old nor of the future.

        stamp: the column that says when a row came
        """
        times = {"now": milliseconds(now), "cutoff": milliseconds(now - kept), "future": milliseconds(now + BACK)}
        # One statement, one moment: what arrives after it has a higher number and is not touched. Where no row is young
        # by a date of today, one that bears a future date may be.
        keep_from = f"""
            SELECT coalesce(
                min(id) FILTER (WHERE {stamp} BETWEEN :cutoff AND :future),
                min(id) FILTER (WHERE {stamp} >= :cutoff),
                max(id) + 1,
                0
            )
            FROM {table}
        """
        some = f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id < ? ORDER BY id LIMIT ?)"
        with self._database.reading() as connection:
            (first_kept,) = connection.execute(keep_from, times).fetchone()
        total, record = 0, None
        while True:
            with self._database.writing() as connection:
                rows = connection.execute(some, (first_kept, BATCH)).rowcount
                total += rows
                if rows and record is None:
                    record = connection.execute(_RECORD, {**times, "kind": table, "rows": rows}).lastrowid
                elif rows:
                    connection.execute("UPDATE removals SET rows = ? WHERE id = ?", (total, record))
            if rows < BATCH or stopping():
                return total


_MS: Final = timedelta(milliseconds=1)
