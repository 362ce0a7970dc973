"""`student-mobile.onnx`: the student with its toy table inside, one file for a phone or a page in a browser.

The table lies in the file as it is stored, in int8 or int4, and a few plain nodes in front of the graph unpack it. They
hang on nothing but what is stored, so that ONNX Runtime works them out once, at load, and not at every request. int4 is
unpacked by bit operations: they run at the graph's own opset and in every runtime, which ONNX's int4 tensors do not.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from data.errors import BundleError
from recommender.base import check_k
from recommender.serving.runtime import ort
from recommender.serving.table import NIBBLE_OFFSET, highest_code, pack

K: Final = 10
"""How many toys the file shows: a list of that length is baked in."""
TOLERANCE: Final = 1e-4
"""How far a score may lie from the plain graph's; toys may change places only where their scores are that close."""
_INPUTS: Final = {"history", "recipient", "table", "allowed", "k"}


def mobile_graph(
    student_graph: onnx.ModelProto,
    codes: NDArray[np.int8],
    scale: NDArray[np.floating[Any]],
    bits: int = 8,
    k: int = K,
) -> onnx.ModelProto:
    """The graph of `student.onnx` with the toy table inside.

    student_graph: of `export_student`; codes: int8 [N + 1, d], row 0 padding and zeros, for 4 bits within −8 … 7;
    scale: float [N + 1], one a row; bits: 8, or 4 for two codes a byte.

    Inputs: history int32 [B, L], indices of toys from oldest to newest, 0 = padding, at the end; allowed bool
    [B, N + 1], column 0 is padding and never shown, whatever it says.
    Outputs: toys int32 [B, min(k, N)], best first, −1 where nothing more is allowed; scores float32 of the same shape.
    Of the recipient nothing is known: the profile is zeros. (ONNX Runtime lets a caller override a default, but its
    JavaScript face does not, and one file must mean the same everywhere.)

    Raises ToyGuideError for `bits` or `k` out of bounds, BundleError if graph and table do not fit together.
    """
    check_k(k, "mobile_graph")
    _check(student_graph, codes, scale, bits)
    model = onnx.ModelProto()
    model.CopyFrom(student_graph)
    graph = model.graph
    profile_width = next(value for value in graph.input if value.name == "recipient").type.tensor_type.shape.dim[1]
    stored: dict[str, NDArray[Any]] = {
        "k": np.array([min(k, len(codes) - 1)], np.int64),
        "mobile.profile": np.array([profile_width.dim_value], np.int64),
        "mobile.zero": np.array(0, np.int64),
        "mobile.one": np.array(1, np.int64),
        "mobile.rows": np.array(len(codes), np.int64),
    }
    first = [
        # The graph reads the batch off the recipient.
        helper.make_node("Shape", ["history"], ["mobile.batch"], start=0, end=1),
        helper.make_node("Concat", ["mobile.batch", "mobile.profile"], ["mobile.recipient_shape"], axis=0),
        helper.make_node("ConstantOfShape", ["mobile.recipient_shape"], ["recipient"]),
        helper.make_node("Range", ["mobile.zero", "mobile.rows", "mobile.one"], ["mobile.places"]),
        helper.make_node("Greater", ["mobile.places", "mobile.zero"], ["mobile.real"]),
        helper.make_node("And", ["allowed", "mobile.real"], ["mobile.allowed"]),
    ]
    unpacking, arrays = _unpack(codes, scale, bits)
    for node in graph.node:
        node.input[:] = ["mobile.allowed" if name == "allowed" else name for name in node.input]
    nodes = [*unpacking, *first, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in (stored | arrays).items())
    keep = {value.name: value for value in graph.output if value.name in ("toys", "scores")}
    del graph.input[:], graph.output[:]
    graph.input.extend(
        [
            helper.make_tensor_value_info("history", TensorProto.INT32, ["B", "L"]),
            helper.make_tensor_value_info("allowed", TensorProto.BOOL, ["B", len(codes)]),
        ]
    )
    graph.output.extend([keep["toys"], keep["scores"]])
    onnx.checker.check_model(model)
    return model


def check_mobile(
    student_graph: onnx.ModelProto,
    mobile: onnx.ModelProto,
    table: NDArray[np.float32],
    max_history: int,
    seed: int = 0,
) -> float:
    """The largest score difference between `mobile` and the plain graph that is given `table`, float32 [N + 1, d].

    Batches of 1, 2 and 7, every length of history, with 0, 1, k − 1 and all toys allowed.
    Raises BundleError if they differ by more than `TOLERANCE`, or in a list beyond what such a difference explains.
    """
    generator = np.random.default_rng(seed)
    plain, inside = (
        ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        for model in (student_graph, mobile)
    )
    profile_width = next(value for value in plain.get_inputs() if value.name == "recipient").shape[1]
    k = int(inside.run(None, _feed(generator, 1, 1, len(table), None))[0].shape[1])
    worst = 0.0
    for batch in (1, 2, 7):
        for length in range(1, max_history + 1):
            for shown in (0, 1, k - 1, None):
                feed = _feed(generator, batch, length, len(table), shown)
                toys, scores = (np.asarray(array) for array in inside.run(["toys", "scores"], feed))
                rest = {
                    "recipient": np.zeros((batch, profile_width), np.float32),
                    "table": table,
                    "k": np.array([k], np.int64),
                }
                names = [value.name for value in plain.get_outputs()]
                said = dict(zip(names, map(np.asarray, plain.run(names, feed | rest)), strict=True))
                best, best_scores = said["toys"], said["scores"]
                exact = np.einsum("bd,bkd->bk", said["query"], table[toys])
                if "near" in said:
                    exact += np.take_along_axis(said["near"], np.maximum(toys, 0).astype(np.int64), axis=1)
                own = np.where(toys > 0, exact, best_scores)
                allowed = np.take_along_axis(feed["allowed"], np.maximum(toys, 0).astype(np.int64), axis=1)
                gap = float(np.abs([scores - best_scores, own - best_scores]).max())
                worst = max(worst, gap)
                if ((toys > 0) != (best > 0)).any() or not allowed[toys > 0].all() or not gap <= TOLERANCE:
                    raise BundleError(
                        f"The graph with the table inside and the plain one give different lists: {toys[0].tolist()} "
                        f"and {best[0].tolist()} after {feed['history'][0].tolist()}, scores {gap:.2e} apart."
                    )
    return worst


def _feed(
    generator: np.random.Generator, batch: int, length: int, rows: int, shown: int | None
) -> dict[str, NDArray[Any]]:
    """Random histories, padded at the end, and masks that allow `shown` toys (None: all)."""
    history = generator.integers(1, rows, (batch, length)).astype(np.int32)
    history[generator.integers(0, length + 1, batch)[:, None] <= np.arange(length)] = 0
    allowed = np.zeros((batch, rows), np.bool_)
    for row in allowed:
        row[generator.permutation(rows - 1)[:shown] + 1] = True
    return {"history": history, "allowed": allowed}


def _check(
    student_graph: onnx.ModelProto, codes: NDArray[np.int8], scale: NDArray[np.floating[Any]], bits: int
) -> None:
    names = {value.name for value in student_graph.graph.input}
    if names != _INPUTS:
        raise BundleError(f"The student's graph must have the inputs {sorted(_INPUTS)}. Got {sorted(names)}.")
    if codes.dtype != np.int8 or codes.ndim != 2 or len(codes) < 2 or codes[0].any():
        raise BundleError(
            f"The codes must be int8 [N + 1, d] with zeros in row 0 and at least one toy. "
            f"Got {codes.dtype} {list(codes.shape)}."
        )
    highest = highest_code(bits)
    if codes.min() < -highest - 1 or codes.max() > highest:
        raise BundleError(
            f"Codes of {bits} bits lie in [{-highest - 1}, {highest}]. Got {codes.min()} … {codes.max()}."
        )
    if scale.shape != codes.shape[:1]:
        raise BundleError(f"There must be one scale a row of codes, {len(codes)}. Got {list(scale.shape)}.")


def _unpack(
    codes: NDArray[np.int8], scale: NDArray[np.floating[Any]], bits: int
) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Nodes that make `table` float32 [N + 1, d] from what is stored, and what is stored."""
    node = helper.make_node
    arrays: dict[str, NDArray[Any]] = {"mobile.codes": pack(codes, bits), "mobile.scale": scale[:, None]}
    nodes = [node("Cast", ["mobile.scale"], ["mobile.wide_scale"], to=TensorProto.FLOAT)]
    if bits == 8:
        nodes.append(node("Cast", ["mobile.codes"], ["mobile.wide_codes"], to=TensorProto.FLOAT))
    else:
        nodes += [
            node("BitwiseAnd", ["mobile.codes", "mobile.low_half"], ["mobile.left"]),
            node("BitShift", ["mobile.codes", "mobile.half_byte"], ["mobile.right"], direction="RIGHT"),
            node("Concat", ["mobile.left", "mobile.right"], ["mobile.both"], axis=1),
            node("Slice", ["mobile.both", "mobile.start", "mobile.width", "mobile.columns"], ["mobile.raised"]),
            node("Cast", ["mobile.raised"], ["mobile.wide_raised"], to=TensorProto.FLOAT),
            node("Sub", ["mobile.wide_raised", "mobile.offset"], ["mobile.wide_codes"]),
        ]
        arrays |= {
            "mobile.low_half": np.array(15, np.uint8),
            "mobile.half_byte": np.array(4, np.uint8),
            "mobile.start": np.array([0], np.int64),
            "mobile.width": np.array([codes.shape[1]], np.int64),
            "mobile.columns": np.array([1], np.int64),
            "mobile.offset": np.array(NIBBLE_OFFSET, np.float32),
        }
    nodes.append(node("Mul", ["mobile.wide_codes", "mobile.wide_scale"], ["table"]))
    return nodes, arrays
