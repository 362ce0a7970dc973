"""What the shop's own events say of its toys now: worked out beside the requests, once a minute at most."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from app.kiosk.clock import Clock
from app.kiosk.store.database import Database, StoreUnavailableError, milliseconds
from data.schema import REFUSED_KINDS, WANTED_KINDS, EventKind
from recommender.serving.engine import Engine
from recommender.serving.popular import KIND_HEAT, Heat

FRESH_SECONDS: Final = 60.0
MOST_SHARE: Final = 0.01
"""How much of a processor reading may take: what takes longer is read more seldom."""
HALF_LIVES: Final = 8
"""How far back is looked: an event counts 1/256 then."""
ENOUGH_SESSIONS: Final = 3
"""How many more sessions of the last half-life must have wanted a toy than refused it, to call it popular."""
_DAY_MS: Final = 86_400_000
_SESSIONS: Final = """
    SELECT toy_id, kind, at_ms / :day_ms, count(DISTINCT session_id)
    FROM (
        SELECT toy_id, kind, session_id, CASE WHEN skew_ms IS NULL THEN time_ms ELSE received_ms END AS at_ms
        FROM events WHERE received_ms BETWEEN :first AND :last
    )
    WHERE at_ms BETWEEN :first AND :last
    GROUP BY 1, 2, 3
"""
_log = structlog.get_logger("kiosk")


@dataclass(frozen=True, slots=True)
class _Reading:
    counts: dict[str, float]
    lately: frozenset[str]


class Trends:
    """The heat of toys. Threads may share it.

    A session counts once a day for a toy and a kind of event: nobody makes a toy popular by pressing a button. An event
    counts half for each half-life that it lies from now, behind or ahead: where the clock was wrong, neither old events
    nor those of a day that never was count as today's.
    """

    def __init__(
        self, database: Database, half_life_days: float, clock: Clock, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._half_life = half_life_days
        self._clock = clock
        self._timer = timer  # not the kiosk's clock, which may be set back: then nothing would be old for a year
        self._wait_seconds = FRESH_SECONDS
        self._turn = threading.Lock()
        self._reading = _Reading({}, frozenset())
        self._read_at: float | None = None
        self._reader: threading.Thread | None = None
        # By a weak reference: an engine that was replaced may go.
        self._heat: tuple[weakref.ref[Engine], _Reading, Heat] | None = None

    def heat(self, engine: Engine) -> Heat:
        """What is popular now among the toys of `engine`. Only the first to ask waits for the disk.

        Where the database does not answer, what was known last.
        """
        if self._read_at is None:
            with self._turn:
                if self._read_at is None:
                    self._read()
        reading, known = self._reading, self._heat
        if self._is_old() and self._turn.acquire(blocking=False):
            # A thread of its own: with 200,000 events it takes most of a second, and nobody should wait for it.
            self._reader = threading.Thread(target=self._read_and_release, name="trends", daemon=True)
            self._reader.start()
        if known is None or known[0]() is not engine or known[1] is not reading:
            known = (weakref.ref(engine), reading, Heat.of(engine, reading.counts, reading.lately))
            self._heat = known
        return known[2]

    def wait(self) -> None:
        """Until what is being read has been read."""
        if self._reader is not None:
            self._reader.join()

    def _read_and_release(self) -> None:
        try:
            self._read()
        finally:
            self._turn.release()

    def _is_old(self) -> bool:
        return self._read_at is None or self._timer() - self._read_at >= self._wait_seconds

    def _read(self) -> None:
        started, now = self._timer(), milliseconds(self._clock())
        reach = round(HALF_LIVES * self._half_life * _DAY_MS)
        asked = {"day_ms": _DAY_MS, "first": now - reach, "last": now + reach}
        try:
            with self._database.reading() as connection:
                self._reading = self._weigh(connection.execute(_SESSIONS, asked), now // _DAY_MS)
        except StoreUnavailableError:
            _log.warning("what is popular now could not be read")
        ended = self._timer()
        self._wait_seconds = max(FRESH_SECONDS, (ended - started) / MOST_SHARE)
        self._read_at = ended

    def _weigh(self, rows: Iterable[sqlite3.Row], today: int) -> _Reading:
        counts: defaultdict[str, float] = defaultdict(float)
        wanted: Counter[str] = Counter()
        for toy_id, name, day, sessions in rows:
            kind, apart = EventKind(name), abs(today - int(day))
            counts[toy_id] += KIND_HEAT[kind] * sessions * 0.5 ** (apart / self._half_life)
            if apart <= self._half_life:
                wanted[toy_id] += sessions * ((kind in WANTED_KINDS) - (kind in REFUSED_KINDS))
        lately = frozenset(toy for toy, count in wanted.items() if count >= ENOUGH_SESSIONS and counts[toy] > 0)
        return _Reading(dict(counts), lately)
