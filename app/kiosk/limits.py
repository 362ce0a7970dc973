"""How much one client may ask of a kiosk that serves a whole shop: so many requests, so many wrong keys."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.kiosk.problems import problem_response

BURST_SECONDS: Final = 10
"""Who was quiet may ask for as much at once as in so many seconds: a page of the shop asks for a dozen pictures."""
WRONG_KEYS_A_MINUTE: Final = 10
TRUSTED_SECONDS: Final = 24 * 60 * 60.0
MOST_CLIENTS: Final = 10_000
PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Always answered: a watchdog that is turned away would restart a kiosk because it is busy."""
_IPV6_NETWORK: Final = 64
"""A house has a network of so many bits, and may send from a new address of it each time."""


class Allowance:
    """A bucket of tokens for each client: `burst` at most, `rate` more a second. Threads may share it.

    A bucket is one number, the time at which it will be full again; so one that is full need not be remembered, and
    `most` clients are. Beyond that the oldest are forgotten, that is, full again.
    """

    def __init__(
        self, rate: float, burst: float, most: int = MOST_CLIENTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._seconds = burst / rate
        self._most = most
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._turn = threading.Lock()

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._full_at)

    def wait(self, client: str) -> float:
        """After how many seconds `client` has a token; 0 where it has one."""
        return max(0.0, self._full_at.get(client, 0.0) + 1 / self._rate - self._seconds - self._clock())

    def spend(self, client: str) -> float:
        """Take a token of `client` where there is one; what `wait` says otherwise."""
        with self._turn:
            if wait := self.wait(client):
                return wait
            now = self._clock()
            full_at = max(now, self._full_at.pop(client, now)) + 1 / self._rate
            self._full_at[client] = full_at  # behind all others: the first is the one that asked longest ago
            if len(self._full_at) > self._most:
                self._forget(now)
            return 0.0

    def _forget(self, now: float) -> None:
        for client in [client for client, full_at in self._full_at.items() if full_at <= now]:
            del self._full_at[client]
        while len(self._full_at) > self._most * 3 // 4:  # so that this is not done again at once
            del self._full_at[next(iter(self._full_at))]


class Trusted:
    """Keys that were right for a client not long ago: they are looked at, however many wrong ones came from there.

    It holds digests, `most` of them; each is forgotten after `seconds` without use. Threads may share it.
    """

    def __init__(
        self,
        seconds: float = TRUSTED_SECONDS,
        most: int = MOST_CLIENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._right: dict[bytes, float] = {}
        self._turn = threading.Lock()

    def holds(self, client: str, key: str) -> bool:
        """Was `key` right for `client` within the last `seconds`?"""
        return self._clock() - self._right.get(_digest(client, key), -math.inf) < self._seconds

    def keep(self, client: str, key: str) -> None:
        """It was right now."""
        digest = _digest(client, key)
        with self._turn:
            self._right.pop(digest, None)
            self._right[digest] = self._clock()  # behind all others: the first is the one used longest ago
            while len(self._right) > self._most:
                del self._right[next(iter(self._right))]

    def drop(self, client: str, key: str) -> None:
        """It is right no more."""
        with self._turn:
            self._right.pop(_digest(client, key), None)


def _digest(client: str, key: str) -> bytes:
    return hashlib.sha256(f"{client}\0{key}".encode()).digest()


class RateLimit:
    """Answers 429 where a client asks more than `rate` a second for long."""

    def __init__(self, app: ASGIApp, rate: float) -> None:
        self._app = app
        self._rate = rate
        self._allowance = Allowance(rate, max(1.0, rate * BURST_SECONDS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, if its client has one left."""
        if (
            scope["type"] == "http"
            and scope["path"] not in PROBES
            and (wait := self._allowance.spend(client_of(scope)))
        ):
            detail = f"One client may send {self._rate:g} requests a second. Send fewer, or change requests_per_second."
            await problem_response("too_many_requests", detail, headers=retry_after(wait))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def client_of(scope: Any) -> str:
    """Who a request is counted for: an IPv4 address, or the network of an IPv6 one."""
    host = str((scope.get("client") or ("?",))[0])
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or ipaddress.IPv6Network((int(address), _IPV6_NETWORK), strict=False))


def retry_after(seconds: float) -> dict[str, str]:
    """The header that says when to come again."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
