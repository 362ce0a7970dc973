"""The three standard streams, as a cron job or a service manager may leave them: closed, or full."""

from __future__ import annotations

import os
import sys
from typing import Final

_MODES: Final = {"stdin": "r", "stdout": "w", "stderr": "w"}


def open_missing() -> None:
    """Let a stream that was closed before the start lead to /dev/null.

    Python has None in its place, which nobody prints to; and a file opened later, such as a database, would get its
    number, and whatever a library writes to standard output.
    """
    for name, mode in _MODES.items():
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: the stream's own
            os.set_inheritable(descriptor, True)  # also for the kiosk, which takes this process's place
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))


def give_up_stdout() -> None:
    """What still waits to be printed goes nowhere, or Python would complain when it flushes once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
