"""Processes that work for the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Final

_THREADS: Final = "OMP_NUM_THREADS"


def follow_parent() -> None:
    """Leave Ctrl-C to the process that started this one, and end with it, whatever ends it, be it `kill -9`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it reaches all; who started us ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Processes that are started meanwhile use one thread each: their libraries read it when they are imported."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
