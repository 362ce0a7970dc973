"""How the kiosk stops: it says that it does, answers what was begun, and then leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import FrameType

import uvicorn


class StoppingServer(uvicorn.Server):
    """A server that, told to stop, first tells `stopping`, and takes requests for `drain_seconds` more.

    By then a watcher has seen that the kiosk is not ready and sends shoppers elsewhere. A second signal does not wait.
    """

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None], drain_seconds: float) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._drain_seconds = drain_seconds
        self._leave_at: float | None = None
        self._told: tuple[int, FrameType | None] = (0, None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGINT or SIGTERM came."""
        self._stopping()
        if self._leave_at is None and self._drain_seconds > 0:
            self._leave_at = time.monotonic() + self._drain_seconds
            self._told = sig, frame
            return
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: is it time to leave?"""
        if self._leave_at is not None and not self.should_exit and time.monotonic() >= self._leave_at:
            super().handle_exit(*self._told)
        if self.should_exit:
            # Uvicorn is about to close what is idle, also a connection whose request has come and is not read yet.
            # Two turns of the loop: in the first one it is read, in the second one it is under way.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return await super().on_tick(counter)
