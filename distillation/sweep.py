"""Many students of one teacher, compared: temperature × α × width × family × bits, chosen on the validation part alone.

The teacher is scored once; every student reads the same cache. Several processes may work at one study, each on one
thread. What a killed sweep was at is tried again, what it had finished is kept.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final, cast

import optuna
import torch

from data.atomic import alone_in
from data.dataset import Dataset, load_dataset
from data.errors import ToyGuideError, parameter_error
from data.processes import follow_parent, one_thread
from data.protocol import Protocol, SplitPlan, split_dataset
from data.split import Split
from distillation.lessons import Lessons, cached_scores, prepare_lessons, score_key
from distillation.shipped import stored_bytes
from distillation.student import StudentConfig
from distillation.study import (
    Plan,
    Row,
    end_left_behind,
    made_before,
    next_trial,
    point_of,
    rows_of,
    sampler_of,
    settle,
    upcoming,
)
from distillation.study_file import STUDY, fold, load_study, open_study, storage_errors
from distillation.teachers import Teacher
from distillation.trial import Bench, KeptTable, Shape, measure_shape, run_trial
from recommender.learning.fit import Reporter
from recommender.records import dataset_record

SCORES: Final = "scores"
_MAX_HISTORY: Final = StudentConfig().max_history
_SHAPES: Final = "shapes"

Note = Callable[[str], None]


@dataclass(frozen=True)
class Sweep:
    """What is known of a sweep. about: whose it is, see `Plan.about`; rows: the students tried so far."""

    about: dict[str, Any]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Errand:
    """What a process must know to work at a study. begun: trials when the sweep was called"""

    folder: Path
    data: Path
    split: SplitPlan
    scores: Path
    key: dict[str, Any]
    teacher: KeptTable
    interests: tuple[str, ...]
    plan: Plan
    limit: int | None
    begun: int

    def bench(self, lessons: Lessons) -> Bench:
        """What every student is made with."""
        plan = self.plan
        return Bench(lessons, self.teacher, self.scores, self.key, plan.shared, plan.untaught, plan.dropout)


def run_sweep(
    folder: Path,
    data: Path,
    dataset: Dataset,
    split: Split,
    split_plan: SplitPlan,
    teacher: Teacher,
    plan: Plan,
    jobs: int = 1,
    limit: int | None = None,
    scores: Path | None = None,
    report: Reporter | None = None,
    on_done: Callable[[Sweep], None] = lambda _: None,
) -> Sweep:
    """Make the students of `plan` that `folder` does not hold yet.

    data: the folder of `dataset`, where other processes read it; jobs: processes, each on one thread if several
    limit: of students with a teacher, in all; scores: the folder of the teacher's, by default one in `folder`
    report: told what is being made and how many are; on_done: given all that is known after each student
    Raises ToyGuideError if the folder holds another sweep, or another one is at work in it.
    """
    if split_plan.protocol is not Protocol.LEAVE_ONE_OUT:
        raise ToyGuideError(f"The teacher was trained on the {split_plan.protocol} protocol; it must be leave-one-out.")
    table = teacher.table() if plan.shared.start else None
    if plan.shared.start and table is None:
        raise parameter_error("start", "sweep", "off where no teacher has toy vectors (--no-start)", "on")
    about = plan.about(dataset_record(dataset, split_plan), teacher)
    with alone_in(folder, "sweep"), storage_errors(folder / STUDY):
        study = open_study(folder, about)
        end_left_behind(study)
        lessons = prepare_lessons(dataset, split, _MAX_HISTORY, teacher.interests)
        key = score_key(teacher, _MAX_HISTORY, plan.shared.depth(len(dataset.index)), plan.shared.outside)
        scores = scores or folder / SCORES
        cached_scores(scores, lessons, teacher, key, plan.shared.dreams, report)
        measure_shapes(study, plan, lessons, report)
        made = len(rows_of(study))
        total = made + len(upcoming(study, plan, limit))
        errand = Errand(
            folder,
            data,
            split_plan,
            scores,
            key,
            KeptTable(None if table is None else table.numpy()),
            teacher.interests,
            plan,
            limit,
            len(study.get_trials(deepcopy=False)),
        )

        def note(text: str) -> None:
            if report:
                report(text, made, total)

        def done() -> None:
            nonlocal made
            rows = tuple(rows_of(study))
            made = len(rows)
            on_done(Sweep(about, rows))

        if upcoming(study, plan, limit):
            if jobs == 1:
                study.sampler = sampler_of(plan, 0, errand.begun)
                work(study, errand, lessons, nullcontext(), note, done)
            else:
                _work_together(errand, min(jobs, total), note, done)
        fold(folder / STUDY)
        return Sweep(about, tuple(rows_of(study)))


def measure_shapes(study: optuna.Study, plan: Plan, lessons: Lessons, report: Reporter | None = None) -> None:
    """Keep in the study what each shape costs, before anything else is at work on this machine."""
    shapes: dict[str, Any] = dict(study.user_attrs.get(_SHAPES, {}))
    for point in plan.untaught_points():
        if point.shape not in shapes:
            if report:
                report(f"measuring {point.shape}", 0, 0)
            shapes[point.shape] = asdict(measure_shape(point.config, lessons))
            study.set_user_attr(_SHAPES, shapes)


def work(
    study: optuna.Study,
    errand: Errand,
    lessons: Lessons,
    lock: AbstractContextManager[Any],
    note: Note,
    done: Callable[[], None],
) -> None:
    """Make students until there are none left to make. lock: shared by all who work at the study."""
    bench, shapes = errand.bench(lessons), study.user_attrs[_SHAPES]
    rows = len(lessons.dataset.index) + 1
    while True:
        with lock:
            trial = next_trial(study, errand.plan, errand.limit)
        if trial is None:
            return
        point = point_of(trial)
        assert point is not None
        said = f"{point.words()}: "
        note(said + "begins")
        try:
            found = made_before(study, point) or run_trial(bench, point, lambda text, *_, said=said: note(said + text))
        except ToyGuideError as error:
            found = {"error": str(error)}
        else:
            shape = Shape(**shapes[point.shape])
            stored = stored_bytes(rows, point.width, point.bits)
            found |= {"bytes": shape.graph + stored, "milliseconds": shape.milliseconds}
        with lock:
            settle(study, trial, found)
        done()


def _work_together(errand: Errand, jobs: int, note: Note, done: Callable[[], None]) -> None:
    """Let `jobs` processes work at the study; whatever ends this one ends them.

    Raises ToyGuideError if one of them is killed.
    """
    context = multiprocessing.get_context("spawn")  # torch and ONNX Runtime have threads, which a fork would break
    lock = context.Lock()
    workers: dict[Any, BaseProcess] = {}
    try:
        with one_thread():
            for number in range(jobs):
                ours, theirs = context.Pipe(duplex=False)
                worker: BaseProcess = context.Process(target=_worker, args=(errand, number, lock, theirs), daemon=True)
                worker.start()
                theirs.close()
                workers[ours] = worker
        talking: list[Any] = list(workers)
        while talking:
            for one in wait(talking):
                try:
                    kind, text = json.loads(cast(Connection, one).recv_bytes())
                except EOFError:
                    talking.remove(one)
                    _check_end(workers[one])
                    continue
                if kind == "error":
                    raise ToyGuideError(text)
                if kind == "note":
                    note(text)
                else:
                    done()
    finally:
        for ours, worker in workers.items():
            worker.terminate()
            worker.join()
            ours.close()


def _check_end(worker: BaseProcess) -> None:
    worker.join()
    if worker.exitcode:
        how = f"was killed by signal {-worker.exitcode}" if worker.exitcode < 0 else f"ended with {worker.exitcode}"
        raise ToyGuideError(
            f"A process of the sweep {how}. What was finished is kept: give the same command again to go on, with "
            "fewer --jobs if memory ran out."
        )


def _worker(errand: Errand, number: int, lock: AbstractContextManager[Any], told: Connection) -> None:
    """What a process does: the same work, reading everything from disk."""
    follow_parent()
    torch.set_num_threads(1)

    def tell(kind: str, text: str = "") -> None:
        told.send_bytes(json.dumps([kind, text]).encode())

    try:
        with storage_errors(errand.folder / STUDY):
            dataset = load_dataset(errand.data)
            split = split_dataset(dataset, errand.split)
            lessons = prepare_lessons(dataset, split, _MAX_HISTORY, errand.interests)
            study = load_study(errand.folder, sampler_of(errand.plan, number, errand.begun))
            work(study, errand, lessons, lock, lambda text: tell("note", text), lambda: tell("done"))
    except ToyGuideError as error:
        tell("error", str(error))
