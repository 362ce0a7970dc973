"""Fewer bits for what ships: the toy table by rows, and the weights of a graph by output channels.

Every row has one scale, and row ≈ codes · scale with whole codes, symmetric about 0. What `fake_quantise` gives while
a student learns is to the last bit what `quantise_rows` stores and a kiosk reads: one function chooses the codes of
both. And storing is a fixed point: rows that were read back are stored as the same bytes again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor

from data.errors import ToyGuideError
from recommender.serving.table import dequantise, highest_code

CLIPS: Final = (1.0, 0.9, 0.8, 0.7)
"""Where a row of 4 bits may be cut off, as shares of its largest number. Forty values between 1 and .3 gain 2 % of the
squared error more and take nine times as long. 1 comes first: a row that fits exactly must stay as it is."""
LARGEST: Final = 100_000.0
"""A number of a table beyond this would need a scale that float16 cannot hold."""
SMALLEST_WEIGHTS: Final = 1024
"""Bytes; a smaller array of weights is not worth the nodes that unpack it."""
_ROWS_AT_ONCE: Final = 256
"""So many rows stay in the processor's cache while their codes are sought: four times as fast as all at once."""


def quantise_rows(table: NDArray[np.float32], bits: int = 8) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """(codes int8 [R, d], scales float16 [R]) of rows of about unit length; a row of zeros stays one.

    Each row's scale is sought for the smallest squared error. 8 bits: codes −127 … 127; 4 bits: −7 … 7.
    Raises ToyGuideError for other bits, or a number that is not finite or too large for a float16 scale.
    """
    if not (np.abs(table) <= LARGEST).all():
        raise ToyGuideError(f"A toy table must hold finite numbers within ±{LARGEST:.0f} to be stored.")
    codes, scale = row_codes(torch.from_numpy(np.asarray(table, np.float32)), bits)
    return codes.to(torch.int8).numpy(), scale.half().numpy()


def as_stored(table: NDArray[np.float32], bits: int = 8) -> NDArray[np.float32]:
    """float32 [R, d]: the table as it is read back after it was stored with that many bits."""
    return dequantise(*quantise_rows(table, bits))


def fake_quantise(table: Tensor, bits: int) -> Tensor:
    """Rows [R, d] with the values that storing gives them; the gradient passes as if nothing had happened.

    For a quantisation-aware finish. Source: Bengio, Léonard and Courville, "Estimating or Propagating Gradients
    Through Stochastic Neurons for Conditional Computation", 2013 (the straight-through estimator). If rows are to be
    of unit length, do that first: what comes after this changes what is stored.
    """
    answer: Tensor = _StraightThrough.apply(table, bits)  # type: ignore[no-untyped-call]
    return answer


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, table: Tensor, bits: int) -> Tensor:
        codes, scale = row_codes(table, bits)
        return codes * scale[:, None]

    @staticmethod
    def backward(_context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


@torch.no_grad()
def row_codes(table: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """(whole codes [R, d], scales [R] that float16 holds exactly), both float32.

    For each of `CLIPS` (8 bits: the first alone) the codes of that cut-off; of these the ones nearest in direction to
    the row, with the scale that then leaves the smallest squared error: ⟨row, codes⟩ / ⟨codes, codes⟩.
    """
    highest, clips = highest_code(bits), CLIPS if bits < 8 else CLIPS[:1]
    rows = table.detach().float()
    codes, scales = torch.empty_like(rows), rows.new_empty(len(rows))
    step = _ROWS_AT_ONCE if rows.device.type == "cpu" else max(len(rows), 1)
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        codes[part], scales[part] = _best_codes(rows[part], highest, clips)
    return codes, scales


def _best_codes(rows: Tensor, highest: int, clips: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    whole = rows.abs().amax(dim=1, keepdim=True) / highest
    best: tuple[Tensor, Tensor, Tensor, Tensor] | None = None
    for clip in clips:
        scale = (whole * clip).half().float()
        scale = torch.where(scale > 0, scale, 1.0)
        codes = (rows / scale).round_().clamp_(-highest, highest)
        along, square = (codes * rows).sum(dim=1, keepdim=True), (codes * codes).sum(dim=1, keepdim=True)
        gain = along * along / square.clamp_min(1.0)  # what is left of the row's squared length is its error
        found = (gain, codes, along, square)
        best = found if best is None else _better(best, found)
    assert best is not None
    _, codes, along, square = best
    return codes, (along / square.clamp_min(1.0)).half().float()[:, 0]


def _better(one: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Row by row that of the two whose gain is larger; the first where they are equal."""
    wins = other[0] > one[0]
    gain, codes, along, square = (torch.where(wins, right, left) for left, right in zip(one, other, strict=True))
    return gain, codes, along, square


def shrink_weights(
    model: onnx.ModelProto, smallest: int = SMALLEST_WEIGHTS, keep: Collection[str] = ()
) -> onnx.ModelProto:
    """A copy of `model` whose float32 weight matrices of at least `smallest` bytes are stored as int8.

    Each output channel has its own float32 scale. A Cast and a Mul give the weights their old name back; they hang on
    nothing but what is stored, so that ONNX Runtime works them out once, at load. Biases and norms stay, and so does
    what `keep` names.
    """
    shrunk = onnx.ModelProto()
    shrunk.CopyFrom(model)
    graph = shrunk.graph
    fed = {value.name for value in graph.input} | set(keep)
    nodes: list[NodeProto] = []
    arrays: list[TensorProto] = []
    for tensor in graph.initializer:
        weights = numpy_helper.to_array(tensor)
        if tensor.name in fed or weights.dtype != np.float32 or weights.ndim < 2 or weights.nbytes < smallest:
            arrays.append(tensor)
            continue
        codes, scale = _channel_codes(weights, _channel_axis(graph, tensor.name, weights.ndim))
        name = tensor.name
        arrays += [numpy_helper.from_array(codes, f"{name}.codes"), numpy_helper.from_array(scale, f"{name}.scale")]
        nodes += [
            helper.make_node("Cast", [f"{name}.codes"], [f"{name}.wide"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.wide", f"{name}.scale"], [name]),
        ]
    rest = list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(arrays)
    graph.node.extend([*nodes, *rest])
    onnx.checker.check_model(shrunk)
    return shrunk


def _channel_axis(graph: onnx.GraphProto, name: str, dimensions: int) -> int:
    """Along which axis of these weights the output channels lie: the columns of a product, else the rows."""
    for node in graph.node:
        if node.op_type in ("MatMul", "Gemm") and len(node.input) > 1 and node.input[1] == name:
            turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
            return 0 if turned else dimensions - 1
    return 0


def _channel_codes(weights: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(codes int8 of the same shape, scales float32 that spread over it)."""
    others = tuple(place for place in range(weights.ndim) if place != axis)
    largest = np.abs(weights).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest / highest_code(8), 1.0).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale
