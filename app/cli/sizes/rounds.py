"""All ways over one catalogue, asked in turns: times, recall, memory. Run in a process like the kiosk's own.

Nothing here compares two runs: a machine has quiet hours and busy ones. The ways take turns block by block, and what is
counted is the processor's time: on a machine that does nothing else that is what one waits, on a busy one it hangs less
on the neighbours.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Final, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.cli.kiosk_figures import resident
from app.cli.kiosk_load import spread
from app.cli.sizes.asked import Asked, stretched
from app.cli.sizes.catalogue import Catalogue, open_index
from app.cli.sizes.verdict import FLOAT32, INDEX, INT8, RULES
from app.cli.sizes.ways import Beam, Float32, Int8
from app.kiosk.memory import settle_memory
from recommender.serving.policy.mask import allowed_mask
from recommender.serving.policy.shelf import Shelf

BEAMS: Final = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
"""How wide an index searches, in lists of k toys."""
BLOCK: Final = 10
"""Queries that one way answers before the next has its turn."""
MEGABYTE: Final = 1e6
_Given = ParamSpec("_Given")
_Thing = TypeVar("_Thing")


class Way(Protocol):
    """Anything that finds the best k toys that a mask allows; see `app.cli.sizes.ways`."""

    def best(self, query: NDArray[np.float32], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
        """int64 [≤ k], best first."""


@dataclass(frozen=True)
class Figures:
    """What one way costs over one catalogue.

    way: FLOAT32, INT8, INDEX, or RULES, the making of the mask, which every way needs
    beam: of an index, allowed toys that it looks at; 0 of the others
    recall: share of the exact k best that were found, mean over queries
    milliseconds, p95: of processor time, a request, one at a time, on one thread
    over: median time by that of FLOAT32 in the same round; lowest and highest of the rounds
    megabytes: resident memory that it added, 10⁶ bytes; None where the system does not say
    build_seconds: of an index, on all cores; disk_megabytes: as it is saved
    """

    way: str
    beam: int
    recall: float
    milliseconds: float
    p95: float
    over: float
    over_low: float
    over_high: float
    megabytes: float | None
    build_seconds: float | None = None
    disk_megabytes: float | None = None


@dataclass(frozen=True)
class _Contestant:
    """A way with what was seen of it. beam: see `Figures`; seconds: of each round; recalls: of each query, once"""

    way: Way
    kind: str
    beam: int
    seconds: list[list[float]]
    recalls: list[float]


def measure(
    catalogue: Catalogue, shelf: Shelf, asked: Asked, index_file: Path, build_seconds: float, k: int, rounds: int
) -> tuple[list[Figures], float]:
    """(the figures of every way, the share of toys that masks allow). shelf: the bundle's own."""
    grown, rows_of = stretched(shelf, catalogue.sources), catalogue.rows_of(len(shelf) - 1)
    situations = [asked.situation(row, rows_of) for row in range(len(asked))]
    contestants, memory = _contestants(catalogue, index_file, k, rounds)
    rules: list[list[float]] = [[] for _ in range(rounds)]
    shares: list[float] = []
    for number in range(rounds):
        for start in range(0, len(asked), BLOCK):
            block = range(start, min(start + BLOCK, len(asked)))
            masks = [_timed(rules[number], allowed_mask, grown, situations[row]).mask for row in block]
            exact: list[NDArray[np.int64]] = []
            for each in contestants:
                found = [
                    _timed(each.seconds[number], each.way.best, asked.queries[row], mask, k)
                    for row, mask in zip(block, masks, strict=True)
                ]
                exact = exact or found
                if number == 0:
                    each.recalls.extend(_recall(mine, best) for mine, best in zip(found, exact, strict=True))
            if number == 0:
                shares.extend(np.count_nonzero(mask) / len(catalogue) for mask in masks)
    base = contestants[0].seconds
    figures = [_figures(RULES, 0, 1.0, rules, base, None)]
    for each in contestants:
        found_of_it = _figures(each.kind, each.beam, fmean(each.recalls), each.seconds, base, memory[each.kind])
        if each.kind == INDEX:
            disk = index_file.stat().st_size / MEGABYTE
            found_of_it = replace(found_of_it, build_seconds=build_seconds, disk_megabytes=disk)
        figures.append(found_of_it)
    return figures, fmean(shares)


def _contestants(
    catalogue: Catalogue, index_file: Path, k: int, rounds: int
) -> tuple[list[_Contestant], dict[str, float | None]]:
    """(every way, FLOAT32 first; the memory that each kind of way added, 10⁶ bytes)."""
    codes, scale = catalogue.codes, catalogue.scale.astype(np.float32)
    memory: dict[str, float | None] = {}
    exact, memory[FLOAT32] = _weighed(lambda: Float32(codes, scale))
    narrow, memory[INT8] = _weighed(lambda: Int8(codes, scale))
    index, memory[INDEX] = _weighed(lambda: open_index(index_file, catalogue))
    ways: list[tuple[str, int, Way]] = [(FLOAT32, 0, exact), (INT8, 0, narrow)]
    ways += [(INDEX, k * lists, Beam(index, codes, scale, k * lists)) for lists in BEAMS]
    return [_Contestant(way, kind, beam, [[] for _ in range(rounds)], []) for kind, beam, way in ways], memory


def _weighed(make: Callable[[], _Thing]) -> tuple[_Thing, float | None]:
    """(what `make` makes, the resident memory that this process has more of for it, 10⁶ bytes)."""
    settle_memory()
    before = resident(os.getpid())
    thing = make()
    settle_memory()
    after = resident(os.getpid())
    return thing, None if before is None or after is None else (after - before) * 2**20 / MEGABYTE


def _timed(seconds: list[float], call: Callable[_Given, _Thing], *given: _Given.args, **named: _Given.kwargs) -> _Thing:
    """The answer of `call`; how long it took goes to `seconds`."""
    started = time.process_time()
    answer = call(*given, **named)
    seconds.append(time.process_time() - started)
    return answer


def _recall(found: NDArray[np.int64], best: NDArray[np.int64]) -> float:
    return len(np.intersect1d(found, best)) / len(best) if len(best) else 1.0


def _figures(
    way: str, beam: int, recall: float, rounds: list[list[float]], base: list[list[float]], megabytes: float | None
) -> Figures:
    whole = spread([second for each in rounds for second in each])
    over = [median(mine) / median(exact) for mine, exact in zip(rounds, base, strict=True)]
    return Figures(way, beam, recall, whole.median, whole.p95, median(over), min(over), max(over), megabytes)
