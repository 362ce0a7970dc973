"""How the libraries that compute in several threads are to behave, said before any of them is imported."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

from data.cpus import available_cpus, usable_cpus

_THREADS: Final = "OMP_NUM_THREADS"
_WAITING: Final = "OMP_WAIT_POLICY"
_WAITED: Final = (_WAITING, "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")
"""What says how OpenMP's threads wait for each other; the last three are those of GNU's and of LLVM's and Intel's."""


def settle_threads(environment: MutableMapping[str, str] | None = None) -> None:
    """For who did not say otherwise: OpenMP's threads sleep while they wait, and are no more than there is time for.

    By default they wait for each other in a loop that keeps a whole core busy. Where another process has the core that
    one of them needs, the others take from it the time that it waits for. docs/retrain.md has the figures.
    """
    told = os.environ if environment is None else environment
    if not any(name in told for name in _WAITED):
        told[_WAITING] = "PASSIVE"
    if _THREADS not in told and usable_cpus() < available_cpus():
        told[_THREADS] = str(usable_cpus())
