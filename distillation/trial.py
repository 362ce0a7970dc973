"""One student of a sweep: what it is, what it costs, how good it becomes."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.split import Holdout
from distillation.distill import DistilOptions, Lessons, distil
from distillation.export import export_student
from distillation.quantize import quantise_rows, shrink_weights
from distillation.student import Family, Student, StudentConfig, StudentRecommender
from distillation.targets import Targets, open_cache
from distillation.teachers import HasTable
from recommender.base import batch_holdout
from recommender.evaluation.metrics import ndcg_at, recall_at
from recommender.evaluation.ranking import judge
from recommender.features import profile_width
from recommender.learning.fit import Reporter
from recommender.serving.student import Student as ShippedStudent
from recommender.serving.student import met_toys, open_graph, pad_histories
from recommender.serving.table import dequantise, pack

REQUESTS: Final = 200
WARM_UP: Final = 20
LIST: Final = 10


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

    def options(self, shared: DistilOptions) -> DistilOptions:
        """How it learns, given what all students of the sweep share. Without a teacher: hard loss, a table of its own.

        Raises ToyGuideError for an α or a T that cannot be.
        """
        if self.alpha is None or self.temperature is None:
            return replace(shared, alpha=1.0, start=False)
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
    """What every student of a sweep is made with. scores: the folder of the teacher's, and `key` whose they are."""

    lessons: Lessons
    teacher: HasTable
    scores: Path
    key: dict[str, Any]
    shared: DistilOptions


def stored_bytes(rows: int, width: int, bits: int) -> int:
    """Bytes of the table and its scales as a bundle holds them; rows: N + 1."""
    codes = np.zeros((rows, width), np.int8)
    return _file_bytes(pack(codes, bits)) + _file_bytes(np.zeros(rows, np.float16))


def _file_bytes(array: NDArray[Any]) -> int:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.tell()


def measure_shape(config: StudentConfig, lessons: Lessons) -> Shape:
    """Export a student that has learned nothing, and rank with it for shoppers of the validation part, one at a time.

    What a graph weighs and how long it takes hangs on its shape alone, so that one measurement, made while nothing else
    is at work, holds for every student of that shape.
    """
    index, interests = lessons.dataset.index, lessons.interests
    student = Student(config, len(index), profile_width(len(interests)))
    graph = shrink_weights(export_student(student)).SerializeToString()
    table = dequantise(*quantise_rows(student.full_table().detach().numpy(), config.bits))
    shipped = ShippedStudent(open_graph(graph, "The exported student"), table, interests, config.max_history)
    return Shape(len(graph), median_milliseconds(shipped, lessons.split.validation.sample(REQUESTS, 0)))


def median_milliseconds(student: ShippedStudent, holdout: Holdout) -> float:
    """The median time in which a shipped student finds the ten best new toys for one shopper of `holdout`."""
    batch = batch_holdout(holdout)
    allowed = np.ones((len(batch), len(student.table)), np.bool_)
    np.put_along_axis(allowed, batch.toys.astype(np.int64), False, axis=1)
    allowed[:, 0] = False
    profiles = student.profiles(batch.recipients)
    met = [met_toys(toys, kinds) for toys, kinds in zip(batch.toys.tolist(), batch.kinds.tolist(), strict=True)]
    times = []
    for row in [*range(min(WARM_UP, len(batch))), *range(len(batch))]:
        history = pad_histories([met[row]], student.max_history)
        started = time.perf_counter()
        student.rank(history, profiles[row : row + 1], allowed[row : row + 1], LIST)
        times.append(time.perf_counter() - started)
    return float(np.median(times[-len(batch) :]) * 1000)


def run_trial(bench: Bench, point: Point, report: Reporter | None = None) -> dict[str, Any]:
    """Make the student of `point` and judge it on the whole validation part, with its table as it is stored.

    Returns {"ndcg_10", "recall_10", "seconds", "epochs", "best_epoch"}: seconds of learning and judging; epochs are
    those that were learned, the finish with them. Raises ToyGuideError if the loss stops being a number.
    """
    started = time.monotonic()
    lessons, options = bench.lessons, point.options(bench.shared)
    scores: Targets | None = None
    if point.taught:
        scores = open_cache(bench.scores, bench.key, options.temperature, lessons.train)
    teacher = bench.teacher if point.taught else None
    student, _, record = distil(lessons, teacher, scores, point.config, options, report)
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
