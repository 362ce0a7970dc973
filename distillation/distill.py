"""Distil a teacher into a student."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from data.dataset import MAX_SEED, Dataset
from data.errors import parameter_error
from data.split import Split
from distillation.losses import check_mix, distillation_loss
from distillation.student import Student, StudentConfig, StudentRecommender, start_from_teacher
from recommender.features import profile_width
from recommender.learning.batches import Batch, Windows, count_batches, epoch_batches, exclude_prefix, make_windows
from recommender.learning.chunked import chunked_mean
from recommender.learning.fit import FitOptions, Reporter, fit
from recommender.learning.presets import MAX_EPOCHS
from recommender.learning.runs import as_recorded, load_run, save_run
from recommender.learning.teacher import VALIDATION_QUERIES, check_same_data, fit_record
from recommender.learning.tower_recommender import TwoTowerRecommender, validation_ndcg

KIND = "student"


@dataclass(frozen=True)
class DistilOptions:
    """How to distil. `alpha` weighs the hard loss, `temperature` softens both sides of the soft one."""

    alpha: float = 0.3
    temperature: float = 1.0
    epochs: int = 10
    learning_rate: float = 0.003
    average: float = 0.0
    patience: int = 3
    targets_per_batch: int = 1024
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise ToyGuideError for values that cannot be."""
        check_mix(self.alpha, self.temperature)
        for name, most in (("epochs", MAX_EPOCHS), ("targets_per_batch", 1_000_000)):
            if not 1 <= getattr(self, name) <= most:
                raise parameter_error(name, "distil", f"an int in [1, {most}]", getattr(self, name))
        if not 0 <= self.seed <= MAX_SEED:
            raise parameter_error("seed", "distil", f"an int in [0, {MAX_SEED}]", self.seed)


def teacher_queries(teacher: TwoTowerRecommender, windows: Windows, contacts: int, report: Reporter | None) -> Tensor:
    """The teacher's scaled query vector before each counted contact: float16 [contacts, D], zeros elsewhere.

    The logits of any target are then one matrix product away, exact over all toys, and an epoch of the student never
    runs the teacher's tower again.
    """
    cached = torch.zeros(contacts, teacher.table.shape[1], dtype=torch.float16)
    batches = list(epoch_batches(windows, 2048, np.random.default_rng(0)))
    model = teacher.model
    for done, batch in enumerate(batches, start=1):
        with torch.inference_mode():
            states = model.shopper(teacher.table[batch.toys], batch.kinds, batch.gaps)
            queries = model.shopper.queries(states[batch.row, batch.step], batch.profile)
            cached[batch.contacts] = (queries / model.config.temperature).half()
        if report:
            report("reading the teacher", done, len(batches))
    return cached


def mixed_loss(queries: Tensor, table: Tensor, options: DistilOptions) -> Callable[[Any, Batch], Tensor]:
    """The distillation loss of a batch, given the teacher's queries [contacts, D] and table [N + 1, D]."""
    teacher_table = table.to(torch.bfloat16)

    def loss_of(model: Any, batch: Batch) -> Tensor:
        student_queries, student_table = model(batch)

        def slice_loss(logits: Tensor, rows: slice) -> Tensor:
            prefix, targets = batch.prefix[rows], batch.targets[rows]
            student = exclude_prefix(logits, prefix)
            teacher = (queries[batch.contacts[rows]].to(torch.bfloat16) @ teacher_table.T).float()
            losses = distillation_loss(
                student, exclude_prefix(teacher, prefix), targets, options.alpha, options.temperature
            )
            return losses.sum()

        return chunked_mean(student_queries, student_table, slice_loss)

    return loss_of


def distil(
    dataset: Dataset,
    split: Split,
    teacher: TwoTowerRecommender,
    teacher_record: dict[str, Any],
    config: StudentConfig,
    options: DistilOptions,
    report: Reporter | None = None,
) -> tuple[StudentRecommender, dict[str, Tensor], dict[str, Any]]:
    """Train a student on hard and soft targets of `split.train`; the epoch is chosen on `split.validation`.

    Returns (the student, its weights, its run record).
    """
    torch.manual_seed(options.seed)
    interests = teacher.interests
    read = make_windows(split.train, teacher.max_history, interests)
    queries = teacher_queries(teacher, read, len(split.train.toys), report)
    student = Student(config, len(dataset.index), read.profile_table.shape[1])
    start_from_teacher(student, teacher.table)

    kept, contacts = split.train.without_refusals()
    windows = make_windows(kept, config.max_history, interests).renumbered(torch.from_numpy(contacts))
    judged = split.validation.sample(VALIDATION_QUERIES, 0)
    history = fit(
        student,
        lambda epoch: epoch_batches(windows, options.targets_per_batch, np.random.default_rng((options.seed, epoch))),
        count_batches(windows, options.targets_per_batch),
        mixed_loss(queries, teacher.table, options),
        lambda model: validation_ndcg(StudentRecommender("student", dataset.index, model, interests), judged),
        FitOptions(
            epochs=options.epochs,
            learning_rate=options.learning_rate,
            average=options.average,
            patience=options.patience,
            seed=options.seed,
        ),
        report,
    )
    record = {
        "dataset": teacher_record["dataset"],
        "teacher": {
            "digest": teacher_record["digest"],
            "preset": teacher_record["preset"]["name"],
            "validation_ndcg_10": teacher_record["validation_ndcg_10"],
        },
        "student": asdict(config),
        "distillation": asdict(options),
        "interests": list(interests),
        **fit_record(history),
    }
    return StudentRecommender("student", dataset.index, student, interests), dict(student.state_dict()), record


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
        student.load_state_dict(weights)
        if not all(isinstance(record[part], dict) for part in ("teacher", "distillation")):
            raise TypeError("'teacher' and 'distillation' must be objects")
    return StudentRecommender("student", dataset.index, student, record["interests"]), record
