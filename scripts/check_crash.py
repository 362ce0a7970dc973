"""A kiosk is killed (SIGKILL) again and again while it takes events: what it acknowledged must be there, and once.

    .venv/bin/python -m scripts.check_crash --rounds 20 [--bundle var/demo/bundle]

Clients send batches and keep what was not acknowledged for the next start, as a shop's till does. At the end the
database must hold every acknowledged event, no event twice, none that nobody sent, and be whole. Leaves with 1 if not.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from recommender.serving.catalogue import read_catalogue
from scripts.kiosks import made, start, until

CLIENTS = 4
BATCH = 20
KILLED_AFTER_SECONDS = (0.05, 0.8)


@dataclass
class Till:
    """One client. sent: all event ids that ever left it; kept: those acknowledged; unsure: events to be sent again."""

    sent: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    unsure: list[dict[str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """What is in the database after the last round."""

    rounds: int
    sent: int
    acknowledged: int
    stored: int
    again: int
    failures: Sequence[str]


def crash_under_load(bundle: Path, work: Path, rounds: int, seed: int = 0) -> Report:
    """Kill a kiosk `rounds` times in the middle of batches; one more start takes what was left unsure."""
    rng = random.Random(seed)
    toys = [toy.id for toy in read_catalogue(bundle / "catalogue.sqlite", whole=False)]
    tills = [Till() for _ in range(CLIENTS)]
    database = work / "kiosk.sqlite"
    failures: list[str] = []
    again = 0
    for turn in range(rounds + 1):
        process, address = start(bundle, database, work / "log.txt")
        try:
            stop = threading.Event()
            threads = [
                threading.Thread(target=_sell, args=(till, address, toys, stop, turn == rounds)) for till in tills
            ]
            again += sum(len(till.unsure) for till in tills)
            before = sum(len(till.sent) for till in tills)
            for thread in threads:
                thread.start()
            if turn < rounds:
                # However long the clients take to begin, they are at it when the kiosk dies.
                until(lambda before=before: sum(len(till.sent) for till in tills) > before, process)
                stop.wait(rng.uniform(*KILLED_AFTER_SECONDS))
                process.send_signal(signal.SIGKILL)
                stop.set()
            for thread in threads:
                thread.join()
        finally:
            process.kill()
            process.wait()
        failures += [f"round {turn}: {said}" for said in _wrong(database, tills, turn == rounds)]
    for till in tills:
        failures += till.failures
    return Report(
        rounds,
        sum(len(till.sent) for till in tills),
        sum(len(till.kept) for till in tills),
        len(_stored(database)),
        again,
        failures,
    )


def _sell(till: Till, address: str, toys: Sequence[str], stop: threading.Event, last: bool) -> None:
    """Send batches until the kiosk dies; in the last round, only what is left."""
    rng = random.Random(len(till.sent))
    with httpx.Client(base_url=address, timeout=60) as client:
        while not stop.is_set() and (till.unsure or not last):
            if not till.unsure:
                till.unsure = [_event(rng.choice(toys)) for _ in range(BATCH)]
            till.sent.update(event["event_id"] for event in till.unsure)
            try:
                answer = client.post("/v1/events:batch", json={"events": till.unsure})
            except httpx.HTTPError:
                return  # killed, before or after the commit: nobody can know, so it is sent again
            if answer.status_code != 200:
                till.failures.append(f"{answer.status_code} {answer.text[:200]}")
                return
            verdicts = answer.json()["results"]
            wrong = [verdict for verdict in verdicts if verdict["status"] not in ("accepted", "duplicate")]
            if wrong or len(verdicts) != len(till.unsure):
                till.failures.append(f"verdicts {json.dumps(verdicts)[:200]}")
            till.kept.update(verdict["event_id"] for verdict in verdicts)
            till.unsure = []


def _event(toy: str) -> dict[str, str]:
    return {"event_id": uuid.uuid4().hex, "session_id": "till", "toy_id": toy, "kind": "view"}


def _wrong(database: Path, tills: Sequence[Till], last: bool) -> list[str]:
    """What the database should hold and does not, or holds and should not."""
    stored = Counter(_stored(database))
    kept = set().union(*(till.kept for till in tills))
    sent = set().union(*(till.sent for till in tills))
    found = []
    if lost := kept - stored.keys():
        found.append(f"{len(lost)} acknowledged events are lost, such as {min(lost)}")
    if twice := [event for event, times in stored.items() if times > 1]:
        found.append(f"{len(twice)} events are there twice, such as {min(twice)}")
    if strange := stored.keys() - sent:
        found.append(f"{len(strange)} events are there that nobody sent, such as {min(strange)}")
    if last and (left := sent - stored.keys()):
        found.append(f"{len(left)} events were sent again and are not there, such as {min(left)}")
    with closing(sqlite3.connect(database)) as connection:
        if (said := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            found.append(f"the database is not whole: {said}")
    return found


def _stored(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT event_id FROM events")]


def main() -> int:
    """Check, print, and say by the exit code whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--bundle", type=Path, help="by default a small one is made")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        report = crash_under_load(chosen.bundle or made(work / "bundle"), work, chosen.rounds, chosen.seed)
    print(
        f"Killed {report.rounds} times: {report.sent} events sent, {report.again} of them again; "
        f"{report.acknowledged} acknowledged, {report.stored} stored."
    )
    for failure in report.failures[:20]:
        print(failure)
    return 1 if report.failures or not report.again else 0


if __name__ == "__main__":
    sys.exit(main())
