"""`toyguide bench sizes` on a small bundle: every figure is there, what is made is used again, mistakes are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.cli.sizes.rounds import BEAMS
from data.dataset import save_dataset
from data.errors import ToyGuideError
from data.world.simulate import WorldOptions, simulate
from distillation.untrained import untrained_bundle

TOYS = 200


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle and the dataset of its toys, as `demo` leaves it."""
    folder = tmp_path_factory.mktemp("shop")
    dataset = simulate(WorldOptions(toys=TOYS, shoppers=50, events=500, seed=0))
    untrained_bundle(folder / "bundle", dataset)
    save_dataset(dataset, folder / "dataset")
    return folder


def test_every_way_is_measured_over_smaller_and_larger_catalogues(shop: Path, tmp_path: Path) -> None:
    words = ["bench", "sizes", "--from", str(shop), "--toys", "2000", "--toys", "100", "--toys", "2000"]
    words += ["--requests", "20", "--rounds", "2", "--k", "5", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (found["real_toys"], found["width"], found["k"], found["requests"]) == (TOYS, 64, 5, 20)
    assert [each["toys"] for each in found["sizes"]] == [100, 2000]
    for size in found["sizes"]:
        assert 0.1 < size["share"] < 1
        assert [way["way"] for way in size["ways"]] == ["rules", "float32", "int8", *["index"] * len(BEAMS)]
        assert [way["beam"] for way in size["ways"]][3:] == [5 * lists for lists in BEAMS]
        for way in size["ways"]:
            assert 0 < way["milliseconds"] <= way["p95"]
            assert 0 < way["over_low"] <= way["over"] <= way["over_high"]
            assert 0 < way["recall"] <= 1
        recalls = {way["way"]: way["recall"] for way in size["ways"]}  # of the index, the widest beam's
        assert recalls["float32"] == 1
        assert recalls["int8"] > 0.97
        assert recalls["index"] > 0.9
    assert set(found["likeness"]) == {"real", "grown", "noise"}
    assert len(found["says"]) == 3
    assert json.loads((tmp_path / "out" / "sizes.json").read_text(encoding="utf-8")) == found
    assert (tmp_path / "out" / "sizes.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "## 2,000 toys, of which masks allow" in (tmp_path / "out" / "sizes.md").read_text(encoding="utf-8")

    made = {file: file.stat().st_mtime_ns for file in (tmp_path / "out").glob("*-*")}
    assert len(made) == 6, "a catalogue, an index and its record of each size"
    again = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "The index answers sooner than exact float32" in again.stdout
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "out").glob("*-*")} == made, "used again"


def test_mistakes_are_one_sentence(shop: Path, bundle: Path, tmp_path: Path) -> None:
    save_dataset(simulate(WorldOptions(toys=80, shoppers=30, events=400, seed=2)), tmp_path / "other")
    (tmp_path / "file").write_text("", encoding="utf-8")
    for words, wrong in (
        (["--toys", "99"], "'--toys' parameter of bench sizes must be an int in \\[100, 10,000,000\\]. Got 99"),
        (["--from", str(tmp_path)], "bundle does not exist"),
        (["--data", str(tmp_path / "other")], "other is not of the toys of .*bundle"),
        (["--bundle", str(bundle)], "holds 12 toys; bench sizes needs more than 16"),
        (["--out", str(tmp_path / "file")], "'--out' parameter of bench sizes must be a folder"),
    ):
        with pytest.raises(ToyGuideError, match=wrong):
            CliRunner().invoke(app, ["bench", "sizes", "--from", str(shop), *words], catch_exceptions=False)


def test_a_measurement_that_breaks_off_says_why(tmp_path: Path) -> None:
    from app.cli.sizes.worker import Job, run_job

    with pytest.raises(ToyGuideError, match=r"The measurement of toys\.npz broke off: .*No such file"):
        run_job(Job("bundle", "asked.npz", str(tmp_path / "toys.npz"), "index", 1.0, 5, 1))
