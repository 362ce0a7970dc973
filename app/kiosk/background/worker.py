"""A thread beside the requests, whose end is noticed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger("kiosk")


class Worker:
    """Runs `work` in a thread of its own until it returns. One that raises is logged, and `died`."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.name = name
        self.died = False
        self._work = work
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def join(self, seconds: float | None = None) -> None:
        """Wait until it has ended, at most `seconds`; nothing to wait for if it never began."""
        if self._thread is not None:
            self._thread.join(seconds)
            self._thread = None

    def _run(self) -> None:
        try:
            self._work()
        except Exception:  # noqa: BLE001 — whatever it was: it is logged whole, and `died` is seen in /readyz
            self.died = True
            _log.exception("a thread ended that should not", thread=self.name)
