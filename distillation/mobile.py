"""`student-mobile.onnx`: the student with its toy table inside, one file for a phone or a page in a browser.

The table lies in the file as it is stored, in int8 or int4, and a few plain nodes in front of the graph unpack it. They
hang on nothing but what is stored, so that ONNX Runtime works them out once, at load, and not at every request. int4 is
unpacked by bit operations: they run at the graph's own opset and in every runtime, which ONNX's int4 tensors do not.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from data.errors import BundleError, parameter_error
from recommender.base import check_k

K: Final = 10
"""How many toys the file shows: a list of that length is baked in."""
TOLERANCE: Final = 1e-4
"""How far a score may lie from the plain graph's; toys may change places only where their scores are that close."""
_INPUTS: Final = {"history", "recipient", "table", "allowed", "k"}
_OFFSET: Final = 8
"""Stored int4 codes are shifted by this, so that −8 … 7 become 0 … 15."""


def mobile_graph(
    student_graph: onnx.ModelProto,
    codes: NDArray[np.int8],
    scale: NDArray[np.floating[Any]],
    bits: int = 8,
    k: int = K,
) -> onnx.ModelProto:
    """The graph of `student.onnx` with the toy table inside.

    student_graph: of `export_student`; codes: int8 [N + 1, d], row 0 padding and zeros, for 4 bits within −8 … 7;
    scale: float [N + 1], one a row, or [N + 1, G], one for each of G runs of d / G columns;
    bits: 8, or 4 for two codes a byte.

    Inputs: history int32 [B, L], indices of toys from oldest to newest, 0 = padding, at the end; allowed bool
    [B, N + 1], column 0 is padding and never shown, whatever it says.
    Outputs: toys int32 [B, min(k, N)], best first, −1 where nothing more is allowed; scores float32 of the same shape.
    Of the recipient nothing is known: the profile is zeros. (ONNX Runtime lets a caller override a default, but its
    JavaScript face does not, and one file must mean the same everywhere.)

    Raises ToyGuideError for `bits` or `k` out of bounds, BundleError if graph and table do not fit together.
    """
    if bits not in (4, 8):
        raise parameter_error("bits", "mobile_graph", "4 or 8", bits)
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
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
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
                best, best_scores, query = (np.asarray(array) for array in plain.run(None, feed | rest))
                own = np.where(toys > 0, np.einsum("bd,bkd->bk", query, table[toys]), best_scores)
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
    lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    if codes.min() < lowest or codes.max() > highest:
        raise BundleError(f"Codes of {bits} bits lie in [{lowest}, {highest}]. Got {codes.min()} … {codes.max()}.")
    groups = 1 if scale.ndim == 1 else scale.shape[-1]
    if scale.ndim not in (1, 2) or len(scale) != len(codes) or not groups or codes.shape[1] % groups:
        raise BundleError(
            f"The scale must be [N + 1] or [N + 1, G], G a divisor of {codes.shape[1]}, and N + 1 be {len(codes)}. "
            f"Got {list(scale.shape)}."
        )


def _unpack(
    codes: NDArray[np.int8], scale: NDArray[np.floating[Any]], bits: int
) -> tuple[list[NodeProto], dict[str, NDArray[Any]]]:
    """Nodes that make `table` float32 [N + 1, d] from what is stored, and what is stored."""
    rows, width = codes.shape
    node = helper.make_node
    if bits == 8:
        nodes = [node("Cast", ["mobile.codes"], ["mobile.float_codes"], to=TensorProto.FLOAT)]
        arrays: dict[str, NDArray[Any]] = {"mobile.codes": codes}
    else:
        packed = pack_nibbles(codes)
        nodes = [
            node("BitwiseAnd", ["mobile.codes", "mobile.low_half"], ["mobile.left"]),
            node("BitShift", ["mobile.codes", "mobile.half_byte"], ["mobile.right"], direction="RIGHT"),
            node("Concat", ["mobile.left", "mobile.right"], ["mobile.nibbles"], axis=1),
            node("Slice", ["mobile.nibbles", "mobile.start", "mobile.width", "mobile.axis"], ["mobile.unsigned"]),
            node("Cast", ["mobile.unsigned"], ["mobile.shifted"], to=TensorProto.FLOAT),
            node("Sub", ["mobile.shifted", "mobile.offset"], ["mobile.float_codes"]),
        ]
        arrays = {
            "mobile.codes": packed,
            "mobile.low_half": np.array(15, np.uint8),
            "mobile.half_byte": np.array(4, np.uint8),
            "mobile.start": np.array([0], np.int64),
            "mobile.width": np.array([width], np.int64),
            "mobile.axis": np.array([1], np.int64),
            "mobile.offset": np.array(_OFFSET, np.float32),
        }
    groups = 1 if scale.ndim == 1 else scale.shape[1]
    arrays |= {
        "mobile.scale": scale.reshape(rows, groups, 1),
        "mobile.runs": np.array([rows, groups, width // groups], np.int64),
        "mobile.table": np.array([rows, width], np.int64),
    }
    nodes += [
        node("Cast", ["mobile.scale"], ["mobile.float_scale"], to=TensorProto.FLOAT),
        node("Reshape", ["mobile.float_codes", "mobile.runs"], ["mobile.grouped"]),
        node("Mul", ["mobile.grouped", "mobile.float_scale"], ["mobile.scaled"]),
        node("Reshape", ["mobile.scaled", "mobile.table"], ["table"]),
    ]
    return nodes, arrays


def pack_nibbles(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """uint8 [R, ⌈d / 2⌉] from int4 codes int8 [R, d]: column j in the low half of a byte, column ⌈d / 2⌉ + j above it.

    Halves of a row and not neighbours, so that one concatenation puts them back.
    """
    half = (codes.shape[1] + 1) // 2
    unsigned = np.zeros((len(codes), 2 * half), np.uint8)
    unsigned[:, : codes.shape[1]] = codes.astype(np.int16) + _OFFSET
    packed: NDArray[np.uint8] = unsigned[:, :half] | (unsigned[:, half:] << 4)
    return packed
