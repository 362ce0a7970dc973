"""Shoppers for a kiosk under measurement: real requests, kept connections, and the time of every answer.

The client is a bare socket. A library's client costs more than the kiosk's empty answer, on cores that both share.
"""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any, Final

from data.schema import Audience, EventKind, Toy

HISTORY: Final = 5
K: Final = 10
_PATIENCE_SECONDS: Final = 30
_CHUNK: Final = 2**16


class Connection:
    """One kept connection to a kiosk."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> bytes:
        """The body of the answer to `request`, an HTTP message. Raises OSError unless it is a 200."""
        self._socket.sendall(request)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head, body = answer[:end].lower(), answer[end + 4 :]
        if not head.startswith(b"http/1.1 200"):
            raise OSError(f"The kiosk answered {answer[:200]!r}.")
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._more()
        return body

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _more(self) -> bytes:
        if part := self._socket.recv(_CHUNK):
            return part
        raise OSError("The kiosk hung up in the middle of an answer.")


def post(path: str, body: object) -> bytes:
    """An HTTP message that posts `body` as JSON."""
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: kiosk\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    return head.encode() + b"\r\n\r\n" + content


def ages_count(toys: Sequence[Toy]) -> bool:
    """Whether children can be asked for: a catalogue that says of few toys whom they are for shows a child nothing."""
    return sum(toy.audience is not Audience.UNKNOWN for toy in toys) * 2 > len(toys)


def shoppers(toys: Sequence[Toy], count: int, seed: int = 0) -> list[dict[str, Any]]:
    """`count` bodies of recommendation requests: a history of five, a recipient with age and likings, and a budget.

    Where `ages_count` says no, no age is stated.
    """
    rng = random.Random(seed)
    ids = [toy.id for toy in toys if toy.active]
    interests = sorted({name for toy in toys for name in toy.interests})
    kinds = [str(kind) for kind in (EventKind.VIEW, EventKind.LIKE, EventKind.CART, EventKind.PURCHASE)]
    with_age = ages_count(toys)
    bodies = []
    for _ in range(count):
        met = rng.sample(ids, min(HISTORY, len(ids)))
        recipient: dict[str, Any] = {
            "interests": rng.sample(interests, min(2, len(interests))),
            "budget": rng.randint(15, 90),
        }
        if with_age:
            recipient["age_months"] = rng.randint(6, 144)
        history = [{"toy_id": toy, "kind": rng.choice(kinds)} for toy in met]
        bodies.append({"history": history, "recipient": recipient, "k": K, "language": rng.choice(("en", "zh"))})
    return bodies


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds: the middle of a list of times, and what 95 of 100 stay under."""

    median: float
    p95: float


def spread(seconds: Sequence[float]) -> Spread:
    """Of at least two times."""
    return Spread(median(seconds) * 1000, quantiles(seconds, n=20)[-1] * 1000)


def in_turn(port: int, kinds: Sequence[Sequence[bytes]]) -> list[list[float]]:
    """Seconds of every answer, by kind: the kinds take turns request by request, so that each meets the same machine.

    kinds: as many requests of each.
    """
    connection = Connection(port)
    taken: list[list[float]] = [[] for _ in kinds]
    try:
        for requests in zip(*kinds, strict=True):
            for place, request in enumerate(requests):
                started = time.perf_counter()
                connection.ask(request)
                taken[place].append(time.perf_counter() - started)
    finally:
        connection.close()
    return taken


def rate(port: int, requests: Sequence[bytes], clients: int) -> float:
    """Answers a second when `clients` share `requests`, each on a kept connection of its own."""
    failures: list[OSError] = []
    connections = [Connection(port) for _ in range(clients)]

    def run(place: int) -> None:
        try:
            for request in requests[place::clients]:
                connections[place].ask(request)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - started
    for connection in connections:
        connection.close()
    if failures:
        raise failures[0]
    return len(requests) / taken
