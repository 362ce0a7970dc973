"""One student of a sweep: what it is, what it costs, how good it becomes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distillation.distill import DistilOptions, distil
from distillation.export import export_student
from distillation.lessons import Lessons, View, open_views
from distillation.quantize import shrink_weights
from distillation.shipped import LIST, median_milliseconds, run_narrow
from distillation.student import Family, Student, StudentConfig, StudentRecommender
from distillation.teachers import HasTable
from distillation.untaught import Untaught
from recommender.evaluation.metrics import ndcg_at, recall_at
from recommender.evaluation.ranking import judge
from recommender.features import profile_width
from recommender.learning.fit import Reporter


@dataclass(frozen=True)
class Point:
    """One student of a sweep; alpha and temperature are None where it learns without a teacher."""

    family: Family
    width: int
    bits: int
    alpha: float | None = None
    temperature: float | None = None

    @property
    def taught(self) -> bool:
        """Whether it has a teacher."""
        return self.alpha is not None

    @property
    def shape(self) -> str:
        """Students of one shape cost the same to run."""
        return f"{self.family} {self.width}"

    @property
    def config(self) -> StudentConfig:
        """Its shape. Raises ToyGuideError for one that cannot be built."""
        return StudentConfig(width=self.width, family=self.family, bits=self.bits)

    def options(self, shared: DistilOptions, untaught: Untaught) -> DistilOptions:
        """How it learns, given what all students of the sweep share.

        Raises ToyGuideError for an α or a T that cannot be.
        """
        if self.alpha is None or self.temperature is None:
            return untaught.options(shared)
        return replace(shared, alpha=self.alpha, temperature=self.temperature)

    def words(self) -> str:
        """What it is, for people."""
        how = f"T {self.temperature:g}, α {self.alpha:g}" if self.taught else "without a teacher"
        return f"{self.family} {self.width}, int{self.bits}, {how}"


@dataclass(frozen=True)
class Shape:
    """What students of one family and width cost, whatever they have learned.

    graph: bytes of `student.onnx`; milliseconds: median of encode + score + top ten under ONNX Runtime, one thread
    """

    graph: int
    milliseconds: float


@dataclass(frozen=True)
class KeptTable:
    """A teacher of which its toy vectors are left; what it says is in the cache."""

    vectors: NDArray[np.float32] | None

    def table(self) -> Tensor | None:
        """Toy vectors float32 [N + 1, D]; None if it has none."""
        return None if self.vectors is None else torch.from_numpy(self.vectors)


@dataclass(frozen=True)
class Bench:
    """What every student of a sweep is made with.

    scores: the folder of the teacher's, and `key` whose they are; dropout: of those with a teacher
    """

    lessons: Lessons
    teacher: HasTable
    scores: Path
    key: dict[str, Any]
    shared: DistilOptions
    untaught: Untaught
    dropout: float


def measure_shape(config: StudentConfig, lessons: Lessons) -> Shape:
    """Export a student that has learned nothing, and rank with it for shoppers of the validation part, one at a time.

    What a graph weighs and how long it takes hangs on its shape alone, so that one measurement, made while nothing else
    is at work, holds for every student of that shape.
    """
    student = Student(config, len(lessons.dataset.index), profile_width(len(lessons.interests)))
    graph = shrink_weights(export_student(student)).SerializeToString()
    ran = run_narrow(graph, student.full_table().detach().numpy(), config, lessons.interests, config.bits)
    return Shape(len(graph), median_milliseconds(ran, lessons.split.validation))


def run_trial(bench: Bench, point: Point, report: Reporter | None = None) -> dict[str, Any]:
    """Make the student of `point` and judge it on the whole validation part, with its table as it is stored.

    Returns {"ndcg_10", "recall_10", "seconds", "epochs", "best_epoch"}: seconds of learning and judging; epochs are
    those that were learned, the finish with them. Raises ToyGuideError if the loss stops being a number.
    """
    started = time.monotonic()
    lessons, options = bench.lessons, point.options(bench.shared, bench.untaught)
    views: list[View] = []
    if point.taught:
        views = open_views(bench.scores, lessons, bench.key, options.temperature, options.dreams)
    teacher = bench.teacher if point.taught else None
    config = replace(point.config, dropout=bench.dropout)
    if not point.taught:
        config = bench.untaught.config(config)
    student, _, record = distil(lessons, teacher, views, config, options, report)
    student.model.narrow = True
    shipped = StudentRecommender("student", lessons.dataset.index, student.model, lessons.interests)
    with torch.inference_mode():
        ranks = judge(shipped, lessons.split.validation).ranks
    return {
        "ndcg_10": float(ndcg_at(ranks, LIST).mean()),
        "recall_10": float(recall_at(ranks, LIST).mean()),
        "seconds": time.monotonic() - started,
        "epochs": len(record["epochs"]),
        "best_epoch": record["best_epoch"],
    }
