"""What a training cost: seconds of the clock, CPU seconds and, where the machine has a meter, joules.

The meter is Linux's powercap tree (RAPL): energy counters of each processor package, and of its memory where that is
apart. They count all that runs on the machine, and begin anew at the end of their range, after some twenty minutes of
full load: so they are looked at all along. Many machines let root alone read them, and virtual ones have none; then
nothing is said of energy. What is estimated is for whoever reads the record to estimate.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch

from recommender.learning.fit import Reporter
from recommender.learning.processes import process_count
from recommender.records import read_record

POWERCAP: Final = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Spent:
    """What a training cost.

    seconds: of the clock; cpu_seconds: of all cores, of children that were waited for too
    joules: of all processor packages of the machine, with whatever else ran there; None without a meter
    accelerator: the GPU that worked too, of which neither CPU seconds nor joules know; None without one
    left_out: what of the work is in none of these figures, in words
    """

    seconds: float
    cpu_seconds: float
    joules: float | None = None
    accelerator: str | None = None
    left_out: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """As a run record and a manifest keep it: `spent_from` reads it."""
        return asdict(self) | {"left_out": list(self.left_out)}


class Meter:
    """Runs from its making on."""

    def __init__(self, powercap: Path = POWERCAP) -> None:
        self._started, self._cpu = time.monotonic(), _cpu_seconds()
        self._counters = _counters(powercap)
        self._joules = 0.0

    def tick(self) -> None:
        """Look at the energy counters; to be called more often than they begin anew."""
        if self._counters is None:
            return
        try:
            self._joules += sum([counter.joules() for counter in self._counters])
        except (OSError, ValueError):
            self._counters = None  # a meter that fails on the way has not measured the whole

    def watching(self, report: Reporter | None) -> Reporter:
        """A reporter that looks at the counters, and then tells `report`."""

        def watched(note: str, done: int, total: int) -> None:
            self.tick()
            if report is not None:
                report(note, done, total)

        return watched

    def read(self, left_out: Sequence[str] = ()) -> Spent:
        """What was spent up to now by this process. left_out: what of the work it did not see, in words."""
        self.tick()
        return Spent(
            round(time.monotonic() - self._started, 1),
            round(_cpu_seconds() - self._cpu, 1),
            None if self._counters is None else round(self._joules, 1),
            _accelerator(),
            (*left_out, *_others()),
        )


def spent_from(said: object) -> Spent | None:
    """What a record says of it, as `Spent.record` gave it; None where it says nothing that can be read."""
    if not isinstance(said, dict):
        return None
    try:
        joules, left_out = said["joules"], [str(each) for each in said["left_out"]]
        return Spent(
            float(said["seconds"]),
            float(said["cpu_seconds"]),
            None if joules is None else float(joules),
            None if said["accelerator"] is None else str(said["accelerator"]),
            tuple(left_out),
        )
    except (KeyError, TypeError, ValueError):
        return None


def spent_by(runs: Sequence[Path], left_out: Sequence[str] = ()) -> dict[str, Any] | None:
    """What the runs in these folders cost together, as a record keeps it; None if one does not say, or there is none.

    Joules are None where one run has none. left_out: what of it is in none of these runs, in words
    Raises ToyGuideError for what is no run.
    """
    found = [spent_from(read_record(folder).record.get("spent")) for folder in runs]
    each = [one for one in found if one is not None]
    if not each or len(each) < len(found):
        return None
    joules = [one.joules for one in each if one.joules is not None]
    names = dict.fromkeys(one.accelerator for one in each if one.accelerator)
    return Spent(
        sum(one.seconds for one in each),
        sum(one.cpu_seconds for one in each),
        sum(joules) if len(joules) == len(each) else None,
        ", ".join(names) or None,
        tuple(dict.fromkeys([*(said for one in each for said in one.left_out), *left_out])),
    ).record()


class _Counter:
    """One energy counter of the powercap tree."""

    def __init__(self, zone: Path) -> None:
        self._file = zone / "energy_uj"
        self._range = int((zone / "max_energy_range_uj").read_text())
        self._last = int(self._file.read_text())

    def joules(self) -> float:
        """Since the last call."""
        now = int(self._file.read_text())
        passed, self._last = (now - self._last) % (self._range + 1), now
        return passed / 1e6


def _counters(powercap: Path) -> list[_Counter] | None:
    """A counter for each package and each memory; None where one of them cannot be read, or there is none.

    Other zones are parts of a package, or, like "psys", hold packages again.
    """
    try:
        zones = [zone for zone in sorted(powercap.glob("intel-rapl:*")) if _counts(zone)]
        return [_Counter(zone) for zone in zones] or None
    except (OSError, ValueError):
        return None


def _counts(zone: Path) -> bool:
    name = (zone / "name").read_text().strip()
    return name.startswith("package-") or name == "dram"


def _cpu_seconds() -> float:
    return sum(os.times()[:4])


def _others() -> list[str]:
    """The processes that train with this one, which have meters of their own."""
    others = process_count() - 1
    return [f"{others} other process{'es' if others > 1 else ''} that trained with it"] if others else []


def _accelerator() -> str | None:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None
