"""`toyguide runs`: every command leaves a record, and records can be listed, read, compared and removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from data.dataset import save_dataset
from data.errors import ToyGuideError
from data.world.simulate import WorldOptions, simulate


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two teachers of the same seed and data, one of another seed, a student, a sweep and a judgement."""
    shelf = tmp_path_factory.mktemp("runs")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=2)), shelf / "dataset")
    data = ("--data", str(shelf / "dataset"))
    train = ("train", *data, "--preset", "small", "--epochs", "1")
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        run(*train, "--seed", seed, "--out", shelf / name)
    lesson = ("--teacher", shelf / "one", "--epochs", "1")
    run("distill", *data, *lesson, "--out", shelf / "student")
    few = ("--alpha", "0.3", "--temperature", "1", "--width", "8", "--bits", "8", "--alone-epochs", "1")
    run("sweep", *data, *lesson, *few, "--finish", "0", "--out", shelf / "sweep")
    run("evaluate", *data, "--recommender", "popularity", "--teacher", shelf / "one", "--runs", shelf / "judged")
    return shelf


def run(*words: object) -> Result:
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def listed(shelf: Path, *words: str) -> dict[str, dict[str, Any]]:
    found = json.loads(run("runs", "list", "--under", shelf, "--json", *words).stdout)
    return {each["kind"] + " " + Path(each["folder"]).name.partition("-")[0]: each for each in found}


def test_every_command_leaves_a_record(shelf: Path) -> None:
    found = listed(shelf)
    assert set(found) == {
        "teacher one", "teacher same", "teacher other", "student student", "sweep sweep", "evaluation evaluate",
    }  # fmt: skip
    assert {each["dataset"].split()[-1] for each in found.values()} == {found["teacher one"]["dataset"].split()[-1]}
    assert all(0 <= each["ndcg@10"] <= 1 for each in found.values())
    assert found["evaluation evaluate"]["part"] == "test"
    assert found["sweep sweep"]["about"] == "2 students"
    assert set(listed(shelf, "--kind", "student")) == {"student student"}


def test_the_same_seed_and_data_give_the_same_digest(shelf: Path) -> None:
    found = listed(shelf)
    assert found["teacher one"]["digest"] == found["teacher same"]["digest"] != found["teacher other"]["digest"]


def test_two_runs_are_compared_by_what_differs(shelf: Path) -> None:
    said = run("runs", "compare", shelf / "one", shelf / "other", "--json").stdout
    differ = json.loads(said)["differ"]
    assert differ["preset.seed"] == [0, 1]
    assert "dataset.digest" not in differ
    assert "preset.seed" in run("runs", "compare", shelf / "one", shelf / "other").stdout
    assert run("runs", "compare", shelf / "one", shelf / "one").stdout == "Their records are the same.\n"


def test_one_run_is_shown_and_long_lists_are_counted(shelf: Path) -> None:
    said = run("runs", "show", shelf / "student").stdout
    assert "\ndistillation.alpha: " in said
    assert "\nepochs: 2 entries\n" in said  # the one asked for, and one with the table as it is stored
    whole = json.loads(run("runs", "show", shelf / "student", "--json").stdout)
    assert len(whole["epochs"]) == 2


def test_a_judgement_that_cannot_be_kept_is_printed_all_the_same(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    words = ("evaluate", "--data", shelf / "dataset", "--recommender", "popularity", "--runs", tmp_path / "file")
    done = run(*words, "--json")
    assert json.loads(done.stdout)["rows"]
    assert "This judgement leaves no record." in done.stderr


def test_a_run_is_removed_when_asked_for_and_nothing_else_is(shelf: Path, tmp_path: Path) -> None:
    for name in ("kept", "gone"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text('{"kind": "teacher"}', encoding="utf-8")
    command = ["runs", "rm", str(tmp_path / "gone")]
    assert CliRunner().invoke(app, command, input="n\n").exit_code != 0
    assert (tmp_path / "gone").exists()
    assert CliRunner().invoke(app, command, input="y\n").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]


@pytest.mark.parametrize("folder", [".", "strange", "link"])
def test_what_is_no_run_of_its_own_is_not_removed(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "strange").mkdir()
    for name in ("real", "."):
        (tmp_path / name / "run.json").write_text('{"kind": "teacher"}', encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ToyGuideError):
        CliRunner().invoke(app, ["runs", "rm", "--yes", folder], catch_exceptions=False)
    assert (tmp_path / "real" / "run.json").exists()


def test_mistakes(shelf: Path) -> None:
    for words, said in (
        (["list", "--kind", "cake"], "must be one of teacher, .* Got 'cake'."),
        (["list", "--under", "nowhere"], "must be a folder. Got 'nowhere'."),
        (["compare", str(shelf / "one")], "must name two runs or more. Got 1."),
        (["show", str(shelf)], "holds no run"),
    ):
        with pytest.raises(ToyGuideError, match=said):
            CliRunner().invoke(app, ["runs", *words], catch_exceptions=False)
