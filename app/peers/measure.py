"""The steps of every contestant, each a process of its own; what is done is taken over."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import app
from app.peers.environment import pins_of, ready, surroundings, threads_of
from data.errors import ToyGuideError


@dataclass(frozen=True)
class Peer:
    """Another project's recommender. pins: the file of `pins/` that its environment is made from"""

    name: str
    title: str
    pins: str

    @property
    def module(self) -> str:
        """What runs in its environment."""
        return f"app.peers.side.{self.name}"


PEERS: Final = {
    peer.name: peer
    for peer in (Peer("als", "implicit's ALS", "implicit"), Peer("sasrec", "RecTools' SASRec", "rectools"))
}


LINK: Final = "side"


@dataclass(frozen=True)
class Place:
    """Where a run keeps things. data: what was handed over; threads: that every process may use"""

    out: Path
    environments: Path
    data: Path
    digest: str
    threads: int


def peer_step(place: Place, peer: Peer, step: str, minutes: float = 0.0, again: bool = False) -> dict[str, Any]:
    """The figures of one step of a peer. Raises ToyGuideError if it fails."""
    environment = place.environments / peer.pins
    folder = place.out / peer.name
    of = {"data": place.digest, "pins": pins_of(peer.pins).split(), "threads": place.threads}
    words = [str(place.data), str(folder)]
    if step == "learn":
        of |= {"minutes": minutes, "code": digest_of(peer)}  # what may be chosen from stands there
        words += ["--minutes", str(minutes)]
    else:
        of |= {"learned": _learned(folder)}
    command = [str(ready(peer.pins, environment)), "-P", "-W", "ignore", "-m", peer.module, step, *words]
    return _step(peer.title, step, folder, of, command, surroundings(place.out / LINK, place.threads), again)


def own_step(
    place: Place,
    kind: str,
    step: str,
    dataset: Path,
    folder: Path,
    made: str,
    teacher: Path | None = None,
    again: bool = False,
) -> dict[str, Any]:
    """The figures of one step of a teacher, student or bundle of ours, whose digest is `made`."""
    out = place.out / f"own-{kind}"
    of = {"data": place.digest, "made": made, "threads": place.threads}
    words = [str(place.data), str(out), kind, str(dataset.resolve()), str(folder.resolve())]
    words += ["--teacher", str(teacher.resolve())] if teacher else []
    command = [sys.executable, "-P", "-m", "app.peers.own", step, *words]
    return _step(kind, step, out, of, command, dict(os.environ) | threads_of(place.threads), again)


def toyguide(place: Place, *words: str) -> None:
    """Run a command of ours in a process with the same threads as everybody. Raises ToyGuideError if it fails."""
    surrounded = dict(os.environ) | threads_of(place.threads)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app.cli", *words], check=False, env=surrounded, stdout=sys.stderr
    )
    if done.returncode:
        raise ToyGuideError(f"'toyguide {' '.join(words)}' ended with {done.returncode}; what it said is above.")


def _step(
    title: str,
    step: str,
    folder: Path,
    of: dict[str, Any],
    command: list[str],
    environment: dict[str, str],
    again: bool,
) -> dict[str, Any]:
    file = folder / f"{step}.json"
    label = json.dumps(of)
    if not again and (kept := _read(file)).get("of") == label:
        return kept
    print(f"{title}: {step}", file=sys.stderr, flush=True)
    timed = [*command, "--of", label, "--born", str(time.monotonic())]
    done = subprocess.run(timed, check=False, env=environment, stdout=sys.stderr)
    if done.returncode:
        raise ToyGuideError(f"{title} failed at '{step}' with exit status {done.returncode}; what it said is above.")
    return _read(file)


def digest_of(peer: Peer) -> str:
    """Of what runs in the peer's environment."""
    file = Path(app.__file__).parent / "peers" / "side" / f"{peer.name}.py"
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _learned(folder: Path) -> Any:
    return _read(folder / "learn.json").get("chosen")


def _read(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
