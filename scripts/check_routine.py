"""From a kiosk's events to a new bundle live on it, in one command and while it serves; and back, in another.

    .venv/bin/python -m scripts.check_routine [--from var/demo] [--epochs 2] [--kill]

A kiosk of its own is started on a free port, with a published folder and a public key. Shoppers ask for lists and send
what they did over HTTP, and one robot likes 5,000 times; then `toyguide retrain --events … --publish … --key …` runs
while clients go on asking. Without `--from` a small shop is simulated. `--kill` kills the command once on its way
(SIGKILL) and gives it again. Leaves with 1 and says what failed if anything did. Two gates are no part of that, quality
and exposure: each gives a false alarm now and then. A bundle that they hold back is published by hand, and goes the way
too.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from data.schema import Toy
from recommender.serving.bundle import sign_bundle, verify_bundle
from recommender.serving.catalogue import read_catalogue
from recommender.serving.keys import make_keys
from recommender.serving.publish import publish
from scripts.clients import asking
from scripts.kiosks import TOYGUIDE, environment, start, stop, until

SHOPPERS = 400
LISTS = 4
LIKES = 5000
MONTHS = 156
"""Children are of any age: a week without the youngest would teach that there are none, and a gate would see it."""
BATCH = 1000
SMALL = ("--toys", "300", "--shoppers", "600", "--events", "9000")
LOOKS_SECONDS = 0.5
PAUSE_SECONDS = 0.02
TRAINING_SECONDS = 3600
BY_CHANCE = frozenset(("quality", "exposure"))
"""The gates that may hold any bundle back."""


@dataclass(frozen=True)
class Report:
    """How it went. events: that the kiosk took; verdict: what retrain printed as JSON; killed: it was, once

    seconds: of retrain; from its end until the new model served; from going back until the old one served
    requests, slowest_ms: of a client that went on asking
    """

    events: int
    verdict: dict[str, Any]
    seconds: tuple[float, float, float]
    requests: int
    slowest_ms: float
    killed: bool
    failures: Sequence[str]


@dataclass(frozen=True)
class Shop:
    """What runs: dataset, teacher, and a signed copy of the bundle; and the folder that its kiosks look into."""

    data: Path
    teacher: Path
    bundle: Path
    key: Path
    published: Path


def routine(base: Path, work: Path, epochs: int | None, kill: bool, seed: int = 0) -> Report:
    """The way there and back on the shop in `base`, of which nothing is changed."""
    shop = _opened(base, work)
    old = verify_bundle(shop.bundle).model
    database, log = work / "kiosk.sqlite", work / "log.txt"
    settings = {
        "PUBLISH_DIR": shop.published,
        "PUBLISH_SECONDS": LOOKS_SECONDS,
        "BUNDLES_DIR": work / "bundles",
        "VERIFY_KEY": work / "shop.key.pub",
        "REQUESTS_PER_SECOND": "0",  # more come here than a shop would send
    }
    process, address = start(shop.bundle, database, log, settings)
    try:
        events = _shopped(address, shop.bundle, random.Random(seed))
        with asking(address, 1, PAUSE_SECONDS) as (tally,):
            began = time.monotonic()
            verdict, killed = _retrained(shop, database, work / "next", epochs, kill)
            took = time.monotonic() - began
            new, failures = verdict["model"], [*_wrong(verdict)]
            there, back = 0.0, 0.0
            if not failures:
                if not verdict["published"]:
                    _toyguide("bundle", "sign", work / "next" / "bundle", "--key", shop.key)
                    _toyguide("bundle", "publish", work / "next" / "bundle", "--to", shop.published)
                began = time.monotonic()
                until(lambda: _serves(address, new), process)
                there = time.monotonic() - began
                _toyguide("bundle", "publish", shop.bundle, "--to", shop.published)
                until(lambda: _serves(address, old), process)
                back = time.monotonic() - began - there
        failures += tally.failures
        if not failures and tally.models != {old, new}:
            failures.append(f"models {sorted(tally.models)} answered, and not {old[:12]} and {new[:12]} alone")
        stop(process, log)
    finally:
        process.kill()
        process.wait()
    slowest = 1000 * max(tally.seconds)
    return Report(events, verdict, (took, there, back), len(tally.sent), slowest, killed, failures)


def small_shop(folder: Path) -> Path:
    """What the demo makes, in small."""
    _toyguide("demo", "--no-serve", "--dir", folder, *SMALL)
    return folder


def _opened(base: Path, work: Path) -> Shop:
    """A pair of keys, the bundle of `base` signed, and that one in force in a folder of published bundles."""
    key, bundle, published = work / "shop.key", work / "signed", work / "published"
    make_keys(key)
    shutil.copytree(base / "bundle", bundle)
    sign_bundle(bundle, key)
    published.mkdir()
    publish(bundle, published)
    return Shop(base / "dataset", base / "teacher", bundle, key, published)


def _shopped(address: str, bundle: Path, rng: random.Random) -> int:
    """Shoppers with a liking each ask and like, and a robot likes whatever there is; how many events were taken."""
    toys = {toy.id: toy for toy in read_catalogue(bundle / "catalogue.sqlite", whole=False)}
    kinds = sorted({_kind(toy) for toy in toys.values()})
    taken = 0
    with httpx.Client(base_url=address, timeout=60) as client:
        for number in range(SHOPPERS):
            taken += _visit(client, toys, f"shopper-{number}", rng.choice(kinds), rng)
        ids = sorted(toys)
        robot = {"session_id": "robot", "shopper_id": "robot", "kind": "like"}
        likes = [{**robot, "event_id": uuid.uuid4().hex, "toy_id": rng.choice(ids)} for _ in range(LIKES)]
        for first in range(0, LIKES, BATCH):
            taken += _kept(client, likes[first : first + BATCH])
    return taken


def _visit(
    client: httpx.Client, toys: dict[str, Toy], shopper: str, liking: tuple[str, ...], rng: random.Random
) -> int:
    """One shopper, who likes toys of one kind, and else looks at one; how many events of it were taken."""
    who = {"shopper_id": shopper, "session_id": f"{shopper}-visit"}
    months, history = rng.randrange(MONTHS), list[str]()
    taken = 0
    for _ in range(LISTS):
        ask = {**who, "recipient": {"age_months": months}, "history": history, "k": 10}
        answer = client.post("/v1/recommendations", json=ask).raise_for_status().json()
        shown = [item["toy"]["toy_id"] for item in answer["items"]]
        liked = [toy for toy in shown if _kind(toys[toy]) == liking and toy not in history][:3]
        quoted = {**who, "recommendation_id": answer["recommendation_id"], "recipient": {"age_months": months}}
        told = [(toy, "like") for toy in liked] or [(toy, "view") for toy in rng.sample(shown, min(1, len(shown)))]
        events = [{**quoted, "event_id": uuid.uuid4().hex, "toy_id": toy, "kind": kind} for toy, kind in told]
        taken += _kept(client, events)
        history += liked
    return taken


def _kind(toy: Toy) -> tuple[str, ...]:
    return toy.category[:1]


def _kept(client: httpx.Client, events: list[dict[str, Any]]) -> int:
    answer = client.post("/v1/events:batch", json={"events": events}).raise_for_status()
    return sum(each["status"] == "accepted" for each in answer.json()["results"])


def _retrained(shop: Shop, database: Path, out: Path, epochs: int | None, kill: bool) -> tuple[dict[str, Any], bool]:
    """(what the command printed, whether it was killed once and given again)."""
    parts = ("--data", shop.data, "--teacher", shop.teacher, "--bundle", shop.bundle)
    words = ("retrain", "--out", out, "--events", database, *parts, "--publish", shop.published, "--key", shop.key)
    more = () if epochs is None else ("--epochs", epochs)
    killed = False
    if kill:
        process = subprocess.Popen(_command(*words, *more), env=environment({}), stderr=subprocess.DEVNULL)
        try:
            until((out / "teacher").is_dir, process, TRAINING_SECONDS)
        finally:
            process.kill()
            killed = process.wait() < 0
    return json.loads(_toyguide(*words, *more, "--json", allowed=(0, 4))), killed


def _wrong(verdict: dict[str, Any]) -> Iterator[str]:
    """What the verdict should say and does not."""
    yield from (gate["says"] for gate in verdict["gates"] if not gate["passed"] and gate["name"] not in BY_CHANCE)
    if verdict["passed"] != bool(verdict["published"]):
        yield f"{verdict['says']} Published: {verdict['published']}"
    if verdict["joined"]["robots"] != LIKES:
        yield f"of {LIKES} likes of a robot {verdict['joined']['robots']} were left out"


def _serves(address: str, model: str) -> bool:
    answer = httpx.get(f"{address}/v1/model", timeout=30)
    return bool(answer.raise_for_status().json()["model"] == model)


def _command(*words: object) -> list[str]:
    return [*TOYGUIDE, *map(str, words)]


def _toyguide(*words: object, allowed: Sequence[int] = (0,)) -> str:
    """What the command printed. Raises RuntimeError with what it said where it left with another code."""
    done = subprocess.run(_command(*words), env=environment({}), capture_output=True, text=True, check=False)
    if done.returncode not in allowed:
        raise RuntimeError(f"{' '.join(map(str, words[:2]))} left with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def main() -> int:
    """Check, print, and say by the exit code whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="base", type=Path, help="a demo's folder; by default a small shop is simulated")
    parser.add_argument("--epochs", type=int, help="of the teacher, as for retrain")
    parser.add_argument("--kill", action="store_true", help="kill retrain once on its way, and give it again")
    parser.add_argument("--seed", type=int, default=0, help="of what the shoppers do")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        base = chosen.base or small_shop(work / "shop")
        report = routine(base, work, chosen.epochs, chosen.kill, chosen.seed)
    took, there, back = report.seconds
    print(f"{report.events:,} events over HTTP, {LIKES:,} of them a robot's.")
    print(f"retrain{' was killed, and given again it' if report.killed else ''} took {took:.0f} s.")
    if there:
        print(f"The new model served {there:.1f} s after that, and the old one again {back:.1f} s after the way back.")
    print(
        f"Meanwhile {report.requests:,} requests, slowest {report.slowest_ms:.0f} ms; {len(report.failures)} failures."
    )
    print(report.verdict["says"])
    for gate in report.verdict["gates"]:
        print(f"{gate['name']}: {gate['says']}")
    for failure in report.failures[:20]:
        print(failure)
    return 1 if report.failures or report.killed != chosen.kill else 0


if __name__ == "__main__":
    sys.exit(main())
