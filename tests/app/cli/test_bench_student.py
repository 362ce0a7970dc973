from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from data.dataset import save_dataset
from data.world.simulate import WorldOptions, simulate

SMALL = Path(__file__).parents[3] / "recommender" / "learning" / "presets" / "small.toml"


def call(*words: object) -> Result:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=2)), folder / "dataset")
    text = SMALL.read_text(encoding="utf-8").replace("epochs = 12", "epochs = 1").replace("width = 96", "width = 16")
    (folder / "tiny.toml").write_text(text, encoding="utf-8")
    data = ("--data", folder / "dataset")
    call("train", *data, "--preset", folder / "tiny.toml", "--out", folder / "teacher")
    call("blend", *data, "--teacher", folder / "teacher", "--out", folder / "blend")
    return folder


def bench(folder: Path, *words: object, rounds: int = 2) -> Result:
    blends = ("--blend", folder / "blend") * rounds
    sizes = ("--width", 16, "--epochs", 1, "--alone-epochs", 1, "--near", 2, "--out", folder / "out")
    return call("bench", "student", "--data", folder / "dataset", *blends, *sizes, *words)


def test_rounds_are_made_judged_and_taken_over(folder: Path) -> None:
    found = json.loads(bench(folder, "--json").stdout)
    assert list(found["rounds"]) == ["round 0", "round 1"]
    first, second = found["rounds"].values()
    names = [
        "tower 0",
        "blend",
        *(
            f"{who}{beside}, {how}"
            for who in ("student", "alone")
            for beside in ("", " + near")
            for how in ("float32", "int8", "int4")
        ),
    ]
    assert list(first["figures"]) == names
    assert first["figures"]["student, int8"] != second["figures"]["student, int8"]
    assert first["figures"]["blend"] == second["figures"]["blend"]
    costs = first["costs"]
    assert costs["student, int4"]["bytes"] < costs["student, int8"]["bytes"] < costs["student, float32"]["bytes"]
    assert costs["student, int8"]["parity"] <= 1e-4
    assert costs["student + near, int8"]["parity"] <= 1e-4
    assert costs["student, int8"]["bytes"] < costs["student + near, int8"]["bytes"]
    assert {pair["second"] for pair in first["paired"]} == {name for name in names if not name.startswith("student")}
    assert costs["blend"]["parameters"] > costs["tower 0"]["parameters"] > 1000  # it holds the rules too
    assert costs["blend"]["bytes"] > costs["student, float32"]["bytes"]
    assert costs["blend"]["milliseconds"] > 0
    run = json.loads((folder / "out" / "round-1" / "alone" / "run.json").read_text(encoding="utf-8"))
    assert (run["distillation"]["alpha"], run["distillation"]["start"], run["distillation"]["seed"]) == (1.0, False, 1)

    kept = {file: file.stat().st_mtime_ns for file in (folder / "out").rglob("*") if file.is_file()}
    again = bench(folder)
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert "alone, int4" in again.stdout
    assert "±" in again.stdout
    assert "student + near, int8 − blend: ndcg@10" in again.stdout


def test_another_recipe_is_made_anew(folder: Path) -> None:
    before = json.loads(bench(folder, "--json", rounds=1).stdout)["rounds"]["round 0"]["of"]
    other = {"alpha": 0.0, "temperature": 2.0, "outside": "shopper", "dreams": 1, "patience": 2, "finish": 2}
    averaged = {"learning_rate": 0.002, "average": 0.5}
    shape = {"dropout": 0.4, "bits": 4}
    options = other | shape | {"rate": 0.002, "average": 0.5}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    words += ["--alone-rate", 0.01, "--alone-dropout", 0.1]
    after = json.loads(bench(folder, *words, "--json", rounds=1).stdout)["rounds"]["round 0"]["of"]
    assert after["student"]["learning"].items() >= (other | averaged).items()
    assert after["student"]["shape"].items() >= shape.items()
    assert (after["alone"]["learning"]["learning_rate"], after["alone"]["shape"]["dropout"]) == (0.01, 0.1)
    after = json.loads(bench(folder, "--alpha", "0", "--json", rounds=1).stdout)["rounds"]["round 0"]["of"]
    assert (before["student"]["learning"]["alpha"], after["student"]["learning"]["alpha"]) == (0.3, 0.0)
    assert before["alone"] == after["alone"]
