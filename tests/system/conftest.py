"""The real stack: a kiosk and a shop as processes of their own on free ports, and the system's Chromium."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import bind

CHROMIUM_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_SECONDS = 240
STOP_SECONDS = 60
SEEN_SECONDS = 60
"""How long a journey waits for what it is to see: two of them share two cores, and no test here is about time."""


class Face:
    """One `toyguide` command that listens; it can be stopped and started again at the same address."""

    def __init__(self, folder: Path, verb: str, probe: str, *options: str) -> None:
        self._reserved = bind("127.0.0.1", 0)  # held, or another process may take it while this one is stopped
        self.port = self._reserved.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "app.cli", verb, "--port", str(self.port), *options]
        self._folder, self._probe, self._log = folder, self.address + probe, folder / f"{verb}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=self._folder, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, f"it ended: {self.said()}"
            assert time.monotonic() < deadline, f"it did not answer: {self.said()}"
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_SECONDS)

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._probe, timeout=30) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """The system's browser under Playwright; these tests fail without it, they are not skipped."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=SEEN_SECONDS * 1000)
    path = shutil.which("chromium")
    assert path, "Debian's chromium is needed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()
