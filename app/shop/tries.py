"""How often a wrong staff key may be tried: a few times, then after waits that grow.

Counted in the shop's process and not in a visit, so that a new tab or a new window begins nothing anew: once for each
browser, and once for the whole shop, so that ten telephones are not ten times as many tries. The kiosk counts too, and
turns away all of the shop when it gets more than ten in a minute; this keeps it from that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

BROWSER_TRIES: Final = 5
SHOP_TRIES: Final = 8
FIRST_WAIT: Final = 30.0
LONGEST_WAIT: Final = 15 * 60.0
FORGOTTEN_AFTER: Final = 60 * 60.0
MOST_BROWSERS: Final = 1000


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    last: float = 0.0


class Tries:
    """Wrong keys of every browser and of the shop. Threads may share it. clock: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._browsers: dict[str, _Count] = {}
        self._shop = _Count()

    def wait(self, browser: str) -> float:
        """In how many seconds `browser` may try again; 0 for now."""
        with self._turn:
            return self._wait(browser)

    def begin(self, browser: str) -> float:
        """Take a try. Returns 0 where there is one, else what `wait` says.

        It counts as wrong before the key is looked at: however many tabs ask at one moment, none gets one more.
        """
        with self._turn:
            wait = self._wait(browser)
            if not wait:
                count = self._browsers.pop(browser, None) or _Count()
                self._browsers[browser] = count  # behind all others: the first is the one that tried longest ago
                for each in (count, self._shop):
                    each.wrong += 1
                    each.last = self._clock()
                while len(self._browsers) > MOST_BROWSERS:  # the shop's own count still holds for the forgotten one
                    del self._browsers[next(iter(self._browsers))]
            return wait

    def take_back(self, browser: str) -> None:
        """The try that was begun was none: the kiosk did not say whether the key is right."""
        with self._turn:
            for each in (self._browsers.get(browser), self._shop):
                if each is not None and each.wrong:
                    each.wrong -= 1

    def right(self, browser: str) -> None:
        """The key was right: what this browser got wrong before was a slip of the hand."""
        with self._turn:
            count = self._browsers.pop(browser, None)
            if count is not None:
                self._shop.wrong = max(0, self._shop.wrong - count.wrong)

    def _wait(self, browser: str) -> float:
        counts = ((self._browsers.get(browser), BROWSER_TRIES), (self._shop, SHOP_TRIES))
        return max(self._left(count, free) for count, free in counts)

    def _left(self, count: _Count | None, free: int) -> float:
        if count is None:
            return 0.0
        gone = self._clock() - count.last
        if gone >= FORGOTTEN_AFTER:
            count.wrong = 0
        if count.wrong < free:
            return 0.0
        return max(0.0, min(FIRST_WAIT * 2.0 ** min(count.wrong - free, 16), LONGEST_WAIT) - gone)
