"""A student as a kiosk would run it, without a whole bundle: narrowed, under ONNX Runtime; and what it costs."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from data.split import Holdout
from distillation.export import check_parity, export_student
from distillation.quantize import as_stored, shrink_weights
from distillation.student import StudentConfig, StudentRecommender
from recommender.base import Recommender, batch_holdout, top_k, unseen_mask
from recommender.evaluation.cost import held
from recommender.learning.blend import Blend
from recommender.learning.tower_recommender import TwoTowerRecommender
from recommender.serving.student import OnnxStudent, met_toys, open_graph, pad_histories
from recommender.serving.student import Student as ShippedStudent
from recommender.serving.table import pack

REQUESTS: Final = 200
WARM_UP: Final = 20
LIST: Final = 10


@dataclass(frozen=True)
class Shipped:
    """A student under ONNX Runtime on one thread.

    bytes: of the graph and the stored table with its scales; milliseconds: median of encode + score + top ten
    parity: largest difference of a score between torch and the graph before its weights were narrowed
    """

    recommender: OnnxStudent
    bytes: int
    milliseconds: float
    parity: float


def ship(student: StudentRecommender, bits: int, holdout: Holdout) -> Shipped:
    """`student` with a table of so many bits, timed on queries of `holdout`.

    Raises BundleError if the graph and torch differ by more than 1e-4 in a score.
    """
    graph = export_student(student.model)
    parity = check_parity(student.model, graph)
    narrow = shrink_weights(graph).SerializeToString()
    config, table = student.model.config, student.table.numpy()
    ran = run_narrow(narrow, table, config, student.interests, bits)
    return Shipped(
        OnnxStudent(ran, student.index, f"student (ONNX, int{bits} table)"),
        len(narrow) + stored_bytes(len(table), config.width, bits),
        median_milliseconds(ran, holdout),
        parity,
    )


def teacher_costs(teacher: Recommender, holdout: Holdout) -> dict[str, float]:
    """What a teacher costs: {"parameters", "bytes", "milliseconds"}, of its members together.

    bytes: of all numbers it must hold to answer; milliseconds: median of score + mask + top ten for one shopper, on one
    thread, over `REQUESTS` of `holdout`, its toy vectors computed beforehand
    """
    parameters = total = 0
    for member in teacher.members if isinstance(teacher, Blend) else (teacher,):
        if isinstance(member, TwoTowerRecommender):
            parameters += sum(each.numel() for each in member.model.parameters())
            total += sum(each.numel() * each.element_size() for each in member.model.state_dict().values())
        else:
            numbers, size = held(member)
            parameters, total = parameters + numbers, total + size
    batch, times = batch_holdout(holdout.sample(REQUESTS, 0)), []
    with one_thread():
        for row in [*range(min(WARM_UP, len(batch))), *range(len(batch))]:
            one = batch.rows(row, row + 1)
            started = time.perf_counter()
            top_k(teacher.score_batch(one), unseen_mask(one, len(teacher.index)), LIST)
            times.append(time.perf_counter() - started)
    return {
        "parameters": parameters,
        "bytes": total,
        "milliseconds": float(np.median(times[-len(batch) :]) * 1000),
    }


@contextmanager
def one_thread() -> Iterator[None]:
    """While it lasts, torch computes on one thread, as ONNX Runtime does for a kiosk."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def run_narrow(
    graph: bytes, table: NDArray[np.float32], config: StudentConfig, interests: Sequence[str], bits: int
) -> ShippedStudent:
    """A graph over its table [N + 1, d] as it is read back after it was stored with so many bits."""
    return ShippedStudent(
        open_graph(graph, "The exported student"), as_stored(table, bits), interests, config.max_history
    )


def stored_bytes(rows: int, width: int, bits: int) -> int:
    """Bytes of the table and its scales as a bundle holds them; rows: N + 1."""
    codes = np.zeros((rows, width), np.int8)
    return _file_bytes(pack(codes, bits)) + _file_bytes(np.zeros(rows, np.float16))


def _file_bytes(array: NDArray[Any]) -> int:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.tell()


def median_milliseconds(student: ShippedStudent, holdout: Holdout) -> float:
    """The median time in which a student finds the ten best new toys for one shopper, over `REQUESTS` of `holdout`."""
    batch = batch_holdout(holdout.sample(REQUESTS, 0))
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
