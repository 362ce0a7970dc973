"""The study of a sweep: what comes next, who may take it, what is left when a sweep was killed. Nothing is trained."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from optuna.trial import TrialState

from data.atomic import alone_in
from data.errors import ToyGuideError
from distillation.distill import DistilOptions
from distillation.study import (
    Plan,
    end_left_behind,
    made_before,
    next_trial,
    point_of,
    rows_of,
    sampler_of,
    settle,
    upcoming,
)
from distillation.study_file import STUDY, fold, load_study, open_study
from distillation.trial import Point

PLAN = Plan((0.1, 0.3), (1.0, 2.0), (16,), ("transformer",), (8, 4), DistilOptions(alpha=0.0))
ABOUT = {"teacher": "a" * 64, "width": [16, 24]}


FIGURES = {"ndcg_10": 0.05, "recall_10": 0.1, "bytes": 1000, "milliseconds": 0.1, "seconds": 1.0, "epochs": 2}


def make(study, trial, ndcg=0.05):
    settle(study, trial, FIGURES | {"ndcg_10": ndcg})


def exhaust(study, plan, limit=None):
    found = []
    while (trial := next_trial(study, plan, limit)) is not None:
        found.append(point_of(trial))
        make(study, trial, 0.01 * len(found))
    return found


def test_every_point_once_and_the_students_without_a_teacher_first(tmp_path):
    study = open_study(tmp_path, ABOUT)
    found = exhaust(study, PLAN)
    assert [point.taught for point in found] == [False] * 2 + [True] * 8
    assert len(set(found)) == 10
    assert {(p.width, p.bits) for p in found[:2]} == {(16, 8), (16, 4)}
    assert {(p.alpha, p.temperature) for p in found[2:]} == {(0.1, 1.0), (0.1, 2.0), (0.3, 1.0), (0.3, 2.0)}
    rows = rows_of(load_study(tmp_path))
    assert [row.point for row in rows] == found
    assert [row.ndcg_10 for row in rows] == pytest.approx([0.01 * n for n in range(1, 11)])
    assert upcoming(study, PLAN, None) == []


def test_the_order_is_seeded():
    assert PLAN.taught_points() == replace(PLAN).taught_points()
    other = replace(PLAN, shared=replace(PLAN.shared, seed=1)).taught_points()
    assert other != PLAN.taught_points()
    assert set(other) == set(PLAN.taught_points())


def test_a_limit_counts_students_with_a_teacher_in_all_calls_together(tmp_path):
    study = open_study(tmp_path, ABOUT)
    assert len(exhaust(study, PLAN, 0)) == 2
    assert len(exhaust(study, PLAN, 5)) == 5
    assert exhaust(open_study(tmp_path, ABOUT), PLAN, 5) == []
    assert len(exhaust(open_study(tmp_path, ABOUT), PLAN)) == 3


def test_two_who_work_at_it_never_take_the_same(tmp_path):
    open_study(tmp_path, ABOUT)
    one, other = load_study(tmp_path), load_study(tmp_path)
    taken = []
    while (first := next_trial(one, PLAN, None)) is not None:
        second = next_trial(other, PLAN, None)
        taken += [point_of(first), point_of(second)]
        make(other, second)
        make(one, first)
    assert len(taken) == len(set(taken)) == 10
    assert next_trial(other, PLAN, None) is None


def test_what_a_killed_sweep_was_at_comes_first_and_what_it_finished_stays(tmp_path):
    study = open_study(tmp_path, ABOUT)
    exhaust(study, PLAN, 3)
    lost = [point_of(next_trial(study, PLAN, None)) for _ in range(2)]  # begun, and never heard of again
    study.enqueue_trial({"alpha": 0.1})  # killed between naming a trial and beginning it
    before = rows_of(study)
    study = open_study(tmp_path, ABOUT)
    assert end_left_behind(study) == 3
    assert end_left_behind(study) == 0
    assert rows_of(study) == before
    found = exhaust(study, PLAN)
    assert found[:2] == lost
    assert len(found) == 5
    made = [point_of(trial) for trial in study.get_trials(states=(TrialState.COMPLETE,))]
    assert len(made) == len(set(made)) == 10


@pytest.mark.parametrize("figures", [FIGURES, {"error": "The training loss is no longer a finite number."}])
def test_a_student_whose_figures_were_noted_when_the_sweep_was_killed_is_finished(tmp_path, monkeypatch, figures):
    def killed(*_):
        raise KeyboardInterrupt

    study = open_study(tmp_path, ABOUT)
    trial = next_trial(study, PLAN, None)
    monkeypatch.setattr(study, "tell", killed)  # its figures are noted, its end is not
    with pytest.raises(KeyboardInterrupt):
        settle(study, trial, figures)
    study = open_study(tmp_path, ABOUT)
    assert [each.state for each in study.get_trials()] == [TrialState.RUNNING]
    assert end_left_behind(study) == 1
    [ended] = study.get_trials()
    wanted = (TrialState.FAIL, None) if "error" in figures else (TrialState.COMPLETE, FIGURES["ndcg_10"])
    assert (ended.state, ended.value) == wanted
    assert point_of(trial) not in exhaust(study, PLAN)
    assert [row.point for row in rows_of(study)].count(point_of(trial)) == 1


def test_a_student_that_cannot_be_is_kept_with_the_reason_and_not_tried_again(tmp_path):
    study = open_study(tmp_path, ABOUT)
    trial = next_trial(study, PLAN, None)
    bad = point_of(trial)
    settle(study, trial, {"error": "The training loss is no longer a finite number."})
    assert bad not in exhaust(study, PLAN)
    assert [(row.point, row.ndcg_10) for row in rows_of(study) if row.error] == [(bad, None)]


def test_tpe_makes_no_student_twice(tmp_path):
    plan = replace(PLAN, widths=(16,), bits=(8,), sampler="tpe")
    study = open_study(tmp_path, ABOUT)
    study.sampler = sampler_of(plan, 0, 0)
    drawn, made = 0, []
    while (trial := next_trial(study, plan, 12)) is not None:
        drawn += 1
        point = point_of(trial)
        known = made_before(study, point)
        made += [] if known else [point]
        settle(study, trial, known or FIGURES | {"ndcg_10": 0.1 - (point.alpha or 0)})
    assert len(made) == len(set(made))
    assert [row.point for row in rows_of(study)] == made
    assert 3 <= len(made) <= 5
    assert drawn <= 13


def test_workers_with_tpe_begin_with_different_students(tmp_path):
    plan = replace(PLAN, alphas=tuple(n / 40 for n in range(40)), widths=(16,), bits=(8,), sampler="tpe")
    firsts = set()
    for worker in range(3):
        (tmp_path / str(worker)).mkdir()
        study = open_study(tmp_path / str(worker), ABOUT)
        study.sampler = sampler_of(plan, worker, 0)
        assert point_of(next_trial(study, plan, 5)).taught is False
        firsts.add(point_of(next_trial(study, plan, 5)))
    assert len(firsts) > 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"alphas": ()}, "'alpha' parameter of sweep must be a list that names each value once"),
        ({"widths": (32, 32)}, r"'width' parameter of sweep must be a list that names each value once. Got \[32, 32\]"),
        ({"alphas": (1.0,)}, r"'alpha' parameter of sweep must be numbers in \[0, 1\).*Got 1.0"),
        ({"alphas": (float("nan"),)}, "'alpha' parameter of sweep"),
        ({"temperatures": (2.2,)}, r"'temperature' parameter .* must be one of 0\.25, .*Got 2\.2"),
        ({"widths": (4,)}, r"'width' parameter .* must be an int in \[8, 512\]"),
        ({"families": ("convolution",)}, "'family' parameter .* one of transformer, pooling"),
        ({"bits": (2,)}, "'bits' parameter .* must be 8 or 4"),
        ({"sampler": "luck"}, "'sampler' parameter of sweep must be one of grid, tpe. Got 'luck'"),
    ],
)
def test_what_cannot_be_tried_is_said(change, said):
    with pytest.raises(ToyGuideError, match=said):
        replace(PLAN, **change)


def test_another_sweeps_folder_is_refused_and_left(tmp_path):
    open_study(tmp_path, ABOUT)
    before = (tmp_path / STUDY).read_bytes()
    with pytest.raises(ToyGuideError, match=r"another 'teacher' \(aaaaaaaaaaaa…\) than is asked for \(bbbbbbbbbbbb…\)"):
        open_study(tmp_path, ABOUT | {"teacher": "b" * 64})
    with pytest.raises(ToyGuideError, match=r"another 'width' \(\[16, 24\]\) than is asked for \(\[16\]\)"):
        open_study(tmp_path, ABOUT | {"width": [16]})
    assert (tmp_path / STUDY).read_bytes() == before


def test_a_folder_of_something_else_is_refused_and_left(tmp_path):
    (tmp_path / "diary.txt").write_text("dear")
    with pytest.raises(ToyGuideError, match=r"must be a new or empty folder, or one of an earlier sweep.*'diary.txt'"):
        open_study(tmp_path, ABOUT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["diary.txt"]


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be read as one" * 40])
def test_a_file_that_is_no_study_is_said(tmp_path, content):
    (tmp_path / STUDY).write_bytes(content)
    with pytest.raises(ToyGuideError, match="cannot be read as the study of a sweep"):
        open_study(tmp_path, ABOUT)


def test_a_path_may_hold_what_an_address_may_not(tmp_path):
    folder = tmp_path / "50% off? #1 玩具"
    folder.mkdir()
    assert len(exhaust(open_study(folder, ABOUT), PLAN, 0)) == 2
    fold(folder / STUDY)
    (folder / STUDY).rename(tmp_path / STUDY)  # the file alone is the study
    assert len(rows_of(load_study(tmp_path))) == 2


def test_a_new_study_is_whole_and_held_by_nobody(tmp_path):
    """SQLite's side files go by the name of the database: one that is held while it is renamed would be damaged."""
    study = open_study(tmp_path, ABOUT)
    exhaust(study, PLAN, 1)
    assert {entry.name for entry in tmp_path.iterdir()} <= {STUDY, f"{STUDY}-wal", f"{STUDY}-shm"}
    held = {entry.readlink().as_posix() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}
    assert not [path for path in held if str(tmp_path) in path and "unfinished" in path]
    with closing(sqlite3.connect(tmp_path / STUDY)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_one_sweep_a_folder(tmp_path):
    with (
        alone_in(tmp_path / "new", "sweep"),
        pytest.raises(ToyGuideError, match="Another sweep is at work in"),
        alone_in(tmp_path / "new", "sweep"),
    ):
        pass
    with alone_in(tmp_path / "new", "sweep"):
        pass


def test_words_for_people():
    assert Point("pooling", 32, 4, 0.3, 1.5).words() == "pooling 32, int4, T 1.5, α 0.3"
    assert Point("transformer", 64, 8).words() == "transformer 64, int8, without a teacher"
