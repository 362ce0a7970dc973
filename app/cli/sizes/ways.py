"""Ways to find the best k toys that a mask allows: exactly in float32, exactly in int8, and by an approximate index.

Each has `best(query, mask, k)`: int64 [≤ k], rows of the table, best first; query float32 [d], mask bool [N + 1].
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import ToyGuideError
from recommender.serving.ranking import best_of, product
from recommender.serving.runtime import ort
from recommender.serving.student import session_options
from recommender.serving.table import dequantise

if TYPE_CHECKING:
    from usearch.index import Index

CONNECTIVITY: Final = 16
BUILD_BEAM: Final = 128
INDEX_DTYPE: Final = "f16"
"""Quicker than f32 and i8 on the machines tried, at the same recall, and the half of f32."""
_HIGHEST: Final = 127
_RAISED: Final = 128
_OPSET: Final = 20
_IR_VERSION: Final = 9


class Float32:
    """As the kiosk does it: the whole table times the query, then the best that the mask allows."""

    def __init__(self, codes: NDArray[np.int8], scale: NDArray[np.floating[Any]]) -> None:
        """codes: int8 [N + 1, d]; scale [N + 1]: the table as a bundle stores it, read back to float32."""
        self._table = dequantise(codes, scale)

    def best(self, query: NDArray[np.float32], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
        """See the module."""
        return best_of(product(self._table, query), mask, k)


class Int8:
    """The stored table itself, multiplied in whole numbers by ONNX Runtime, which a kiosk has anyway.

    The query is split into two rows of whole numbers, its 8 high bits and what they leave, so that next to nothing
    is lost by rounding it; the table is read once for both.
    """

    def __init__(self, codes: NDArray[np.int8], scale: NDArray[np.floating[Any]]) -> None:
        """codes: int8 [N + 1, d]; scale [N + 1]: the table as a bundle stores it."""
        self._scale = scale.astype(np.float32)
        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:  # of bytes, a session would keep a copy
            file.write(_product_graph(codes))
            file.flush()
            self._session = ort.InferenceSession(file.name, session_options(), providers=["CPUExecutionProvider"])

    def best(self, query: NDArray[np.float32], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
        """See the module."""
        step = max(float(np.abs(query).max()), 1e-12) / _HIGHEST
        high = np.round(query / step)
        low = np.round((query / step - high) * 2 * _HIGHEST)
        rows = (np.stack([high, low]) + _RAISED).astype(np.uint8)
        products: NDArray[np.int32] = self._session.run(None, {"query": rows})[0]
        scores = products[1].astype(np.float32)
        scores *= np.float32(1 / (2 * _HIGHEST))
        scores += products[0]
        scores *= self._scale  # `step` is the same for all and changes no order
        return best_of(scores, mask, k)


def _product_graph(codes: NDArray[np.int8]) -> bytes:
    """A graph: query uint8 [2, d], raised by 128 → products int32 [2, N + 1] with the table that it holds."""
    from onnx import TensorProto, helper, numpy_helper

    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["query", "table", "raised"], ["products"])],
        "product",
        [value("query", TensorProto.UINT8, [2, codes.shape[1]])],
        [value("products", TensorProto.INT32, [2, len(codes)])],
        [
            numpy_helper.from_array(np.ascontiguousarray(codes.T), "table"),
            numpy_helper.from_array(np.array(_RAISED, np.uint8), "raised"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    return bytes(model.SerializeToString())


@dataclass(frozen=True)
class Beam:
    """An index asked with a beam that holds about `width` allowed toys; those are then scored exactly.

    The index knows no mask: the beam is widened by the share of toys allowed, and doubled while it holds fewer than k.
    codes, scale: the table as a bundle stores it, for the exact scores
    """

    index: Index
    codes: NDArray[np.int8]
    scale: NDArray[np.float32]
    width: int

    def best(self, query: NDArray[np.float32], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
        """See the module."""
        toys = len(mask) - 1
        allowed = int(np.count_nonzero(mask))
        if not allowed:
            return np.zeros(0, np.int64)
        wanted, asked = min(k, allowed), min(toys, -(-self.width * toys // allowed))
        while True:
            found = self.index.search(query, asked, threads=1).keys.astype(np.int64)
            rows = found[mask[found]]
            if len(rows) >= wanted or asked == toys:
                break
            asked = min(toys, 2 * asked)
        scores = (self.codes[rows].astype(np.float32) @ query) * self.scale[rows]
        return rows[np.argsort(-scores, kind="stable")[:k]]


def check_usearch() -> None:
    """Raise ToyGuideError unless usearch is installed."""
    try:
        import usearch.index  # noqa: F401
    except ImportError as error:
        raise ToyGuideError(
            f"The approximate index of bench sizes is usearch, which is not installed ({error}). In the project's "
            "folder: pip install --constraint constraints.txt '.[bench]'."
        ) from error


def empty_index(width: int) -> Index:
    """An HNSW index of vectors of `width` numbers by their direction; toys' vectors are all of one length.

    Source: Malkov and Yashunin, "Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical
    Navigable Small World Graphs", 2016.
    """
    from usearch.index import Index

    return Index(
        ndim=width, metric="cos", dtype=INDEX_DTYPE, connectivity=CONNECTIVITY, expansion_add=BUILD_BEAM,
        expansion_search=1,
    )  # fmt: skip


def build_index(vectors: NDArray[np.float32], first_key: int = 0) -> Index:
    """An index of `vectors` [N, d] under keys from `first_key` on, on all cores."""
    index = empty_index(vectors.shape[1])
    index.add(np.arange(first_key, first_key + len(vectors)), vectors)
    return index


def read_index(file: Path, width: int) -> Index:
    """The index that was saved in `file`, in memory."""
    index = empty_index(width)
    index.load(file)
    return index
