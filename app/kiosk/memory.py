"""Memory is given back to the system: a mini-PC has little, and a kiosk runs for months."""

from __future__ import annotations

import ctypes
import gc


def settle_memory() -> None:
    """Drop what nothing uses, and let what is left be walked by no collection in the middle of an answer."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.enable()
    trim_memory()


def trim_memory() -> None:
    """Let the system have what was freed, in well under a millisecond; glibc keeps it for itself otherwise."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # of glibc alone
        trim(0)
