"""Both faces at once: the kiosk API and the shop as two processes of their own, ended together."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final

from rich.console import Console

from app.cli.console import ERR, OUT
from app.ports import free_port
from data.errors import ToyGuideError

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 240
STOP_SECONDS: Final = 15


def check_ports(ports: Mapping[str, int]) -> None:
    """Raise ToyGuideError, naming the option, if one of the ports cannot be had: before anything slow begins."""
    for option, port in ports.items():
        free_port(HOST, port, option)


def serve_both(bundle: Path, database: Path, port: int, shop_port: int, console: Console = OUT) -> None:
    """Start the kiosk and the shop, print their addresses, and wait until one ends or Ctrl-C or SIGTERM comes."""
    api, shop = f"http://{HOST}:{port}", f"http://{HOST}:{shop_port}"
    command = [sys.executable, "-P", "-m", "app.cli"]  # -P: what lies in the current folder is not imported
    running: list[subprocess.Popen[bytes]] = []
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        kiosk_options = ["--bundle", str(bundle), "--database", str(database), "--port", str(port)]
        running.append(subprocess.Popen([*command, "kiosk", *kiosk_options]))
        _wait_for(f"{api}/readyz", running)
        running.append(subprocess.Popen([*command, "shop", "--api", api, "--port", str(shop_port)]))
        _wait_for(f"{shop}/_stcore/health", running)
        console.print(f"\nShop:      {shop}\nKiosk API: {api}/docs\n\nCtrl-C stops both.")
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
    except KeyboardInterrupt:
        ERR.print("Stopping.")
    finally:
        signal.signal(signal.SIGTERM, previous)
        for process in reversed(running):
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _wait_for(address: str, running: list[subprocess.Popen[bytes]]) -> None:
    """Ask `address` until it answers; raise ToyGuideError if a process ends first or it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in running):
            raise ToyGuideError("The kiosk or the shop ended before it was ready; its message is above.")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ToyGuideError(f"{address} did not answer within {START_SECONDS} s.")
