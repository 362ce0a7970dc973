"""What the kiosk counts while it answers, in plain numbers: less than two microseconds a request, and no import.

No label here can take a value that a client makes up: routes are patterns, methods and rules come from lists.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

BOUNDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper ends of the buckets of times, in seconds: a list takes about a millisecond."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "other"


class Times:
    """A histogram. buckets: how many times fell into each of `BOUNDS`, and above the last; total: their sum."""

    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.total = 0.0


class Counts:
    """Since the kiosk started. Requests are counted by the one thread that answers, the rest by any."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], Times] = {}
        self.responses: Counter[tuple[str, str, int]] = Counter()
        self.toys_masked: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self._turn = threading.Lock()

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request to `route`, a pattern, was answered with `status` after so many seconds."""
        if method not in METHODS:
            method = OTHER
        times = self.seconds.get((route, method))
        if times is None:
            times = self.seconds[route, method] = Times()
        times.buckets[bisect_left(BOUNDS, seconds)] += 1
        times.total += seconds
        self.responses[route, method, status] += 1

    def masked(self, removed: Mapping[str, int]) -> None:
        """So many toys were taken off a list by each rule."""
        with self._turn:
            self.toys_masked.update(removed)

    def kept(self, statuses: Iterable[str]) -> None:
        """Verdicts on a batch of events."""
        with self._turn:
            self.events.update(statuses)
