"""What was shown waits here for one thread that writes it, so that no answer waits for the disk.

Impressions may be lost, and are counted when they are: they say how the shop works, and no shopper was promised
anything about them. Events are another matter: see `store/events.py`.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from app.kiosk.background.worker import Worker
from app.kiosk.store.database import Database, StoreFullError, StoreUnavailableError
from app.kiosk.store.forget import Gone
from app.kiosk.store.impressions import ShownList, hour_of, write_shown
from app.kiosk.store.searches import DAY_MS, write_searches

INTERVAL_SECONDS: Final = 0.5
BATCH_ROWS: Final = 500
MOST_MISSED: Final = 1000
_log = structlog.get_logger("kiosk")


class ImpressionQueue:
    """Lists that were shown, on their way to the disk. A row is one toy of a list, and an empty list is a row too.

    lost: rows that were dropped since the kiosk started, because the queue was full or could not be emptied at the end
    """

    def __init__(self, database: Database, limit: int, interval: float = INTERVAL_SECONDS) -> None:
        self._database = database
        self._limit = limit
        self._interval = interval
        self._waiting: deque[ShownList] = deque()
        self._rows = 0
        self._lost: Counter[int] = Counter()  # by hour, until it is written
        self._missed: Counter[tuple[int, str]] = Counter()  # searches that found nothing, by day and text
        self.lost = 0
        self._turn = threading.Lock()  # over the four above, never held while the disk is touched
        self._writing = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._failed = False
        self.worker = Worker("impressions", self._run)

    def __len__(self) -> int:
        """How many rows wait."""
        return self._rows

    def put(self, shown: ShownList) -> None:
        """Take a list that is being shown. Never waits for the disk, never fails; without room it is counted lost."""
        rows = _rows_of(shown)
        with self._turn:
            if self._rows + rows > self._limit:
                self.lost += rows
                self._lost[hour_of(shown.time_ms)] += rows
                return
            self._waiting.append(shown)
            self._rows += rows
            full = self._rows >= BATCH_ROWS
        if full:
            self._wake.set()

    def put_missed(self, text: str, time_ms: int) -> None:
        """Count a search that found nothing. Beyond `MOST_MISSED` that wait, a new text is dropped."""
        key = (time_ms - time_ms % DAY_MS, text)
        with self._turn:
            if key in self._missed or len(self._missed) < MOST_MISSED:
                self._missed[key] += 1

    def start(self) -> None:
        """Begin to write."""
        self.worker.start()

    def stop(self) -> None:
        """Write what waits, and end. What cannot be written is lost, and said so in the log."""
        self._stop.set()
        self._wake.set()
        self.worker.join()
        self.flush()
        with self._turn:
            left = self._rows
            self.lost += left
            self._waiting.clear()
            self._rows = 0
        if left:
            _log.warning("impressions lost at the end", rows=left)

    def flush(self) -> bool:
        """Write all that waits now; False if the disk is full or the database does not answer, and it waits on."""
        while True:
            with self._writing:
                with self._turn:
                    batch = _first(self._waiting)
                    lost, missed = dict(self._lost), dict(self._missed)
                if not batch and not lost and not missed:
                    return True
                try:
                    with self._database.writing() as connection:
                        write_shown(connection, batch, lost)
                        if missed:
                            write_searches(connection, missed)
                except (StoreFullError, StoreUnavailableError) as error:
                    self._tell(type(error).__name__)
                    return False
                with self._turn:
                    for each in batch:
                        self._waiting.popleft()
                        self._rows -= _rows_of(each)
                    self._lost.subtract(lost)
                    self._lost = +self._lost
                    self._missed.subtract(missed)
                    self._missed = +self._missed
            self._tell(None)

    @contextmanager
    def forgetting(self, theirs: Callable[[ShownList], bool]) -> Iterator[Gone]:
        """Drop the lists that are `theirs`, and write nothing while the block runs; yields what was dropped."""
        with self._writing:
            with self._turn:
                gone = [each for each in self._waiting if theirs(each)]
                self._waiting = deque(each for each in self._waiting if not theirs(each))
                self._rows -= sum(map(_rows_of, gone))
            yield Gone(answers=len(gone), impressions=sum(len(each.answer.items) for each in gone))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._interval)
            self._wake.clear()
            if not self.flush():
                self._stop.wait(self._interval)  # a queue that is full would wake us at once

    def _tell(self, failure: str | None) -> None:
        """One line where it begins to fail, one where it works again."""
        if failure is not None and not self._failed:
            _log.warning("impressions cannot be written", cause=failure, waiting=self._rows)
        if failure is None and self._failed:
            _log.info("impressions are written again", lost=self.lost)
        self._failed = failure is not None


def _rows_of(shown: ShownList) -> int:
    return max(1, len(shown.answer.items))


def _first(waiting: deque[ShownList]) -> list[ShownList]:
    """The oldest lists, of `BATCH_ROWS` rows or a little more."""
    batch: list[ShownList] = []
    rows = 0
    for each in waiting:
        batch.append(each)
        rows += _rows_of(each)
        if rows >= BATCH_ROWS:
            break
    return batch
