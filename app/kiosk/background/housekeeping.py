"""What goes by itself: sessions that are over, what has been kept long enough, and memory that nothing uses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from app.kiosk.background.worker import Worker
from app.kiosk.clock import Clock
from app.kiosk.memory import trim_memory
from app.kiosk.store.database import StoreFullError, StoreUnavailableError
from app.kiosk.store.forget import Forgetting
from app.kiosk.store.retention import Retention

SWEEP_SECONDS: Final = 30.0
DAY_SECONDS: Final = 86_400.0
_log = structlog.get_logger("kiosk")


class Housekeeping:
    """A thread that looks for sessions that are over and gives memory back twice a minute, runs retention at start and
    once a day, and empties SQLite's log at start.

    It waits by the machine's monotonic time, which nobody can set.
    """

    def __init__(self, forgetting: Forgetting, retention: Retention, clock: Clock, idle: timedelta) -> None:
        self._forgetting = forgetting
        self._retention = retention
        self._clock = clock
        self._idle = idle
        self._stop = threading.Event()
        self.worker = Worker("housekeeping", self._run)

    def start(self) -> None:
        """Begin."""
        self.worker.start()

    def stop(self) -> None:
        """End, after the batch under way."""
        self._stop.set()
        self.worker.join()

    def _run(self) -> None:
        next_run = time.monotonic()
        emptied = False
        while not self._stop.is_set():
            emptied = emptied or bool(self._try("log", self._forgetting.empty_log))  # until nobody reads it
            self._try("sessions", lambda: self._forgetting.over(self._clock(), self._idle))
            if time.monotonic() >= next_run:
                next_run += DAY_SECONDS
                self._try("retention", self._retain)
            trim_memory()
            self._stop.wait(SWEEP_SECONDS)

    def _retain(self) -> None:
        removed = self._retention.run(self._clock(), self._stop.is_set)
        if removed:
            _log.info("retention", **removed)
        if (until := self._retention.held_until()) is not None:
            _log.warning("retention waits, for the clock has leapt", until=until)

    def _try(self, what: str, work: Callable[[], object]) -> object:
        """What `work` gives, None where it failed."""
        try:
            return work()
        except (StoreFullError, StoreUnavailableError) as error:
            _log.warning("housekeeping failed and will be tried again", what=what, cause=type(error).__name__)
            return None
