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
from distillation.student import Student
from distillation.toy_encoder import ToyEncoder
from recommender.serving.student import open_graph

OPSET = 20
PARITY = 1e-4
"""Largest difference allowed between a score in torch and under ONNX Runtime."""
_NEVER = float(np.finfo(np.float32).min)


class _Encoder(nn.Module):
    """history, recipient, table → query; what torch.onnx traces."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.shopper = student.shopper
        self.encode = student.encode

    def forward(self, history: Tensor, recipient: Tensor, table: Tensor) -> Tensor:
        return self.encode(table, history.long(), recipient)


def export_student(student: Student) -> onnx.ModelProto:
    """The student as `student.onnx`.

    Inputs: history int32 [B, L], recipient float32 [B, P], table float32 [N + 1, d], allowed bool [B, N + 1],
    k int64 [1].
    Outputs: toys int32 [B, min(k, N + 1)], −1 where nothing more is allowed; scores float32 of the same shape;
    query float32 [B, d], scaled, so that score = query · table[toy].
    """
    student.eval()
    table = student.table().detach()
    profile_width = student.shopper.profile_width
    example = (torch.tensor([[1, 1, 0], [1, 0, 0]], dtype=torch.int32), torch.zeros(2, profile_width), table)
    batch, length, toys = torch.export.Dim("B"), torch.export.Dim("L"), torch.export.Dim("M")
    model = trace(
        _Encoder(student),
        example,
        {"history": {0: batch, 1: length}, "recipient": {0: batch}, "table": {0: toys}},
        "query",
    )
    return _append_ranking(model)


def export_toy_encoder(encoder: ToyEncoder) -> onnx.ModelProto:
    """The toy encoder as `toy_encoder.onnx`: features of M toys → vectors float32 [M, d] of unit length."""
    encoder.eval()
    rows = torch.export.Dim("M")
    example = encoder.example(2)
    names = ("text", "text_weights", "labels", "label_weights", "profile")
    return trace(encoder, example, {name: {0: rows} for name in names}, "vector")


def trace(
    module: nn.Module, example: tuple[Tensor, ...], shapes: dict[str, dict[int, Any]], output: str
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
            output_names=[output],
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


def _append_ranking(model: onnx.ModelProto) -> onnx.ModelProto:
    """Add scores, mask and top-k behind the graph's `query`."""
    graph = model.graph
    constants: dict[str, NDArray[np.generic]] = {
        "never": np.array(_NEVER, np.float32),
        "nothing": np.array(-1, np.int64),
    }
    graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in constants.items())
    graph.node.extend(
        [
            helper.make_node("Transpose", ["table"], ["table_columns"], perm=[1, 0]),
            helper.make_node("MatMul", ["query", "table_columns"], ["all_scores"]),
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
    query = graph.output[0]
    del graph.output[:]
    graph.output.extend(
        [
            helper.make_tensor_value_info("toys", TensorProto.INT32, ["B", "K"]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["B", "K"]),
            query,
        ]
    )
    onnx.checker.check_model(model)
    return model


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
            allowed = np.ones(expected.shape, np.bool_)
            feeds = {
                "history": history,
                "recipient": recipient,
                "table": table.numpy(),
                "allowed": allowed,
                "k": np.array([10], np.int64),
            }
            toys, scores, _ = session.run(None, feeds)
            at = np.take_along_axis(expected, np.asarray(toys, np.int64), axis=1)
            worst = max(worst, float(np.abs(at - np.asarray(scores)).max()))
    if worst > PARITY:
        raise BundleError(f"ONNX and torch differ by {worst:.2e} in a score; at most {PARITY:.0e} is allowed.")
    return worst
