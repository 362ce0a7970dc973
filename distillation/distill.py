"""Distil a teacher into a student of toys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from data.dataset import MAX_SEED, Dataset
from data.errors import parameter_error
from data.protocol import SplitPlan
from distillation.core import distil_into
from distillation.lessons import Lessons, View
from distillation.losses import check_mix, hard_loss, top_k_distillation_loss, top_k_soft_loss
from distillation.near import NearTable
from distillation.student import Student, StudentConfig, StudentRecommender, start_from_teacher
from distillation.targets import Outside, SoftTargets, Targets, check_outside, check_temperature, own_top
from distillation.teachers import HasTable, Teacher
from recommender.features import profile_width
from recommender.learning.batches import Batch, count_batches, epoch_batches, exclude_prefix
from recommender.learning.checkpoint import Checkpoint, Epoch
from recommender.learning.chunked import chunked_mean
from recommender.learning.fit import FitOptions, Reporter
from recommender.learning.presets import MAX_EPOCHS
from recommender.learning.processes import process_count
from recommender.learning.recency import MAX_HALF_LIFE
from recommender.learning.runs import as_recorded, check_same_data, load_run, save_run
from recommender.learning.teacher import VALIDATION_QUERIES, fit_record
from recommender.learning.tower_recommender import validation_ndcg
from recommender.records import dataset_record

KIND = "student"
STAGES: Final = ("learn", "finish")
"""Of a distillation; each has a checkpoint of its own."""
FINISH_RATE: Final = 0.1
"""The quantisation-aware finish learns at this share of the learning rate."""
OWN_DEPTH: Final = 4
"""Where the student's own top toys are looked at: among the teacher's first `top` times so many."""


@dataclass(frozen=True)
class DistilOptions:
    """How to distil. `alpha` weighs the hard loss, `temperature` softens both sides of the soft one.

    top: toys of the teacher that are looked at one by one; the others count as one
    own: of the teacher's next toys (`OWN_DEPTH` times `top`), as many that the student ranks highest are looked at too
    outside: what the soft targets say nothing of: the toys of the "prefix", or all that the "shopper" met in training
    dreams: for every epoch on real shoppers, as many on shoppers that the teacher dreamt up, each time others
    start: whether the student's table begins as the teacher's
    finish: epochs at the end in which the table is rounded as it will be stored; 0 rounds it in storage alone
    half_life: days after which a real shopper's event weighs half; 0 = all weigh alike
    """

    alpha: float = 0.3
    temperature: float = 1.0
    epochs: int = 10
    learning_rate: float = 0.003
    average: float = 0.0
    patience: int = 3
    targets_per_batch: int = 1024
    seed: int = 0
    top: int = 256
    own: int = 0
    outside: Outside = "prefix"
    dreams: int = 0
    start: bool = True
    finish: int = 0
    half_life: float = 0.0

    def __post_init__(self) -> None:
        """Raise ToyGuideError for values that cannot be."""
        check_mix(self.alpha, self.temperature)
        limits = (
            ("epochs", 1, MAX_EPOCHS),
            ("finish", 0, MAX_EPOCHS),
            ("patience", 1, MAX_EPOCHS),
            ("targets_per_batch", 1, 1_000_000),
            ("top", 1, 100_000),
            ("own", 0, 100_000),
            ("dreams", 0, MAX_EPOCHS),
            ("seed", 0, MAX_SEED),
        )
        for name, least, most in limits:
            if not least <= getattr(self, name) <= most:
                raise parameter_error(name, "distil", f"an int in [{least}, {most}]", getattr(self, name))
        check_outside(self.outside)
        if not 0.0 <= self.half_life <= MAX_HALF_LIFE:
            raise parameter_error("half_life", "distil", f"a number in [0, {MAX_HALF_LIFE}]", self.half_life)
        if not 0.0 < self.learning_rate <= 1.0:
            raise parameter_error("learning_rate", "distil", "a number in (0, 1]", self.learning_rate)
        if not 0.0 <= self.average < 1.0:
            raise parameter_error("average", "distil", "a number in [0, 1)", self.average)
        if self.alpha < 1:
            check_temperature(self.temperature)

    def depth(self, n_toys: int) -> int:
        """How many of the teacher's toys must be known for a query."""
        return min(n_toys, self.top * (OWN_DEPTH if self.own else 1))


class Lesson(NamedTuple):
    """A batch, and who is to be asked about it. dreamt: its shoppers are, so that what they took is no truth."""

    batch: Batch
    targets: Targets | None
    dreamt: bool

    def to(self, device: torch.device) -> Lesson:
        """The same on another device."""
        return self._replace(batch=self.batch.to(device))


Said = Callable[[slice], SoftTargets] | None
"""What a teacher says before any of one batch's targets; None where there is no teacher."""


def mixed_loss(options: DistilOptions) -> Callable[[Student, Lesson, Said], Tensor]:
    """The distillation loss of a batch; without a teacher, or at α = 1, the hard one alone; of a dream the soft one."""
    temperature = options.temperature

    def loss_of(model: Student, lesson: Lesson, said: Said) -> Tensor:
        batch = lesson.batch
        alpha = 0.0 if lesson.dreamt else options.alpha
        queries, table = model(batch)

        def slice_loss(logits: Tensor, rows: slice) -> Tensor:
            student, targets = exclude_prefix(logits, batch.prefix[rows]), batch.targets[rows]
            if said is None or alpha == 1.0:
                return hard_loss(student, targets).sum()
            soft = said(rows)
            if options.own:
                soft = own_top(soft, student, options.top, options.own, temperature)
            listed = (soft.toys, soft.logits, soft.tail)
            if lesson.dreamt or options.outside == "prefix":
                return top_k_distillation_loss(student, *listed, targets, alpha, temperature).sum()
            blind = student.scatter(1, soft.left_out, float("-inf"))
            hard = alpha * hard_loss(student, targets).sum() if alpha else 0.0
            return hard + (1 - alpha) * top_k_soft_loss(blind, *listed, temperature).sum()

        return chunked_mean(queries, table, slice_loss)

    return loss_of


def distil(
    lessons: Lessons,
    teacher: HasTable | None,
    views: Sequence[View],
    config: StudentConfig,
    options: DistilOptions,
    report: Reporter | None = None,
    kept: Sequence[Checkpoint | None] = (None, None),
) -> tuple[StudentRecommender, dict[str, Tensor], dict[str, Any]]:
    """Train a student on hard and soft targets of the training part; the epoch is chosen on the validation part.

    teacher: None trains without one, which α = 1 and an own table must then say
    views: what the epochs learn from, in turn; where there is none, from the real shoppers without a teacher
    kept: checkpoints of the two `STAGES`, from which a killed distillation goes on
    Returns (the student, its weights, its run record, to which `describe` adds what it was made from).
    """
    views = views or [View(lessons.windows)]
    if options.alpha < 1 and views[0].targets is None:
        raise parameter_error("alpha", "distil", "1 where no teacher is given", options.alpha)
    table = teacher.table() if teacher is not None and options.start else None
    if options.start and table is None:
        raise parameter_error("start", "distil", "off where no teacher has toy vectors (--no-start)", "on")
    torch.manual_seed(options.seed)
    index, windows = lessons.dataset.index, lessons.windows
    student = Student(config, len(index), windows.profile_table.shape[1])
    if table is not None:
        start_from_teacher(student, table)
    judged = lessons.split.validation.sample(VALIDATION_QUERIES, 0)

    def teach(lesson: Lesson) -> Said:
        return None if lesson.targets is None else partial(lesson.targets, lesson.batch)

    each = max(1, options.targets_per_batch // process_count())

    def batches(first: int, epoch: int) -> Iterator[Lesson]:
        view = views[(first + epoch - 1) % len(views)]
        generator = np.random.default_rng((options.seed, first + epoch))
        for batch in epoch_batches(view.windows, each, generator):
            yield Lesson(batch, view.targets, view.dreamt)

    def phase(first: int, epochs: int, rate: float, checkpoint: Checkpoint | None) -> list[Epoch]:
        return distil_into(
            student,
            teach,
            partial(batches, first),
            count_batches(windows, each) // process_count() or 1,
            mixed_loss(options),
            lambda model: validation_ndcg(StudentRecommender("student", index, model, lessons.interests), judged),
            FitOptions(
                epochs=epochs,
                learning_rate=rate,
                average=options.average,
                patience=options.patience,
                seed=options.seed,
            ),
            report,
            checkpoint,
        )

    history = phase(0, options.epochs, options.learning_rate, kept[0])
    record = {"student": asdict(config), "distillation": asdict(options), **fit_record(history)}
    if options.finish:
        student.narrow = True
        finish = phase(options.epochs, options.finish, FINISH_RATE * options.learning_rate, kept[1])
        record |= {"full_precision_ndcg_10": record["validation_ndcg_10"], **_after(history, finish)}
    return StudentRecommender("student", index, student, lessons.interests), dict(student.state_dict()), record


def _after(before: list[Epoch], finish: list[Epoch]) -> dict[str, Any]:
    """How a training with a finish went, as one history; what is kept is the finish's best."""
    moved = [
        replace(epoch, number=len(before) + epoch.number, seconds=before[-1].seconds + epoch.seconds)
        for epoch in finish
    ]
    return fit_record(moved) | {"epochs": [asdict(epoch) for epoch in (*before, *moved)]}


def describe(
    record: dict[str, Any], lessons: Lessons, plan: SplitPlan, teacher: Teacher | None, scores: dict[str, Any] | None
) -> dict[str, Any]:
    """The record of a student with what it was made from."""
    facts = teacher.facts if teacher else {"digest": "0" * 64, "preset": "none", "validation_ndcg_10": None}
    kept = None if scores is None else {name: scores[name] for name in ("digest", "top", "bytes", "queries_per_second")}
    return {
        "dataset": dataset_record(lessons.dataset, plan),
        "teacher": facts,
        "scores": kept,
        "interests": list(lessons.interests),
        **record,
    }


def save_student(folder: Path, weights: dict[str, Tensor], record: dict[str, Any]) -> dict[str, Any]:
    """Keep a distilled student; returns its full run record."""
    return save_run(folder, KIND, weights, record)


def load_student(folder: Path, dataset: Dataset) -> tuple[StudentRecommender, dict[str, Any]]:
    """(the student, its run record). Raises ToyGuideError if it belongs to other data."""
    weights, record = load_run(folder, KIND)
    check_same_data(folder, record, dataset)
    with as_recorded(folder):
        config = StudentConfig(**record["student"])
        student = Student(config, len(dataset.index), profile_width(len(record["interests"])))
        if record.get("near"):
            student.near = NearTable(len(dataset.index) + 1, int(record["near"]["count"]))
        student.load_state_dict(weights)
        student.narrow = bool(record["distillation"].get("finish"))
        if not all(isinstance(record[part], dict) for part in ("teacher", "distillation")):
            raise TypeError("'teacher' and 'distillation' must be objects")
    return StudentRecommender("student", dataset.index, student, record["interests"]), record
