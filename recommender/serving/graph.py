"""A graph stands alone: an ONNX file that would have ONNX Runtime read further files is refused before it does.

A tensor of a graph may lie in another file, under any path, and the runtime reads it even if the graph comes as bytes
(then from the current folder). No digest covers such a file. So the graph's own bytes are searched for such tensors:
they are Protocol Buffers, and of these only what leads to a tensor has to be understood.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from data.errors import BundleError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEADS_TO: Final = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto",
        6: "GraphProto",
        10: "TensorProto",
        11: "GraphProto",
        22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "TensorProto": {},
}
"""By message of ONNX, the fields through which a tensor can be reached."""
MAIN_GRAPH: Final = 7
INITIALIZER: Final = 5
DIMS: Final = 1
DATA_TYPE: Final = 2
NAME: Final = 8
RAW_DATA: Final = 9
TYPES: Final = {1: "<f4", 2: "u1", 4: "<u2", 6: "<i4", 7: "<i8"}
"""Of ONNX's types of numbers, those that are read, as numpy writes them."""
EXTERNAL_DATA: Final = 13
DATA_LOCATION: Final = 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES: Final = 10


def check_graph(graph: bytes, name: str) -> None:
    """Raise BundleError if `graph`, called `name`, is no ONNX graph, or any tensor of it lies in another file."""
    try:
        alone = not _leans_on_files(memoryview(graph))
    except ValueError as error:
        raise BundleError(f"{name} is not an ONNX graph: {error}. Copy or build the bundle again.") from error
    if not alone:
        raise BundleError(
            f"{name} must hold all its weights. It has a tensor in another file, which no digest covers: build the "
            "bundle again, without external data."
        )


def read_tensors(graph: bytes, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """The constants of the main graph with those names and of the types of `TYPES`, as read-only arrays.

    The graph must have passed `check_graph`. ValueError if a constant is not as long as its shape says.
    """
    found: dict[str, NDArray[Any]] = {}
    for field, main in _fields(memoryview(graph)):
        if field != MAIN_GRAPH or not isinstance(main, memoryview):
            continue
        for inner, tensor in _fields(main):
            if inner != INITIALIZER or not isinstance(tensor, memoryview):
                continue
            fields = list(_fields(tensor))
            name = next(
                (bytes(value).decode() for key, value in fields if key == NAME and not isinstance(value, int)), ""
            )
            if name in names and (array := _array(fields)) is not None:
                found[name] = array
    return found


def _array(fields: Sequence[tuple[int, int | memoryview]]) -> NDArray[Any] | None:
    import numpy as np  # the command line checks graphs too, and reads no numbers in them

    shape: list[int] = []
    kind, raw = None, None
    for key, value in fields:
        if key == DIMS and isinstance(value, int):
            shape.append(value)
        elif key == DIMS and isinstance(value, memoryview):  # packed
            place = 0
            while place < len(value):
                size, place = _varint(value, place)
                shape.append(size)
        elif key == DATA_TYPE and isinstance(value, int):
            kind = TYPES.get(value)
        elif key == RAW_DATA and isinstance(value, memoryview):
            raw = value
    return None if kind is None or raw is None else np.frombuffer(raw, kind).reshape(shape)


def _leans_on_files(graph: memoryview) -> bool:
    left = [("ModelProto", graph)]
    while left:
        kind, message = left.pop()
        for field, value in _fields(message):
            if kind == "TensorProto" and (field == EXTERNAL_DATA or (field == DATA_LOCATION and value != 0)):
                return True
            if isinstance(value, memoryview) and field in LEADS_TO[kind]:
                left.append((LEADS_TO[kind][field], value))
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: an int, or the bytes of what has a length. ValueError if it cannot be read."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        field, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, place = _varint(message, place)
            yield field, value
            continue
        if wire == _BYTES:
            length, place = _varint(message, place)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"byte {place - 1} begins no field")
        if length > len(message) - place:
            raise ValueError("it ends in the middle of a field")
        yield field, message[place : place + length]
        place += length


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the low ones first, and the place behind it."""
    value = 0
    for count in range(_MAX_VARINT_BYTES):
        if place + count >= len(message):
            raise ValueError("it ends in the middle of a number")
        byte = message[place + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, place + count + 1
    raise ValueError(f"the number at byte {place} does not end")
