"""The visits that are under way, in the shop's memory alone, so that a second tab or a reload finds them again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock, Timer
from typing import Final

from app.shop.session import Session

MAX_VISITS: Final = 2000  # more than a shop has visitors in two hours; beyond it the longest unused goes


class Visits:
    """Key → visit. Threads may share one: a change is made to what stands at that moment, and no two at once.

    minutes: how long a visit is kept without use; most: how many are kept; clock: seconds that never go back
    """

    def __init__(self, minutes: float, most: int = MAX_VISITS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = minutes * 60
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[str, tuple[Session, float]] = OrderedDict()  # the longest unused first
        self._lock = RLock()
        self._timer: Timer | None = None

    def __len__(self) -> int:
        with self._lock:
            self._drop_old()
            return len(self._kept)

    def find(self, key: str) -> Session | None:
        """The visit, which counts as used now; None where there is none, or none any more."""
        with self._lock:
            self._drop_old()
            if key not in self._kept:
                return None
            return self._keep(key, self._kept[key][0])

    def begin(self, key: str, make: Callable[[], Session]) -> Session:
        """The visit of `key`; a new one if there is none. Two tabs that open at once find the same."""
        with self._lock:
            return self.find(key) or self._keep(key, make())

    def change(self, key: str, session_id: str, move: Callable[[Session], Session]) -> bool:
        """Replace the visit by `move(visit)`. False, and nothing moved, unless it is still that of `session_id`."""
        with self._lock:
            found = self.find(key)
            if found is None or found.id != session_id:
                return False
            self._keep(key, move(found))
            return True

    def replace(self, key: str, session: Session) -> Session | None:
        """Forget the visit now, and keep `session` in its place. Returns what is forgotten."""
        with self._lock:
            self._drop_old()
            before = self._kept.get(key)
            self._keep(key, session)
            return None if before is None else before[0]

    def _keep(self, key: str, session: Session) -> Session:
        self._kept[key] = (session, self._clock())
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        if self._timer is None:
            self._wait()
        return session

    def _drop_old(self) -> None:
        oldest = self._clock() - self._seconds
        while self._kept and next(iter(self._kept.values()))[1] <= oldest:
            self._kept.popitem(last=False)

    def _wait(self) -> None:
        """What has ended is erased in time, also where nobody comes any more."""
        due = next(iter(self._kept.values()))[1] + self._seconds - self._clock()
        self._timer = Timer(max(due, 0.01), self._due)
        self._timer.daemon = True
        self._timer.start()

    def _due(self) -> None:
        with self._lock:
            self._timer = None
            self._drop_old()
            if self._kept:
                self._wait()
