from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from data.dataset import save_dataset
from data.world.simulate import WorldOptions, simulate

TINY = Path(__file__).parents[3] / "recommender" / "learning" / "presets" / "small.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=2)), folder / "dataset")
    text = TINY.read_text(encoding="utf-8").replace("epochs = 12", "epochs = 1").replace("width = 96", "width = 16")
    for name in ("one", "two"):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def bench(folder: Path, *words: str) -> Result:
    presets = ["--preset", str(folder / "one.toml"), "--preset", str(folder / "two.toml")]
    return CliRunner().invoke(
        app, ["bench", "teacher", "--data", str(folder / "dataset"), "--rounds", "2", *presets, *words]
    )


def test_rounds_are_judged_and_taken_over(folder: Path) -> None:
    done = bench(folder, "--out", str(folder / "out"), "--json")
    assert done.exit_code == 0, done.output
    rounds = json.loads(done.stdout)["rounds"]
    assert list(rounds) == ["baselines", "round 0", "round 1", "all rounds"]
    assert list(rounds["all rounds"]) == ["two-tower of 4", "blend of 4 towers and all members"]
    assert list(rounds["round 0"]) == [
        "two-tower one",
        "two-tower two",
        "two-tower of several",
        "blend with rules",
        "blend with rules and text-knn",
    ]
    assert rounds["round 0"]["two-tower one"] != rounds["round 1"]["two-tower one"]
    assert rounds["round 0"]["blend with rules"]["all"]["queries"] == rounds["baselines"]["rules"]["all"]["queries"]
    seeds = [
        json.loads((folder / "out" / f"round-{n}" / name / "run.json").read_text())["preset"]["seed"]
        for n in (0, 1)
        for name in ("one", "two")
    ]
    assert seeds == [0, 10, 1, 11]

    notes = sorted((folder / "out").rglob("judged.jsonl"))
    assert len(notes) == 4
    noted = json.loads(notes[0].read_text(encoding="utf-8"))
    assert (noted["part"], noted["ndcg@10"]) == ("test", rounds["round 0"]["two-tower one"]["all"]["ndcg@10"])

    files = sorted((folder / "out").rglob("*.safetensors"))
    times = [file.stat().st_mtime_ns for file in files]
    again = bench(folder, "--out", str(folder / "out"))
    assert again.exit_code == 0, again.output
    assert [file.stat().st_mtime_ns for file in files] == times
    assert "±" in again.stdout
    assert "two-tower of several" in again.stdout


def test_figures_of_other_presets_are_not_taken_over(folder: Path) -> None:
    words = ["bench", "teacher", "--data", str(folder / "dataset"), "--rounds", "1", "--out", str(folder / "other")]
    for names in (["one"], ["one", "two"]):
        presets = [f"--preset={folder / name}.toml" for name in names]
        done = CliRunner().invoke(app, [*words, *presets, "--json"])
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)["rounds"]["round 0"]
        assert [name for name in found if name.startswith("two-tower ")][: len(names)] == [
            f"two-tower {name}" for name in names
        ]


def test_a_refit_is_judged_without_a_blend(folder: Path) -> None:
    cuts = ["--protocol", "temporal", "--validation-cut", "2025-01-01", "--cut", "2025-06-01"]
    done = bench(folder, "--out", str(folder / "temporal"), *cuts, "--json")
    assert done.exit_code == 0, done.output
    assert list(json.loads(done.stdout)["rounds"]["round 1"]) == ["two-tower one", "two-tower two"]


def test_what_ranking_costs_is_told_apart_from_scores(folder: Path) -> None:
    words = ["bench", "ranking", "--data", str(folder / "dataset"), "--recommender", "rules", "--repeats", "2"]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["recommender"], found["toys"], found["repeats"]) == ("rules", 80, 2)
    assert found["queries"] > 0
    assert min(found["scoring_seconds"], found["ranking_seconds"], found["peak_memory_mb"]) > 0
    done = CliRunner().invoke(app, words)
    assert "beyond" in done.stdout


def test_ranking_by_nobody_lists_who_there_is(folder: Path) -> None:
    done = CliRunner().invoke(app, ["bench", "ranking", "--data", str(folder / "dataset"), "--recommender", "magic"])
    assert done.exit_code != 0
    assert "item-knn" in str(done.exception)
