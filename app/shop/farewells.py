"""What the kiosk is still to be told of visits that are over.

A visit ends at once, whether the kiosk answers or not. What is left to say waits here, in memory alone, and holds no
more than is needed to say it: the session's id and its events, in which nobody is named.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Any, Final

import httpx

from app.shop.client import KioskClient, ShopError

MAX_VISITS: Final = 200
MAX_EVENTS: Final = 5000
RETRY_SECONDS: Final = (1.0, 60.0)
"""The first wait, and the longest: each is twice the one before."""
_log = logging.getLogger("toyguide.shop")


@dataclass(frozen=True, slots=True)
class Farewell:
    """A visit that is over, and its events that the kiosk has not acknowledged, oldest first."""

    session_id: str
    events: tuple[Mapping[str, Any], ...]


class Farewells:
    """Tells the kiosk, in a thread that lives while there is something to tell; tries again until it is told, or until
    the client is closed."""

    def __init__(self, client: KioskClient, retry_seconds: tuple[float, float] = RETRY_SECONDS) -> None:
        self._client = client
        self._first, self._longest = retry_seconds
        self._waiting: deque[Farewell] = deque()
        self._changed = Condition()
        self._thread: Thread | None = None

    def say(self, farewell: Farewell) -> None:
        """Tell the kiosk as soon as it listens. Returns at once; may be called from any thread."""
        with self._changed:
            self._waiting.append(farewell)
            self._keep_within_bounds()
            if self._thread is None:
                self._thread = Thread(target=self._work, name="farewells", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def waiting(self) -> int:
        """How many visits the kiosk has not been told of."""
        with self._changed:
            return len(self._waiting)

    def wait_until_told(self, seconds: float) -> bool:
        """Wait until nothing waits any more, for `seconds` at most. True if it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)

    def _keep_within_bounds(self) -> None:
        lost = 0
        while len(self._waiting) > MAX_VISITS or sum(len(it.events) for it in self._waiting) > MAX_EVENTS:
            lost += len(self._waiting.popleft().events)
        if lost:
            _log.warning("The kiosk has been away for long: %d events of visits that are over are dropped.", lost)

    def _work(self) -> None:
        pause = self._first
        while True:
            with self._changed:
                if not self._waiting or self._client.closed:
                    self._thread = None
                    return
                farewell = self._waiting[0]
            told = self._tell(farewell)
            with self._changed:
                if told:
                    pause = self._first
                    if self._waiting and self._waiting[0] is farewell:
                        self._waiting.popleft()
                    self._changed.notify_all()
                else:
                    self._changed.wait(pause)
                    pause = min(2 * pause, self._longest)

    def _tell(self, farewell: Farewell) -> bool:
        """False where the kiosk does not listen just now."""
        try:
            if self._keeps_nothing():
                self._client.forget_session(farewell.session_id)
            elif farewell.events:
                self._client.post_events(farewell.events)
        except ShopError as error:
            if error.outage:
                return False
            _log.warning("The kiosk would not be told of a visit that is over, which is dropped: %s", error)
        return True

    def _keeps_nothing(self) -> bool:
        """Does the kiosk keep what it was told for the length of a session alone?"""
        try:
            return self._client.privacy().keep == "session"
        except ShopError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return False  # a kiosk of an older make, which has no such address
            raise
