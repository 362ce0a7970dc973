"""A stand-in takes the place of a peer: an environment that holds it instead, and counts how often it is run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import app
from app.peers.environment import STAMP, pins_of, stamp_of
from app.peers.measure import PEERS, Place, peer_step
from data.errors import ToyGuideError

STAND_IN = """
import json, os, pathlib, sys
step, data, folder = sys.argv[1:4]
of = sys.argv[sys.argv.index("--of") + 1]
if step == "list":
    sys.exit("no lists today")
pathlib.Path(folder).mkdir(exist_ok=True)
runs = pathlib.Path(folder, step + ".runs")
runs.write_text((runs.read_text() if runs.exists() else "") + "x")
said = {"of": of, "chosen": {"words": sys.argv[4:6]}, "threads": os.environ["OMP_NUM_THREADS"]}
pathlib.Path(folder, step + ".json").write_text(json.dumps(said | {"runs": len(runs.read_text())}))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    environment = tmp_path / "environments" / "implicit"
    side = tmp_path / "app" / "peers" / "side"
    side.mkdir(parents=True)
    for package in (side, side.parent, side.parent.parent):
        (package / "__init__.py").touch()
    (side / "als.py").write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setattr(app, "__file__", str(tmp_path / "app" / "__init__.py"))
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    (environment / STAMP).write_text(stamp_of(pins_of("implicit")), encoding="utf-8")
    return Place(tmp_path / "out", tmp_path / "environments", tmp_path / "data.npz", "a digest", 3)


def test_a_step_that_is_done_is_taken_over_until_what_it_is_of_changes(place: Place) -> None:
    place.out.mkdir()
    first = peer_step(place, PEERS["als"], "learn", 5.0)
    assert (first["runs"], first["threads"], first["chosen"]) == (1, "3", {"words": ["--minutes", "5.0"]})
    assert peer_step(place, PEERS["als"], "learn", 5.0) == first
    assert peer_step(place, PEERS["als"], "ask")["runs"] == 1
    assert peer_step(place, PEERS["als"], "ask")["runs"] == 1
    assert peer_step(place, PEERS["als"], "ask", again=True)["runs"] == 2
    assert peer_step(place, PEERS["als"], "learn", 6.0)["runs"] == 2
    assert peer_step(place, PEERS["als"], "ask")["runs"] == 3  # another model was chosen
    code = Path(app.__file__).parent / "peers" / "side" / "als.py"
    code.write_text(f"{STAND_IN}\n# with another grid\n", encoding="utf-8")
    assert peer_step(place, PEERS["als"], "learn", 6.0)["runs"] == 3


def test_a_peer_that_fails_is_named_with_its_step(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.out.mkdir()
    with pytest.raises(
        ToyGuideError, match="implicit's ALS failed at 'list' with exit status 1; what it said is above"
    ):
        peer_step(place, PEERS["als"], "list")
    assert "no lists today" in capfd.readouterr().err
