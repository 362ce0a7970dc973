"""How often a wrong staff key may be tried: a few times, then after waits that grow. Nobody shuts out the others.

Counted in the shop's process and not in a visit, so that a new tab or a new window begins nothing anew. A browser in
which a right key was given is known by its cookie, and has a count of its own; all others are counted by address and
make, and by address alone, for what a browser says of its make it can say otherwise with each try.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

BROWSER_TRIES: Final = 5
ADDRESS_TRIES: Final = 20
"""Behind one address, that of a proxy say, may be several honest browsers."""
FIRST_WAIT: Final = 30.0
LONGEST_WAIT: Final = 15 * 60.0
FORGOTTEN_AFTER: Final = 60 * 60.0
KNOWN_FOR: Final = 24 * 60 * 60.0
MOST_COUNTS: Final = 2000
MOST_KNOWN: Final = 1000


@dataclass(frozen=True, slots=True)
class Browser:
    """Who tries. address: where it is; make: what it says of itself; mark: the number in its cookie, None for none"""

    address: str
    make: str = ""
    mark: str | None = None


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    last: float = 0.0


_Key = tuple[str, ...]


class Tries:
    """Wrong keys, by who tried them. Threads may share it. clock: seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._counts: dict[_Key, _Count] = {}  # the first is the one that tried longest ago
        self._known: dict[str, float] = {}  # mark → when a right key was given last; the first is the oldest

    def __len__(self) -> int:
        """How many counts are kept."""
        return len(self._counts)

    def wait(self, browser: Browser) -> float:
        """In how many seconds `browser` may try again; 0 for now."""
        with self._turn:
            return self._wait(browser)

    def begin(self, browser: Browser) -> float:
        """Take a try. Returns 0 where there is one, else what `wait` says.

        It counts as wrong before the key is looked at: however many tabs ask at one moment, none gets one more.
        """
        with self._turn:
            wait = self._wait(browser)
            if not wait:
                for key, _ in self._counted(browser):
                    count = self._counts.pop(key, None) or _Count()
                    self._counts[key] = count
                    count.wrong += 1
                    count.last = self._clock()
                while len(self._counts) > MOST_COUNTS:
                    del self._counts[next(iter(self._counts))]
            return wait

    def take_back(self, browser: Browser) -> None:
        """The try that was begun was none: the kiosk did not say whether the key is right."""
        with self._turn:
            self._forgive(browser, 1)

    def right(self, browser: Browser) -> None:
        """The key was right: what this browser got wrong before was a slip of the hand, and it is known from now on."""
        with self._turn:
            own = self._counts.get(next(self._counted(browser))[0])
            self._forgive(browser, own.wrong if own else 0)
            if browser.mark is not None:
                self._known.pop(browser.mark, None)
                self._known[browser.mark] = self._clock()
                while len(self._known) > MOST_KNOWN:
                    del self._known[next(iter(self._known))]

    def _counted(self, browser: Browser) -> Iterator[tuple[_Key, int]]:
        """What a try of `browser` counts for, its own count first, and how many are free there."""
        right = self._known.get(browser.mark) if browser.mark is not None else None
        if browser.mark is not None and right is not None and self._clock() - right < KNOWN_FOR:
            yield ("known", browser.mark), BROWSER_TRIES
        else:
            yield ("browser", browser.address, browser.make), BROWSER_TRIES
            yield ("address", browser.address), ADDRESS_TRIES

    def _forgive(self, browser: Browser, slips: int) -> None:
        for key, _ in self._counted(browser):
            count = self._counts.get(key)
            if count is not None:
                count.wrong = max(0, count.wrong - slips)

    def _wait(self, browser: Browser) -> float:
        return max(self._left(self._counts.get(key), free) for key, free in self._counted(browser))

    def _left(self, count: _Count | None, free: int) -> float:
        if count is None:
            return 0.0
        gone = self._clock() - count.last
        if gone >= FORGOTTEN_AFTER:
            count.wrong = 0
        if count.wrong < free:
            return 0.0
        return max(0.0, min(FIRST_WAIT * 2.0 ** min(count.wrong - free, 16), LONGEST_WAIT) - gone)
