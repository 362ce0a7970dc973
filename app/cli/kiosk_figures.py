"""What a kiosk costs: real processes are started, asked and stopped, and every figure of them is one value.

Nothing here compares two runs: a machine has quiet hours and busy ones. What is compared took turns in one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Final

from app.cli.bench_kiosk_server import BARE, EMPTY
from app.cli.kiosk_load import Connection, Spread, ages_count, in_turn, post, rate, shoppers, spread
from app.kiosk_process import FRUGAL
from app.ports import free_port
from data.errors import ToyGuideError
from recommender.serving.bundle import CATALOGUE, read_manifest
from recommender.serving.catalogue import read_catalogue

STARTS: Final = 3
ROUNDS: Final = 10
CLIENTS: Final = 4
_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 15
_POLL_SECONDS: Final = 0.002


@dataclass(frozen=True)
class Figures:
    """What was measured. Times in ms unless they are called seconds, memory in MiB, rates in answers a second.

    untrained: the bundle was made for the measurement; ages: whether a child's age was stated in the requests
    shown: toys in an answer, on average
    ready_seconds: from spawning the process to a 200 of /readyz, for each start
    resident_at_start, resident_after_load: None where the system does not say
    empty, bare: a route of the kiosk that does nothing, and one of FastAPI alone in the same server
    over_empty, over_bare: differences of medians, for each round
    rates: with `clients` kept connections
    """

    bundle: str
    toys: int
    untrained: bool
    ages: bool
    shown: float
    requests: int
    ready_seconds: list[float]
    resident_at_start: float | None
    resident_after_load: float | None
    recommendation: Spread
    empty: Spread
    bare: Spread
    over_empty: list[float]
    over_bare: list[float]
    clients: int
    recommendation_rate: float
    empty_rate: float
    bare_rate: float


def measure(bundle: Path, requests: int, folder: Path, untrained: bool = False) -> Figures:
    """Every figure of `bundle`; databases and a log are left in `folder`.

    requests: recommendations to ask for one by one, in `ROUNDS` rounds, and as many again with several clients.
    Raises ToyGuideError if a kiosk does not come up, or breaks off.
    """
    read_manifest(bundle)
    toys = read_catalogue(bundle / CATALOGUE, whole=False)
    bodies = shoppers(toys, requests)
    asked = [post("/v1/recommendations", body) for body in bodies]
    empty, bare = post(EMPTY, bodies[0]), post(BARE, bodies[0])
    try:
        ready, at_start, after = _starts_and_memory(bundle, asked, folder)
        options = ["app.cli.bench_kiosk_server", str(bundle), str(folder / "bench.sqlite")]
        with running(options, folder / "kiosk.log") as (_, port, _):
            shown = _toys_shown(port, asked[:100])
            rounds = []
            for number in range(ROUNDS):
                part = asked[number::ROUNDS]
                rounds.append(in_turn(port, (part, [empty] * len(part), [bare] * len(part))))
            rates = [rate(port, each, CLIENTS) for each in (asked, [empty] * len(asked), [bare] * len(asked))]
    except OSError as error:
        raise ToyGuideError(
            f"The measurement broke off: {error} The kiosk's log says: {last_words(folder / 'kiosk.log')}"
        ) from error
    middles = [[median(times) * 1000 for times in kinds] for kinds in rounds]
    whole = [spread([time for kinds in rounds for time in kinds[place]]) for place in range(3)]
    return Figures(
        bundle=str(bundle),
        toys=len(toys),
        untrained=untrained,
        ages=ages_count(toys),
        shown=shown,
        requests=requests,
        ready_seconds=ready,
        resident_at_start=at_start,
        resident_after_load=after,
        recommendation=whole[0],
        empty=whole[1],
        bare=whole[2],
        over_empty=[full - of_kiosk for full, of_kiosk, _ in middles],
        over_bare=[full - of_fastapi for full, _, of_fastapi in middles],
        clients=CLIENTS,
        recommendation_rate=rates[0],
        empty_rate=rates[1],
        bare_rate=rates[2],
    )


@contextmanager
def running(
    options: Sequence[str], log: Path, probe: str = "/readyz", name: str = "kiosk"
) -> Iterator[tuple[int, int, float]]:
    """(process id, port, seconds until it was ready) of `python -m options… PORT`, stopped at the end.

    probe: answers 200 as soon as it is ready
    Raises ToyGuideError with the end of its log if it does not come up.
    """
    port = free_port(_HOST, 0)
    command = [sys.executable, "-P", "-m", *options, str(port)]
    with log.open("wb") as stream:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env={**FRUGAL, **os.environ})
    try:
        while not _is_ready(port, probe):
            if process.poll() is not None or time.perf_counter() - started > _START_SECONDS:
                raise ToyGuideError(f"The {name} did not come up. Its log says: {last_words(log)}")
            time.sleep(_POLL_SECONDS)
        yield process.pid, port, time.perf_counter() - started
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def resident(process_id: int) -> float | None:
    """Resident memory of a process in MiB; None where the system has no /proc."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), None)


def _starts_and_memory(
    bundle: Path, asked: Sequence[bytes], folder: Path
) -> tuple[list[float], float | None, float | None]:
    """(seconds of each start, resident memory after the last, and after it was asked all of `asked`)."""
    seconds = []
    at_start = after = None
    for number in range(STARTS):
        options = ["app.cli", "kiosk", "--bundle", str(bundle), "--database", str(folder / "kiosk.sqlite"), "--port"]
        with running(options, folder / "kiosk.log") as (process_id, port, ready):
            seconds.append(ready)
            if number == STARTS - 1:
                at_start = resident(process_id)
                rate(port, asked, CLIENTS)
                after = resident(process_id)
    return seconds, at_start, after


def _toys_shown(port: int, asked: Sequence[bytes]) -> float:
    """Toys in an answer, on average; warms the server too."""
    connection = Connection(port)
    try:
        return fmean(len(json.loads(connection.ask(each))["items"]) for each in asked)
    finally:
        connection.close()


def _is_ready(port: int, probe: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{_HOST}:{port}{probe}", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def last_words(log: Path) -> str:
    """The end of a log, on one line."""
    text = log.read_text(encoding="utf-8", errors="replace").strip()
    return " ".join(text[-500:].split()) or "nothing"
