"""Several processes that rank for many shoppers, each with a bundle of its own in memory and one thread."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.errors import BundleError, ToyGuideError
from data.processes import follow_parent, one_thread
from recommender.serving.batch import Known, rank_asks
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle
from recommender.serving.policy.mask import HouseLists

_AHEAD: Final = 2
"""Chunks that wait for each worker: enough that none idles, and few enough that memory stays bounded."""


@dataclass(frozen=True)
class Errand:
    """What every worker is told once. model: what the bundle must hold; batch: shoppers ranked in one run."""

    bundle: Path
    model: str
    k: int
    batch: int
    default_youngest_months: int
    house: HouseLists


class Ranked(NamedTuple):
    """The lists of a chunk, −1 at their end: toys int32 [S, k], scores float32.

    cpu_seconds: what they took; peak_mib: the most memory that their worker ever held
    """

    toys: NDArray[np.int32]
    scores: NDArray[np.float32]
    cpu_seconds: float
    peak_mib: float


_opened: tuple[Engine, Errand] | ToyGuideError
"""A worker's own."""


def rank_in_parallel(errand: Errand, chunks: Iterable[Sequence[Known]], workers: int) -> Generator[Ranked, None, None]:
    """The lists of every chunk, in order, whoever made them.

    Raises ToyGuideError if a worker is killed, and what a worker raises; all of them end with the iterator.
    """
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _open, (errand,))
    waiting: deque[Future[Ranked]] = deque()
    try:
        for chunk in chunks:
            with one_thread():
                waiting.append(executor.submit(_rank, chunk))
            if len(waiting) > _AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        _let_go(executor)
        raise ToyGuideError(
            "A worker was killed before it was done. Nothing was written: give the same command again, with fewer "
            "--workers or a smaller --batch if memory ran out."
        ) from None
    finally:
        executor.shutdown(cancel_futures=True)


def _let_go(executor: ProcessPoolExecutor) -> None:
    """Let a pool whose workers are gone end.

    Python before 3.11.5, Debian 12's among them, waits for ever for one of them to take a chunk that a pipe does not
    hold (python/cpython, issue 94777).
    """
    if sys.version_info < (3, 11, 5):
        executor._call_queue._reader.close()  # type: ignore[attr-defined]  # what Python itself does since then


def _open(errand: Errand) -> None:
    global _opened
    follow_parent()
    try:
        engine = load_bundle(errand.bundle, errand.default_youngest_months)
        if engine.model != errand.model:
            raise BundleError(f"The bundle in {errand.bundle} was changed meanwhile. Give the same command again.")
        _opened = engine, errand
    except ToyGuideError as error:
        _opened = error  # an initialiser that fails would be taken for a worker that was killed


def _rank(chunk: Sequence[Known]) -> Ranked:
    if isinstance(_opened, ToyGuideError):
        raise _opened
    engine, errand = _opened
    started = time.process_time()
    toys = np.full((len(chunk), errand.k), -1, np.int32)
    scores = np.zeros((len(chunk), errand.k), np.float32)
    for start in range(0, len(chunk), errand.batch):
        rows = slice(start, start + errand.batch)
        found, values = rank_asks(engine, [known.ask() for known in chunk[rows]], errand.k, errand.house)
        toys[rows, : found.shape[1]], scores[rows, : found.shape[1]] = found, values
    return Ranked(toys, scores, time.process_time() - started, _peak_mib())


def _peak_mib() -> float:
    """The most memory this process ever held, nan where the system does not say; getrusage counts its starter too."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return float("nan")
