"""How many CPUs a process may use: those it may run on, and no more than a container's quota gives it time on."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


def usable_cpus() -> int:
    """The CPUs that this process may use, at least 1, where the system says."""
    return max(1, math.ceil(min(available_cpus(), cgroup_quota())))


def available_cpus() -> int:
    """The CPUs that this process may run on, whatever share of their time it is given; libraries count these."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cgroup_quota(root: Path = _CGROUPS, own: Path = _OWN) -> float:
    """As many CPUs' time Linux gives this process's cgroup (version 2) and those above it; inf where nothing limits it.

    root: where cgroups are mounted; own: the file that names the process's own
    """
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return math.inf
    name = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), "/")
    folder = root / name.lstrip("/")
    return min(_quota(each / "cpu.max") for each in (folder, *folder.parents) if each.is_relative_to(root))


def _quota(file: Path) -> float:
    """Of one cgroup: "200000 100000" is 2, "max 100000" is inf."""
    try:
        given, period = file.read_text(encoding="ascii").split()
        return math.inf if given == "max" else int(given) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
