from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.peers import environment
from app.peers.environment import STAMP, pins_of, ready, surroundings, up_to_date
from app.peers.side import contest
from data.errors import ToyGuideError


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pins of a peer that needs nothing, on a machine without any index."""
    monkeypatch.setattr(environment, "PINS", tmp_path)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    file = tmp_path / "stand-in.txt"
    file.write_text("# nothing\n", encoding="utf-8")
    return file


def test_an_environment_is_made_once_and_anew_for_other_pins(tmp_path: Path, pins: Path) -> None:
    folder = tmp_path / "made"
    python = ready("stand-in", folder)
    assert up_to_date(folder, pins.read_text(encoding="utf-8"))
    code = "import sys, importlib.util as found; print(sys.prefix, found.find_spec('app.peers.side.contest').origin)"
    surrounded = surroundings(tmp_path / "link", 3)
    shown = subprocess.run([python, "-P", "-c", code], check=True, capture_output=True, text=True, env=surrounded)
    prefix, origin = shown.stdout.split()
    assert Path(prefix) == folder
    assert Path(origin).resolve() == Path(contest.__file__).resolve()
    assert surrounded["OMP_NUM_THREADS"] == surroundings(tmp_path / "link", 3)["OPENBLAS_NUM_THREADS"] == "3"

    (folder / "mark").touch()
    assert ready("stand-in", folder) == python
    assert (folder / "mark").exists()

    pins.write_text("no-such-peer==1.0\n", encoding="utf-8")
    with pytest.raises(ToyGuideError, match=r"pip could not install no-such-peer==1\.0 into .*package index"):
        ready("stand-in", folder)
    assert not (folder / STAMP).exists()  # half an environment is never taken for a whole one


def test_a_stamp_of_other_pins_or_none_is_not_up_to_date(tmp_path: Path) -> None:
    assert not up_to_date(tmp_path, "x==1")
    (tmp_path / STAMP).write_bytes(b"\xff")
    assert not up_to_date(tmp_path, "x==1")


def test_every_pin_names_one_version() -> None:
    for name in ("implicit", "rectools"):
        assert all("==" in line for line in pins_of(name).splitlines()), name


def test_what_python_cannot_make_is_said_in_one_sentence(tmp_path: Path, pins: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ToyGuideError, match="could make no environment"):
        ready("stand-in", tmp_path / "file")
    shutil.rmtree(tmp_path / "file.lock")
