"""Torch → ONNX: the student's graph and the toy encoder's.

The encoder comes from torch.onnx; scoring, mask and top-k are appended as plain ONNX nodes, because `k` and the number
of toys must stay inputs and the toy table must not be baked in.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor, nn

from data.errors import BundleError
from distillation.near import HIGHEST_CODE, NearTable
from distillation.student import Student
from distillation.toy_encoder import ToyEncoder
from recommender.serving.student import open_graph

OPSET = 20
PARITY = 1e-4
"""Largest difference allowed between a score in torch and under ONNX Runtime."""
_NEVER = float(np.finfo(np.float32).min)


class _Encoder(nn.Module):
    """history, recipient, table → query, and where `sums`, parts; what torch.onnx traces."""

    def __init__(self, student: Student, sums: bool) -> None:
        super().__init__()
        self.shopper = student.shopper
        self.encode = student.encode_parts if sums else student.encode

    def forward(self, history: Tensor, recipient: Tensor, table: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return self.encode(table, history.long(), recipient)


def export_student(student: Student) -> onnx.ModelProto:
    """The student as `student.onnx`.

    Inputs: history int32 [B, L], recipient float32 [B, P], table float32 [N + 1, d], allowed bool [B, N + 1],
    k int64 [1].
    Outputs: toys int32 [B, min(k, N + 1)], −1 where nothing more is allowed; scores float32 of the same shape;
    query float32 [B, d], scaled, so that score = query · table[toy]; of a student with a table of near toys, near
    float32 [B, N + 1], what is added to that; and of one that pools, without such a table, parts float32 [B, L, d]: toy
    i of the history brings parts[i] · table[toy] to a score.
    """
    student.eval()
    sums = student.config.family == "pooling" and student.near is None
    table = student.table().detach()
    profile_width = student.shopper.profile_width
    example = (torch.tensor([[1, 1, 0], [1, 0, 0]], dtype=torch.int32), torch.zeros(2, profile_width), table)
    batch, length, toys = torch.export.Dim("B"), torch.export.Dim("L"), torch.export.Dim("M")
    model = trace(
        _Encoder(student, sums),
        example,
        {"history": {0: batch, 1: length}, "recipient": {0: batch}, "table": {0: toys}},
        ["query", "parts"] if sums else ["query"],
    )
    return _append_ranking(model, student.near)


def export_toy_encoder(encoder: ToyEncoder) -> onnx.ModelProto:
    """The toy encoder as `toy_encoder.onnx`: features of M toys → vectors float32 [M, d] of unit length."""
    encoder.eval()
    rows = torch.export.Dim("M")
    example = encoder.example(2)
    names = ("text", "text_weights", "labels", "label_weights", "profile")
    return trace(encoder, example, {name: {0: rows} for name in names}, ["vector"])


def trace(
    module: nn.Module, example: tuple[Tensor, ...], shapes: dict[str, dict[int, Any]], outputs: list[str]
) -> onnx.ModelProto:
    """A module as a small ONNX graph. `shapes`: the name of each input → its axes that stay open."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of torchvision's operators, which we have not
    with warnings.catch_warnings():
        # Two notes of the exporter on its own workings; neither says anything of the graph.
        warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)
        warnings.filterwarnings("ignore", message="# The axis name", category=UserWarning)
        program = torch.onnx.export(
            module.eval(),
            example,
            dynamo=True,
            input_names=list(shapes),
            output_names=outputs,
            dynamic_shapes=shapes,
            opset_version=OPSET,
            verbose=False,
        )
    if program is None:
        raise BundleError("torch.onnx.export gave no program.")
    model = program.model_proto
    for node in model.graph.node:  # where each node came from in the source: half of the file, of no use here
        del node.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    del model.graph.value_info[:]
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.functions[:]
    return model


def _append_ranking(model: onnx.ModelProto, near: NearTable | None) -> onnx.ModelProto:
    """Add scores, mask and top-k behind the graph's `query`."""
    graph = model.graph
    added = [] if near is None else _append_near(graph, near)
    inner = "all_scores" if near is None else "inner_products"
    constants: dict[str, NDArray[np.generic]] = {
        "never": np.array(_NEVER, np.float32),
        "nothing": np.array(-1, np.int64),
    }
    graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in constants.items())
    graph.node.extend(
        [
            helper.make_node("Transpose", ["table"], ["table_columns"], perm=[1, 0]),
            helper.make_node("MatMul", ["query", "table_columns"], [inner]),
            *added,
            helper.make_node("Where", ["allowed", "all_scores", "never"], ["masked_scores"]),
            helper.make_node("Shape", ["table"], ["rows"], start=0, end=1),
            helper.make_node("Min", ["k", "rows"], ["count"]),
            helper.make_node("TopK", ["masked_scores", "count"], ["scores", "places"], axis=1, largest=1, sorted=1),
            helper.make_node("Greater", ["scores", "never"], ["shown"]),
            helper.make_node("Where", ["shown", "places", "nothing"], ["toys_wide"]),
            helper.make_node("Cast", ["toys_wide"], ["toys"], to=TensorProto.INT32),
        ]
    )
    graph.input.append(helper.make_tensor_value_info("allowed", TensorProto.BOOL, ["B", "M"]))
    graph.input.append(helper.make_tensor_value_info("k", TensorProto.INT64, [1]))
    traced = list(graph.output)
    del graph.output[:]
    graph.output.extend(
        [
            helper.make_tensor_value_info("toys", TensorProto.INT32, ["B", "K"]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["B", "K"]),
            *traced,
            *([] if near is None else [helper.make_tensor_value_info("near", TensorProto.FLOAT, ["B", "M"])]),
        ]
    )
    onnx.checker.check_model(model)
    return model


def _append_near(graph: onnx.GraphProto, near: NearTable) -> list[onnx.NodeProto]:
    """Nodes that add a table of near toys, which lies in the graph, to `inner_products`; see `NearTable`.

    Given a table of fewer toys, they add nonsense, but to no toy that is not there; the query does not know them. Given
    one of more, a shop's own behind the rest, those are near nothing and nothing is near them.
    """
    stored: dict[str, NDArray[Any]] = {
        "near.toys": near.toys.numpy().astype(np.uint16 if len(near.toys) < 2**16 else np.int32),
        "near.codes": near.codes.numpy(),
        "near.root": np.sqrt(near.highest.numpy()) / np.float32(HIGHEST_CODE),
        "near.fade": near.fade.numpy(),
        "near.strength": near.strength.numpy(),
        "near.share": 1 / near.epsilon.numpy(),
        "near.rows": np.array(len(near.toys), np.int32),
        "near.nobody": np.array(0, np.int32),
        "near.one": np.array(1, np.int64),
        "near.float_one": np.array(1, np.float32),
        "near.along": np.array([1], np.int64),
        "near.last": np.array([2], np.int64),
        "near.flat": np.array([0, -1], np.int64),
        "near.zero": np.array(0, np.float32),
    }
    graph.initializer.extend(onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in stored.items())
    node = helper.make_node
    return [
        node("Cast", ["near.toys"], ["near.places"], to=TensorProto.INT64),
        node("Cast", ["near.codes"], ["near.wide"], to=TensorProto.FLOAT),
        node("Mul", ["near.wide", "near.root"], ["near.roots"]),
        node("Mul", ["near.roots", "near.roots"], ["near.weights"]),
        node("Less", ["history", "near.rows"], ["near.is_known"]),
        node("Where", ["near.is_known", "history", "near.nobody"], ["near.known"]),
        node("Greater", ["history", "near.nobody"], ["near.is_met"]),
        node("Cast", ["near.is_met"], ["near.met"], to=TensorProto.FLOAT),
        node("ReduceSum", ["near.met", "near.along"], ["near.length"], keepdims=1),
        node("CumSum", ["near.met", "near.one"], ["near.order"]),
        node("Sub", ["near.length", "near.order"], ["near.age"]),
        node("Pow", ["near.fade", "near.age"], ["near.fades"]),
        node("Mul", ["near.fades", "near.met"], ["near.fading"]),
        node("Unsqueeze", ["near.fading", "near.last"], ["near.each"]),
        node("Gather", ["near.weights", "near.known"], ["near.told_of"]),
        node("Mul", ["near.told_of", "near.each"], ["near.told"]),
        node("Reshape", ["near.told", "near.flat"], ["near.updates"]),
        node("Gather", ["near.places", "near.known"], ["near.found"]),
        node("Reshape", ["near.found", "near.flat"], ["near.all_found"]),
        node("Shape", ["inner_products"], ["near.shape"]),
        node("Shape", ["inner_products"], ["near.width"], start=1, end=2),
        node("Sub", ["near.width", "near.one"], ["near.end"]),
        node("Min", ["near.all_found", "near.end"], ["near.at"]),
        node("Expand", ["near.zero", "near.shape"], ["near.nothing"]),
        node("ScatterElements", ["near.nothing", "near.at", "near.updates"], ["near.sums"], axis=1, reduction="add"),
        node("Mul", ["near.sums", "near.share"], ["near.shares"]),
        node("Add", ["near.shares", "near.float_one"], ["near.raised"]),
        node("Log", ["near.raised"], ["near.logs"]),
        node("Mul", ["near.logs", "near.strength"], ["near"]),
        node("Add", ["inner_products", "near"], ["all_scores"]),
    ]


def check_parity(student: Student, model: onnx.ModelProto, seed: int = 0) -> float:
    """The largest score difference between torch and ONNX Runtime, over batches of 1, 2, 7 and 64 and every length.

    Raises BundleError if it is above `PARITY`, or the installed ONNX Runtime cannot load the graph.
    """
    generator = np.random.default_rng(seed)
    session = open_graph(model.SerializeToString(), "The exported student")
    table = student.table().detach()
    worst = 0.0
    for batch in (1, 2, 7, 64):
        for length in range(1, student.config.max_history + 1):
            history = generator.integers(1, len(table), (batch, length)).astype(np.int32)
            history[generator.integers(0, length + 1, batch)[:, None] <= np.arange(length)] = 0
            recipient = generator.random((batch, student.shopper.profile_width), np.float32)
            with torch.inference_mode():
                query = student.encode(table, torch.from_numpy(history).long(), torch.from_numpy(recipient))
                expected = (query @ table.T).numpy()
                if student.near is not None:
                    expected = expected + student.near(torch.from_numpy(history).long()).numpy()
            allowed = np.ones(expected.shape, np.bool_)
            feeds = {
                "history": history,
                "recipient": recipient,
                "table": table.numpy(),
                "allowed": allowed,
                "k": np.array([10], np.int64),
            }
            toys, scores = session.run(["toys", "scores"], feeds)
            at = np.take_along_axis(expected, np.asarray(toys, np.int64), axis=1)
            worst = max(worst, float(np.abs(at - np.asarray(scores)).max()))
    if worst > PARITY:
        raise BundleError(f"ONNX and torch differ by {worst:.2e} in a score; at most {PARITY:.0e} is allowed.")
    return worst
