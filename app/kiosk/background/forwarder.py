"""Events on their way to headquarters: kept until it has them, sent again and again where there is no network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

import structlog
from pydantic_core import to_json

from app.kiosk.background.headquarters import Headquarters, PostFailedError
from app.kiosk.background.worker import Worker
from app.kiosk.store.database import StoreFullError, StoreUnavailableError
from app.kiosk.store.forward import Outbox

BATCH: Final = 500
POLL_SECONDS: Final = 5.0
FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 300.0
LAST_WAIT: Final = 3.0
_TOO_LARGE: Final = 413
_log = structlog.get_logger("kiosk")


@dataclass(frozen=True, slots=True)
class Progress:
    """How it goes. waiting: events and deletions not yet there, None if the database does not say; cause: of a failure

    state: off (no headquarters), up, or down (the last try failed); sent: events since the kiosk started
    """

    state: Literal["off", "up", "down"]
    waiting: int | None = 0
    sent: int = 0
    failures: int = 0
    cause: str | None = None


class Forwarder:
    """A thread that sends parcels, one at a time and in order; after a failure it waits, longer each time."""

    def __init__(
        self,
        outbox: Outbox,
        headquarters: Headquarters,
        store_id: str,
        poll: float = POLL_SECONDS,
        first_pause: float = FIRST_PAUSE,
        longest_pause: float = LONGEST_PAUSE,
        chance: Callable[[], float] | None = None,
    ) -> None:
        """chance: in [0, 1), spreads the tries of many kiosks over time."""
        self._outbox = outbox
        self._headquarters = headquarters
        self._store_id = store_id
        self._poll, self._first_pause, self._longest_pause = poll, first_pause, longest_pause
        self._chance = chance or Random().random
        self._turn = threading.Lock()  # one parcel at a time
        self._stop = threading.Event()
        self.worker = Worker("forwarder", self._run)
        self._batch = BATCH
        self._sent = 0
        self._failures = 0
        self._cause: str | None = None

    def start(self) -> None:
        """Begin to send."""
        self.worker.start()

    def stop(self) -> None:
        """End; a parcel under way is broken off, and sent again after the next start."""
        self._stop.set()
        self._headquarters.break_off()
        self.worker.join(LAST_WAIT)  # a name that is being looked up cannot be broken off, and is not waited for

    def progress(self) -> Progress:
        """How it goes now."""
        try:
            waiting: int | None = self._outbox.waiting()
        except (StoreFullError, StoreUnavailableError):
            waiting = None
        return Progress("down" if self._failures else "up", waiting, self._sent, self._failures, self._cause)

    def pause(self) -> float:
        """Seconds until the next try: twice as long after each failure, up to the longest, and a half to all of it."""
        if not self._failures:
            return self._poll
        full = min(self._longest_pause, self._first_pause * 2.0 ** min(self._failures - 1, 30))
        return full * (0.5 + 0.5 * self._chance())

    def send(self) -> bool:
        """Send the next parcel; False if there is none, or it could not be sent."""
        with self._turn:
            try:
                return self._send()
            except PostFailedError as error:
                if error.status == _TOO_LARGE:
                    self._batch = max(1, self._batch // 2)
                self._tell(str(error))
            except (StoreFullError, StoreUnavailableError) as error:
                self._tell(type(error).__name__)
            return False

    def _send(self) -> bool:
        parcel = self._outbox.next(self._batch)
        if parcel is None:
            return False
        body = {"store_id": self._store_id, "forgotten": parcel.forgotten, "events": parcel.events}
        self._headquarters.post(to_json(body))
        self._outbox.sent(parcel)
        self._sent += len(parcel.events)
        self._tell(None)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self.send():
                self._stop.wait(self.pause())

    def _tell(self, cause: str | None) -> None:
        """One line where it begins to fail, one where it works again."""
        if cause is not None and not self._failures and not self._stop.is_set():
            _log.warning("headquarters has not got the events; they are kept and sent again", cause=cause)
        if cause is None and self._failures:
            _log.info("headquarters gets the events again", after=self._failures)
        self._failures = 0 if cause is None else self._failures + 1
        self._cause = cause
