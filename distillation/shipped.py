"""A student exactly as a kiosk would run it, without a whole bundle: exported, narrowed, under ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass

from data.split import Holdout
from distillation.export import check_parity, export_student
from distillation.quantize import quantise_rows, shrink_weights
from distillation.student import StudentRecommender
from distillation.trial import REQUESTS, median_milliseconds, stored_bytes
from recommender.serving.student import OnnxStudent, open_graph
from recommender.serving.student import Student as ShippedStudent
from recommender.serving.table import dequantise


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
    table = dequantise(*quantise_rows(student.table.numpy(), bits))
    config = student.model.config
    session = open_graph(narrow, "The exported student")
    ran = ShippedStudent(session, table, student.interests, config.max_history)
    return Shipped(
        OnnxStudent(ran, student.index, f"student (ONNX, int{bits} table)"),
        len(narrow) + stored_bytes(len(table), config.width, bits),
        median_milliseconds(ran, holdout.sample(REQUESTS, 0)),
        parity,
    )
