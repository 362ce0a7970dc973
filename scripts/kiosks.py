"""A kiosk in a process of its own, and a bundle for it: what the long checks have in common."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from app.ports import bind
from data.schema import Toy
from tests.conftest import tiny_toys, write_bundle

ROOT = Path(__file__).parents[1]
TOYGUIDE = [sys.executable, "-P", "-m", "app.cli"]
START_SECONDS = 240
STOP_SECONDS = 60
STOPPED = (0, 128 + signal.SIGTERM, -signal.SIGTERM)


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """This process's environment with these settings of the kiosk."""
    stated = {f"TOYGUIDE_KIOSK_{name}": str(value) for name, value in settings.items()}
    return {**os.environ, "PYTHONPATH": str(ROOT), **stated}


def start(
    bundle: Path, database: Path, log: Path, settings: Mapping[str, object] | None = None
) -> tuple[subprocess.Popen[bytes], str]:
    """(process, address) of a kiosk that answers. Raises RuntimeError if it does not come up."""
    with bind("127.0.0.1", 0) as reserved:  # held until the kiosk listens there: nobody else is given this port
        port = reserved.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        command = [*TOYGUIDE, "kiosk", "--bundle", str(bundle), "--database", str(database), "--port", str(port)]
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stderr=stream, cwd=log.parent, env=environment(settings or {}))
        try:
            until(lambda: ready(address), process)
        except RuntimeError as error:
            process.kill()
            process.wait()
            raise RuntimeError(f"The kiosk did not come up: {log.read_text(encoding='utf-8')[-2000:]}") from error
    return process, address


def stop(process: subprocess.Popen[bytes], log: Path) -> None:
    """Tell the kiosk to stop. Raises RuntimeError if it left as no kiosk should."""
    process.terminate()
    if process.wait(timeout=STOP_SECONDS) not in STOPPED:
        raise RuntimeError(f"The kiosk left with {process.returncode}: {log.read_text(encoding='utf-8')[-2000:]}")


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = START_SECONDS) -> None:
    """Wait for `condition`. Raises RuntimeError if the process ends, or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("The kiosk did not get there.")
        time.sleep(0.01)


def ready(address: str) -> bool:
    """Does the kiosk answer requests?"""
    try:
        return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def made(folder: Path, toys: Sequence[Toy] | None = None, width: int = 8) -> Path:
    """A bundle of `toys` (by default a handful) and the tests' hand-made student of that width."""
    return write_bundle(folder, tiny_toys() if toys is None else toys, width=width)
