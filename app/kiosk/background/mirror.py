"""What the shop says is mirrored before it is acknowledged; and the database is looked through once.

Every change of staff leaves an entry in the audit log in its own transaction, from the command line too. So the
number of the last entry tells whether the mirror is behind. A thread looks once a second: for what the command line
said, and for what could not be written when it was said.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import Final

import structlog

from app.kiosk.background.worker import Worker
from app.kiosk.store.care import damage_in
from app.kiosk.store.copies import mirror_of, mirrored_change, write_mirror
from app.kiosk.store.database import Database, StoreUnavailableError
from data.errors import DataError

INTERVAL_SECONDS: Final = 1.0
AFTER_FAILURE_SECONDS: Final = 30.0
_log = structlog.get_logger("kiosk")


class Mirror:
    """The thread that keeps the mirror of one database.

    damage: what is wrong with the database, if that was seen; looked: set when it was looked at
    behind: whether the mirror cannot be written now
    """

    def __init__(self, database: Database, interval: float = INTERVAL_SECONDS) -> None:
        self._database = database
        self._interval = interval
        self._stop = threading.Event()
        self.worker = Worker("mirror", self._run)
        self._turn = threading.Lock()
        self._holds: int | None = None
        self.behind = False
        self.damage: str | None = None
        self.looked = threading.Event()

    def start(self) -> None:
        """Begin to watch."""
        self.worker.start()

    def stop(self) -> None:
        """Mirror what is left, and end."""
        self._stop.set()
        self.worker.join()

    def keep_up(self) -> bool:
        """Mirror what changed since; False if that cannot be done now."""
        with self._turn:
            try:
                with self._database.reading() as connection:
                    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM audit").fetchone()
                if last != self._holds:
                    self._holds = write_mirror(self._database.file)
            except (DataError, StoreUnavailableError, sqlite3.Error) as error:
                if not self.behind:
                    _log.error(
                        "recalls, rules, stock and keys cannot be mirrored", reason=str(error) or type(error).__name__
                    )
                self.behind = True
                return False
            self.behind = False
            return True

    def _run(self) -> None:
        with self._turn:
            if self._holds is None:
                self._holds = mirrored_change(mirror_of(self._database.file))
        good = self.keep_up()
        self.damage = damage_in(self._database.file)
        self.looked.set()
        if self.damage:
            _log.critical("the database is damaged: it is kept aside at the next start", fault=self.damage)
        while not self._stop.wait(self._interval if good else AFTER_FAILURE_SECONDS):
            good = self.keep_up()
        self.keep_up()
