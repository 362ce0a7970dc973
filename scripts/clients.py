"""Clients that go on asking a kiosk while something happens to it, and keep what became of every request."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Tally:
    """What one client sent and got. ids: of requests that were answered 200, as the kiosk said them back."""

    sent: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    models: set[str] = field(default_factory=set)


@contextmanager
def asking(address: str, clients: int, pause: float = 0.0) -> Iterator[Sequence[Tally]]:
    """So many clients ask for lists and toys while it lasts, with `pause` seconds after each list."""
    stop = threading.Event()
    tallies = [Tally() for _ in range(clients)]
    threads = [threading.Thread(target=_ask_on, args=(address, stop, tally, pause)) for tally in tallies]
    for thread in threads:
        thread.start()
    try:
        yield tallies
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _ask_on(address: str, stop: threading.Event, tally: Tally, pause: float) -> None:
    with httpx.Client(base_url=address, timeout=30) as client:
        toys: list[str] = []
        while not stop.wait(pause):
            body = {"history": toys[:5], "recipient": {"age_months": 60}, "k": 10}
            answer = send(client, tally, "POST", "/v1/recommendations", body)
            if answer is None:
                continue
            tally.models.add(answer["model"])
            toys = [item["toy"]["toy_id"] for item in answer["items"]]
            if not toys:
                tally.failures.append("a list without a toy")
                continue
            send(client, tally, "GET", f"/v1/toys/{toys[0]}/similar?youngest_age_months=60")
            send(client, tally, "GET", f"/v1/toys/{toys[-1]}")


def send(
    client: httpx.Client, tally: Tally, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """The answer, or None where it was not 200; either way the tally has it."""
    request_id = uuid.uuid4().hex
    tally.sent.append(request_id)
    started = time.perf_counter()
    try:
        answer = client.request(method, path, json=body, headers={"X-Request-ID": request_id})
    except httpx.HTTPError as error:
        tally.failures.append(f"{method} {path}: {error!r}")
        return None
    tally.seconds.append(time.perf_counter() - started)
    if answer.status_code != 200:
        tally.failures.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return None
    tally.ids.add(answer.headers["x-request-id"])
    found: dict[str, Any] = answer.json()
    return found
