"""How every peer is run: one process a step, the same steps, the same clock. Standard library and numpy alone.

    python -m app.peers.side.als learn DATA FOLDER --minutes 120 --threads 1
    python -m app.peers.side.als list  DATA FOLDER --threads 1     every query's best 20 toys
    python -m app.peers.side.als ask   DATA FOLDER --threads 1     one shopper at a time: times, memory, start
    python -m app.peers.side.als pace  DATA FOLDER --threads 1     how long learning takes, once more

DATA is what `app.peers.exchange.hand_over` wrote; it holds no target of the test part. Each step writes
`FOLDER/<step>.json` (and `list` also `lists.npy`, int32 [Q, 20], toys from 1, −1 where a list ends).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

LISTED = 20
"""Toys of a list that is judged."""
ASKED = 10
"""Toys of a list that is timed."""
WARM_UP = 20
"""Requests before the clock counts."""


@dataclass(frozen=True)
class Histories:
    """What shoppers met, oldest first: shopper s holds `toys[offsets[s]:offsets[s + 1]]`, numbers from 1.

    toys: int32 [E]; offsets: int64 [S + 1]
    """

    toys: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self.toys[self.offsets[row] : self.offsets[row + 1]]

    @property
    def rows(self) -> NDArray[np.int64]:
        """int64 [E]: the shopper of each contact."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


@dataclass(frozen=True)
class Data:
    """What a peer is given.

    train: what it learns from; validation, targets int32 [V]: queries and what was taken next, to choose by
    queries: whom lists are wanted for; what they took next is not told
    timed: int64 [R], the queries that are timed; digest: of all of it
    """

    n_toys: int
    train: Histories
    validation: Histories
    targets: NDArray[np.int32]
    queries: Histories
    timed: NDArray[np.int64]
    digest: str


class Askable(Protocol):
    """A recommender that can be asked for one shopper's toys."""

    def load(self, data: Data, folder: Path) -> None:
        """Make what is kept in `folder` ready to answer."""

    def answer(self, history: NDArray[np.int32], k: int) -> Sequence[int]:
        """The best k toys for one shopper, none of `history`, as a user of it asks for them."""

    def bare(self, history: NDArray[np.int32], k: int) -> Sequence[int] | None:
        """The same without the wrapping of data around the model; None where there is no such way."""


class Peer(Askable, Protocol):
    """A peer's recommender: how it learns, too, and how lists for many are had."""

    def learn(self, data: Data, folder: Path, minutes: float) -> dict[str, Any]:
        """Choose settings on the validation part in so much processor time, keep the best model; what was done."""

    def pace(self, data: Data, folder: Path) -> dict[str, Any]:
        """Learn again as chosen, long enough to tell how long it takes; nothing is kept."""

    def lists(self, histories: Histories, k: int) -> NDArray[np.int32]:
        """int32 [len(histories), k]: the best k toys of each, none of its history; −1 where a list ends."""


def read_data(file: Path) -> Data:
    """The data that was handed over in `file`."""
    with np.load(file, allow_pickle=False) as kept:
        return Data(
            int(kept["n_toys"]),
            Histories(kept["train_toys"], kept["train_offsets"]),
            Histories(kept["validation_toys"], kept["validation_offsets"]),
            kept["targets"],
            Histories(kept["query_toys"], kept["query_offsets"]),
            kept["timed"],
            str(kept["digest"]),
        )


def run(peer: Peer) -> None:
    """Do the step that the command line names."""
    born = time.monotonic()
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=["learn", "list", "ask", "pace"])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--born", type=float, default=born, help="time.monotonic() as the process was asked for")
    parser.add_argument("--of", default="", help="what the figures are of, written beside them")
    asked = parser.parse_args()
    others = others_since()
    data = read_data(asked.data)
    asked.folder.mkdir(parents=True, exist_ok=True)
    said: dict[str, Any]
    if asked.step == "learn":
        said = peer.learn(data, asked.folder, asked.minutes)
    elif asked.step == "pace":
        said = peer.pace(data, asked.folder)
    elif asked.step == "list":
        peer.load(data, asked.folder)
        started = time.monotonic()
        lists = peer.lists(data.queries, LISTED)
        said = {"seconds": time.monotonic() - started}
        np.save(asked.folder / "lists.npy", lists, allow_pickle=False)
    else:
        said = asked_one_by_one(peer, data, asked.folder, asked.born)
    write(asked.folder / f"{asked.step}.json", said | {"others": others(), "of": asked.of})


def asked_one_by_one(peer: Askable, data: Data, folder: Path, born: float) -> dict[str, Any]:
    """Start, memory and times of a process that answers one shopper after the other."""
    peer.load(data, folder)
    histories = [data.queries[int(row)] for row in data.timed]
    peer.answer(histories[0], ASKED)
    said: dict[str, Any] = {"start_seconds": time.monotonic() - born}
    said["milliseconds"] = milliseconds(lambda history: peer.answer(history, ASKED), histories)
    said["resident_mib"] = resident_mib()
    if peer.bare(histories[0], ASKED) is not None:
        said["bare_milliseconds"] = milliseconds(lambda history: peer.bare(history, ASKED), histories)
    said["peak_mib"] = peak_mib()
    return said


def milliseconds(ask: Callable[[NDArray[np.int32]], object], histories: Sequence[NDArray[np.int32]]) -> float:
    """The median time of one request, one after the other, after a warm-up."""
    for history in histories[:WARM_UP]:
        ask(history)
    times = []
    for history in histories:
        started = time.perf_counter()
        ask(history)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def ndcg_10(lists: NDArray[np.int32], targets: NDArray[np.int32]) -> float:
    """Mean NDCG@10 of lists with one target each: what settings are chosen by."""
    hit = lists[:, :10] == targets[:, None]
    return float((hit / np.log2(np.arange(2, 2 + hit.shape[1]))).sum(axis=1).mean())


def taken_over(
    grid: Sequence[dict[str, Any]], trials: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(those of `trials` whose settings are of the grid, the settings of the grid that none of them has)."""
    kept = [trial for trial in trials if any(settings.items() <= trial.items() for settings in grid)]
    left = [settings for settings in grid if not any(settings.items() <= trial.items() for trial in kept)]
    return kept, left


def resident_mib() -> float:
    """Memory that this process holds now, in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def peak_mib() -> float:
    """The most memory that this process ever held, in MiB (Linux); getrusage would count its parent's too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def others_since() -> Callable[[], float]:
    """Asked later, it tells how many cores other processes kept busy since now, on the whole (Linux)."""
    before = busy_seconds(), time.process_time(), time.monotonic()

    def others() -> float:
        whole, own, seconds = busy_seconds() - before[0], time.process_time() - before[1], time.monotonic() - before[2]
        return min(os.cpu_count() or 1, max(0.0, (whole - own) / seconds))  # the system counts in ticks of 10 ms

    return others


def busy_seconds() -> float:
    """Seconds that all cores together were not idle, since the machine was started (Linux)."""
    ticks = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def threads() -> int:
    """How many threads a peer may use: what the environment says, the same for all."""
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


def read(file: Path) -> dict[str, Any]:
    """What `write` wrote; empty where nothing is."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def write(file: Path, said: dict[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    temporary = file.with_suffix(".unfinished")
    temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    temporary.replace(file)


def note(sentence: str) -> None:
    """A line for whoever waits."""
    print(sentence, file=sys.stderr, flush=True)
