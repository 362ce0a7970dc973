"""Environments of their own for the peers: their dependencies never meet ours."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import app
from app.torch_index import torch_index
from data.atomic import alone_in
from data.errors import ToyGuideError

PINS: Final = Path(__file__).parent / "pins"
STAMP: Final = "pins-installed"
_SAID: Final = 3  # of pip's last lines, where it fails
_PIP: Final = (sys.executable, "-m", "pip", "--disable-pip-version-check")  # ours, which can install for another Python
_TORCH: Final = "torch=="


def ready(name: str, folder: Path) -> Path:
    """The interpreter of the environment `folder`, made or made anew unless just the pins `name` are installed there.

    Raises ToyGuideError if Python can make no environment, or pip cannot install the pins.
    """
    pins = pins_of(name)
    python = folder / "bin" / "python"
    with alone_in(folder.with_name(f"{folder.name}.lock"), "bench peers"):
        if up_to_date(folder, pins):
            return python
        print(f"Making an environment for {name} in {folder} (once) …", file=sys.stderr, flush=True)
        made = _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder))
        if made.returncode:
            raise ToyGuideError(
                f"Python could make no environment in {folder}: {_last(made.stderr)} "
                "On Debian or Ubuntu it needs the package python3-venv."
            )
        index = torch_index() if _TORCH in pins else None
        asked = ["--extra-index-url", index] if index else []
        got = _run(*_PIP, "--python", str(python), "install", "-q", *asked, "-r", str(_file(name)))
        if got.returncode:
            raise ToyGuideError(
                f"pip could not install {', '.join(pins.split())} into {folder}: {_last(got.stderr)} Connect this "
                "machine to a package index, or name one that it reaches in pip's own settings, such as PIP_INDEX_URL."
            )
        (folder / STAMP).write_text(stamp_of(pins), encoding="utf-8")
    return python


def up_to_date(folder: Path, pins: str) -> bool:
    """Whether just `pins` are installed in `folder`, for this Python."""
    try:
        return (folder / STAMP).read_text(encoding="utf-8") == stamp_of(pins)
    except (OSError, UnicodeDecodeError):
        return False


def pins_of(name: str) -> str:
    """The pins of a peer, as pip reads them."""
    return _file(name).read_text(encoding="utf-8")


def surroundings(link: Path, threads: int) -> dict[str, str]:
    """The variables for a process in a peer's environment: so many threads, and our part of the contest in sight.

    link: a folder that is made to hold a link to this package and nothing else, so that what is installed beside
    ToyGuide stays out of the peer's sight
    """
    link.mkdir(parents=True, exist_ok=True)
    (link / "app").unlink(missing_ok=True)
    (link / "app").symlink_to(Path(app.__file__).parent, target_is_directory=True)
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    return kept | {"PYTHONPATH": str(link)} | threads_of(threads)


def threads_of(threads: int) -> dict[str, str]:
    """The variables that hold every library to so many threads."""
    return {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}


def _file(name: str) -> Path:
    return PINS / f"{name}.txt"


def stamp_of(pins: str) -> str:
    """What says that `pins` are installed, for this Python."""
    return hashlib.sha256(f"{pins}\0{sys.version}".encode()).hexdigest()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _last(said: str) -> str:
    lines: Sequence[str] = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return " ".join(errors[-_SAID:])
