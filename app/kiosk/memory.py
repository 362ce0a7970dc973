"""Memory is given back when an engine goes: a mini-PC has little, and a kiosk runs for months."""

from __future__ import annotations

import ctypes
import gc


def settle_memory() -> None:
    """Drop what nothing uses, and let what is left be walked by no collection in the middle of an answer."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.enable()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc keeps what was freed for itself otherwise
        trim(0)
