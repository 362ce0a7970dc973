"""What a training cost is measured, and nothing is said of what no meter saw."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import ToyGuideError
from recommender.learning.meter import Meter, Spent, spent_by, spent_from

RANGE = 1_000_000_000


def put_zone(root: Path, place: str, name: str, microjoules: int) -> Path:
    zone = root / f"intel-rapl:{place}"
    zone.mkdir(parents=True, exist_ok=True)
    (zone / "name").write_text(f"{name}\n")
    (zone / "energy_uj").write_text(f"{microjoules}\n")
    (zone / "max_energy_range_uj").write_text(f"{RANGE}\n")
    return zone


def put_run(folder: Path, spent: object) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"kind": "teacher", "spent": spent}))
    return folder


def test_joules_of_packages_and_memory_are_counted_beyond_the_end_of_a_counter(tmp_path: Path) -> None:
    first = put_zone(tmp_path, "0", "package-0", RANGE - 5_000_000)
    put_zone(tmp_path, "0:0", "core", 0)
    memory = put_zone(tmp_path, "0:1", "dram", 0)
    second = put_zone(tmp_path, "1", "package-1", 100)
    whole = put_zone(tmp_path, "2", "psys", 0)
    meter = Meter(tmp_path)
    told: list[int] = []
    report = meter.watching(lambda _, done, __: told.append(done))
    (whole / "energy_uj").write_text("900000000")  # holds the packages again
    (first / "energy_uj").write_text("2000000")  # began anew: 5 J to the end of its range, 2 J since
    report("", 3, 10)
    (first / "energy_uj").write_text("4000000")
    (memory / "energy_uj").write_text("1500000")
    (second / "energy_uj").write_text("10000100")
    assert meter.read().joules == pytest.approx(7 + 2 + 1.5 + 10, abs=0.1)
    assert told == [3]


@pytest.mark.parametrize("missing", ["energy_uj", "max_energy_range_uj"])
def test_of_a_meter_that_cannot_be_read_nothing_is_said(tmp_path: Path, missing: str) -> None:
    put_zone(tmp_path, "0", "package-0", 5)
    (put_zone(tmp_path, "1", "package-1", 5) / missing).unlink()
    assert Meter(tmp_path).read().joules is None
    assert Meter(tmp_path / "nowhere").read().joules is None


def test_a_meter_that_fails_on_the_way_has_not_measured(tmp_path: Path) -> None:
    zone = put_zone(tmp_path, "0", "package-0", 5)
    meter = Meter(tmp_path)
    (zone / "energy_uj").write_text("garbage")
    meter.tick()
    (zone / "energy_uj").write_text("10")
    assert meter.read().joules is None


def test_the_work_of_children_counts(tmp_path: Path) -> None:
    meter = Meter(tmp_path)
    code = "import time\nwhile time.process_time() < 0.4: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    spent = meter.read(["the rest"])
    assert spent.cpu_seconds >= 0.4
    assert spent.seconds >= 0.4
    assert spent.left_out == ("the rest",)


def test_other_processes_have_meters_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert Meter().read(["this"]).left_out == ("this", "2 other processes that trained with it")


def test_what_is_kept_is_read_again_and_garbage_is_nothing() -> None:
    spent = Spent(2.5, 4.0, 31.5, "a GPU", ("this", "that"))
    assert spent_from(json.loads(json.dumps(spent.record()))) == spent
    for garbage in (None, 3, {}, {**spent.record(), "seconds": "long"}, {**spent.record(), "left_out": 7}):
        assert spent_from(garbage) is None


def test_several_runs_together(tmp_path: Path) -> None:
    one = put_run(tmp_path / "one", Spent(2.0, 3.0, 10.0, None, ("this",)).record())
    two = put_run(tmp_path / "two", Spent(5.0, 7.0, 20.0, None, ("this", "that")).record())
    unmetered = put_run(tmp_path / "three", Spent(1.0, 1.0).record())
    old = put_run(tmp_path / "four", None)
    assert spent_from(spent_by([one, two])) == Spent(7.0, 10.0, 30.0, None, ("this", "that"))
    together = spent_from(spent_by([one, unmetered]))
    assert together is not None
    assert (together.cpu_seconds, together.joules) == (4.0, None)
    assert spent_by([one, old]) is None
    assert spent_by([]) is None
    with pytest.raises(ToyGuideError, match="holds no run"):
        spent_by([tmp_path / "nowhere"])
