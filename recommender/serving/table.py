"""The toy table as it is stored: small whole numbers (codes) and one scale a row, so that row ≈ codes · scale.

Codes of 8 bits lie in the file as they are, codes of 4 bits two a byte. A kiosk reads them once, at load, to float32.
The scales are float16: rounding them costs nothing, because the codes are chosen for the scale that is stored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import BundleError, parameter_error
from recommender.serving.bundle import TABLE, TABLE_BITS, TABLE_SCALE, Manifest

NIBBLE_OFFSET: Final = 8
"""Codes of 4 bits are stored with this added, so that −8 … 7 become 0 … 15."""
_SCALE_TYPES: Final = (np.dtype(np.float16), np.dtype(np.float32))


def highest_code(bits: int) -> int:
    """The largest code of that many bits; the smallest is its negative. Raises ToyGuideError for other bits."""
    if bits not in TABLE_BITS:
        raise parameter_error("bits", "a stored table", " or ".join(map(str, TABLE_BITS)), bits)
    return int(2 ** (bits - 1) - 1)


def pack(codes: NDArray[np.int8], bits: int) -> NDArray[np.int8] | NDArray[np.uint8]:
    """Codes int8 [R, d] as they are stored: for 8 bits the same, for 4 bits uint8 [R, ⌈d / 2⌉].

    Column j lies in the low half of byte j, column ⌈d / 2⌉ + j in the high half: one concatenation puts them back, here
    and in a graph.
    """
    highest = highest_code(bits)
    if codes.size and (codes.min() < -highest - 1 or codes.max() > highest):
        raise parameter_error("codes", "pack", f"within {-highest - 1} … {highest}", f"{codes.min()} … {codes.max()}")
    if bits == 8:
        return codes
    half = _half(codes.shape[1])
    raised = np.zeros((len(codes), 2 * half), np.uint8)
    raised[:, : codes.shape[1]] = codes.astype(np.int16) + NIBBLE_OFFSET
    return raised[:, :half] | (raised[:, half:] << 4)


def unpack(stored: NDArray[Any], bits: int, width: int) -> NDArray[np.int8]:
    """Codes int8 [R, width] of what `pack` gave."""
    highest_code(bits)
    if bits == 8:
        plain: NDArray[np.int8] = stored
        return plain
    raised = np.concatenate([stored & 15, stored >> 4], axis=1)[:, :width]
    return raised.astype(np.int8) - np.int8(NIBBLE_OFFSET)


def dequantise(codes: NDArray[np.int8], scale: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """float32 [R, d] of codes int8 [R, d] and their scales [R]."""
    table: NDArray[np.float32] = codes.astype(np.float32)
    table *= scale.astype(np.float32)[:, None]
    return table


def read_table(folder: Path, manifest: Manifest) -> NDArray[np.float32]:
    """The toy table of a bundle, float32 [N + 1, d], row 0 padding and zeros.

    Raises BundleError that names the file and what is wrong with it.
    """
    bits, width = manifest.table_bits, manifest.width
    kind, columns = (np.dtype(np.int8), width) if bits == 8 else (np.dtype(np.uint8), _half(width))
    stored = read_array(folder / TABLE, (kind,), (-1, columns))
    scale = read_array(folder / TABLE_SCALE, _SCALE_TYPES, (-1,))
    if len(stored) != len(scale) or len(stored) < 2 or not np.isfinite(scale).all():
        raise BundleError(
            f"{folder / TABLE} must hold padding and at least one toy, with one finite scale a row. "
            f"Got {len(stored)} rows and {len(scale)} scales."
        )
    table = dequantise(unpack(stored, bits, width), scale)
    if table[0].any():
        raise BundleError(f"{folder / TABLE}: row 0 is padding and must be zeros.")
    return table


def read_array(file: Path, kinds: tuple[np.dtype[Any], ...], shape: tuple[int, ...]) -> NDArray[Any]:
    """An array of one of those types; −1 in `shape` is any length."""
    try:
        array: NDArray[Any] = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(f"{file} cannot be read as an array: {error}.") from error
    if array.dtype not in kinds or array.ndim != len(shape) or array.shape[1:] != shape[1:]:
        wanted = " or ".join(str(kind) for kind in kinds)
        raise BundleError(f"{file} must hold {wanted} of shape {shape}. Got {array.dtype} of {array.shape}.")
    return array


def _half(width: int) -> int:
    return (width + 1) // 2
