"""`toyguide sweep` for real, on a very small shop: a grid, one that is killed, one that is refused."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from optuna.trial import TrialState
from typer.testing import CliRunner

from app.cli.main import app
from data.dataset import load_dataset, save_dataset
from data.errors import ToyGuideError
from data.protocol import plan_split, split_dataset
from data.world.simulate import WorldOptions, simulate
from distillation.export import export_student
from distillation.lessons import prepare_lessons
from distillation.quantize import quantise_rows, shrink_weights
from distillation.shipped import stored_bytes
from distillation.student import Student, StudentConfig
from distillation.study_file import load_study
from recommender.features import fit_schema, profile_width
from recommender.serving.table import pack

GRID = ("--alpha", "0.1,0.5", "--temperature", "1,2", "--width", "8", "--epochs", 1, "--finish", 1, "--alone-epochs", 1)
STUDENTS = 2 + 2 * 2 * 2
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A dataset and a teacher of it."""
    folder = tmp_path_factory.mktemp("sweep")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=2)), folder / "data")
    words = ("train", "--data", folder / "data", "--preset", "small", "--epochs", 1, "--out", folder / "teacher")
    assert call(*words).exit_code == 0
    return folder


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def sweep_words(shop: Path, out: Path, *more: object) -> list[str]:
    words = ("sweep", "--data", shop / "data", "--teacher", shop / "teacher", "--out", out, *GRID, "--json", *more)
    return [str(word) for word in words]


@pytest.fixture(scope="module")
def swept(shop):
    """A whole grid by one process: its folder, and what was printed."""
    done = CliRunner().invoke(app, sweep_words(shop, shop / "swept"))
    assert done.exit_code == 0, done.output
    return shop / "swept", json.loads(done.stdout)


def by_point(printed: dict) -> dict[tuple, float]:
    keys = ("family", "width", "bits", "alpha", "temperature")
    return {tuple(row[key] for key in keys): row["ndcg_10"] for row in printed["students"]}


def test_a_grid_is_made_whole_with_the_students_without_a_teacher(swept):
    _, printed = swept
    assert printed["part"] == "validation"
    assert len(printed["students"]) == len(by_point(printed)) == STUDENTS
    alone = [row for row in printed["students"] if row["alpha"] is None]
    assert [(row["family"], row["width"], row["bits"]) for row in alone] == [
        ("transformer", 8, 8),
        ("transformer", 8, 4),
    ]
    for row in printed["students"]:
        assert 0 <= row["ndcg_10"] <= row["recall_10"] <= 1
        assert row["milliseconds"] > 0
        assert (row["epochs"], row["error"]) == (2, None)
    best = max(printed["students"], key=lambda row: row["ndcg_10"])
    assert printed["students"][printed["best"]]["ndcg_10"] == best["ndcg_10"]
    assert printed["best"] in printed["fronts"]["bytes"]
    assert printed["best"] in printed["fronts"]["milliseconds"]


def test_bytes_are_those_of_the_files_a_bundle_holds(swept, shop, tmp_path):
    _, printed = swept
    dataset = load_dataset(shop / "data")
    lessons = prepare_lessons(
        dataset, split_dataset(dataset, plan_split(dataset)), 20, fit_schema(dataset.toy_rows()).interests
    )
    student = Student(StudentConfig(width=8), len(dataset.index), profile_width(len(lessons.interests)))
    (tmp_path / "student.onnx").write_bytes(shrink_weights(export_student(student)).SerializeToString())
    for bits in (8, 4):
        codes, scale = quantise_rows(student.full_table().detach().numpy(), bits)
        np.save(tmp_path / "table.npy", pack(codes, bits))
        np.save(tmp_path / "table_scale.npy", scale)
        table = sum((tmp_path / name).stat().st_size for name in ("table.npy", "table_scale.npy"))
        assert stored_bytes(len(dataset.index) + 1, 8, bits) == table
        whole = table + (tmp_path / "student.onnx").stat().st_size
        assert {row["bytes"] for row in printed["students"] if row["bits"] == bits} == {whole}


def test_the_page_holds_every_student(swept):
    folder, printed = swept
    page = (folder / "sweep.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=|@import|url\(|<script", page)
    for row in printed["students"]:
        assert f"<title>#{row['number']} transformer 8, int{row['bits']}, " in page
        assert f'<tr class="{"none" if row["alpha"] is None else ""}' in page
        assert f"<th scope=row>{row['number']}</th>" in page
        assert f"<td>{row['ndcg_10']:.4f}</td>".replace(">0.", ">.") in page
    assert page.count("α ↓") == 2  # a heat map for int8 and one for int4


def test_given_again_it_makes_nothing_again(swept, shop):
    folder, printed = swept
    done = CliRunner().invoke(app, sweep_words(shop, folder))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == printed


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--epochs", 2), r"another 'epochs' \(1\) than is asked for \(2\)"),
        (("--alpha", "0.1"), r"another 'alpha' \(\[0\.1, 0\.5\]\) than is asked for \(\[0\.1\]\)"),
        (("--recommender", "popularity"), r"another 'teacher' \([0-9a-f]{12}…\) than is asked for"),
    ],
)
def test_a_sweep_of_other_options_or_another_teacher_is_refused(swept, shop, more, said):
    before = (swept[0] / "study.sqlite").read_bytes()
    with pytest.raises(ToyGuideError, match=rf"holds a sweep with {said}"):
        CliRunner().invoke(app, sweep_words(shop, swept[0], *more), catch_exceptions=False)
    assert (swept[0] / "study.sqlite").read_bytes() == before


def test_a_sweep_of_other_data_is_refused(swept, shop):
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=3)), shop / "other")
    words = [*sweep_words(shop, swept[0], "--data", shop / "other", "--no-start", "--recommender", "rules")]
    at = words.index("--teacher")
    with pytest.raises(ToyGuideError, match="holds a sweep with another 'dataset'"):
        CliRunner().invoke(app, words[:at] + words[at + 2 :], catch_exceptions=False)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--alpha", "some"), r"'--alpha' parameter of sweep must be numbers with commas between. Got 'some'"),
        (("--width", "8.5"), r"'--width' parameter of sweep must be whole numbers with commas between. Got '8\.5'"),
        (("--alpha", "1"), r"'alpha' parameter of sweep must be numbers in \[0, 1\)"),
        (("--sampler", "tpe"), r"'--trials' parameter of sweep must be given where the sampler is tpe"),
        (("--scores", "teacher"), r"teacher must hold a teacher's cached scores and nothing else"),
    ],
)
def test_a_mistake_is_one_sentence(shop, tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(shop)
    with pytest.raises(ToyGuideError, match=said):
        CliRunner().invoke(app, sweep_words(shop, tmp_path / "new", *more), catch_exceptions=False)


def test_a_teacher_without_toy_vectors_needs_no_start(shop, tmp_path):
    words = ("--data", shop / "data", "--out", tmp_path / "new", *GRID)
    with pytest.raises(ToyGuideError, match=r"'start' parameter of sweep must be off .*\(--no-start\)"):
        CliRunner().invoke(app, ["sweep", *map(str, words), "--recommender", "rules"], catch_exceptions=False)
    with pytest.raises(ToyGuideError, match="A sweep needs a teacher"):
        CliRunner().invoke(app, ["sweep", *map(str, words)], catch_exceptions=False)


STOPPED = """
import os, signal, sys
from app.cli import sweep
from app.cli.main import main

write_page = sweep.write_page

def write_and_be_stopped(*given):
    write_page(*given)
    os.kill(os.getpid(), signal.Signals[os.environ["STOPPED_BY"]])

if __name__ == "__main__":  # the processes that it starts read this file too
    sweep.write_page = write_and_be_stopped
    main()
"""
"""`toyguide` whose sweep is stopped once a student is finished: by itself, so that it is never over before."""


def stop_after_the_first(words: list[str], folder: Path, number: signal.Signals) -> int:
    """Run a sweep until a student is finished and it is sent a signal; returns the exit code.

    Whoever works for it holds its stderr: that this ends shows that all of them are gone.
    """
    script = folder / "stopped.py"
    script.write_text(STOPPED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), *words],
        capture_output=True,
        timeout=600,
        check=False,
        env=os.environ | {"STOPPED_BY": number.name, "PYTHONPATH": str(ROOT)},
    )
    return done.returncode


def finished(folder: Path) -> dict[int, object]:
    return {
        trial.number: (trial.params, trial.value, trial.datetime_complete)
        for trial in load_study(folder).get_trials(states=(TrialState.COMPLETE,))
    }


@pytest.mark.parametrize(
    ("number", "code", "jobs"), [(signal.SIGKILL, -signal.SIGKILL, 2), (signal.SIGTERM, 128 + signal.SIGTERM, 1)]
)
def test_a_sweep_that_is_stopped_goes_on_and_ends_as_one_that_was_not(swept, shop, tmp_path, number, code, jobs):
    """Stopped for real, once with two processes at work. What they had finished is not made again; in the end every
    student is there once, with the figures that one process alone arrives at."""
    folder = tmp_path / "stopped"
    words = sweep_words(shop, folder, "--scores", swept[0] / "scores")
    assert stop_after_the_first([*words, "--jobs", str(jobs)], tmp_path, number) == code
    kept = finished(folder)
    assert 0 < len(kept) < STUDENTS
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    after = finished(folder)
    assert {number: after[number] for number in kept} == kept
    assert len(after) == STUDENTS
    assert by_point(json.loads(done.stdout)) == pytest.approx(by_point(swept[1]))
    assert not [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]


def test_two_processes_share_a_study(swept, shop, tmp_path):
    """As a program of its own: the processes it starts read its main module anew, and a test's is not its own."""
    words = sweep_words(shop, tmp_path / "shared", "--scores", swept[0] / "scores", "--jobs", 2)
    command = [sys.executable, "-m", "app.cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert by_point(json.loads(done.stdout)) == pytest.approx(by_point(swept[1]))
    assert len(finished(tmp_path / "shared")) == STUDENTS


def test_every_option_reaches_the_students(shop, tmp_path):
    wanted = {
        "top": 8, "own": 4, "outside": "shopper", "dreams": 1, "start": False, "seed": 3,
        "learning_rate": 0.002, "average": 0.5, "patience": 2, "dropout": 0.4,
    }  # fmt: skip
    named = {"rate" if name == "learning_rate" else name: value for name, value in wanted.items()}
    words = [
        word
        for name, value in named.items()
        for word in (("--no-start",) if value is False else (f"--{name}", str(value)))
    ]
    alone = ("--alone-epochs", 3, "--alone-dropout", 0.1, "--alone-rate", 0.005)
    done = CliRunner().invoke(app, sweep_words(shop, tmp_path / "told", *words, *alone, "--trials", 0))
    assert done.exit_code == 0, done.output
    about = json.loads(done.stdout)["about"]
    assert about.items() >= wanted.items()
    assert about["untaught"] == {"epochs": 3, "dropout": 0.1, "learning_rate": 0.005}
    assert {row["epochs"] for row in json.loads(done.stdout)["students"]} == {3 + 1}


def test_tpe_makes_as_many_as_it_is_told(swept, shop, tmp_path):
    words = sweep_words(shop, tmp_path / "tpe", "--sampler", "tpe", "--scores", swept[0] / "scores", "--trials")
    done = CliRunner().invoke(app, [*words, "2"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert 2 + 1 <= len(printed["students"]) <= 2 + 2
    assert by_point(printed).items() <= by_point(swept[1]).items()
    assert not (tmp_path / "tpe" / "scores").exists()
