"""The token of a next page: which model made the list, and which toys it has shown. Nothing about it is secret.

Toys stand in it by a digest of their id, not by their index: it stays true when toys are added, and with another model.
Layout before base64url: one byte of version, 16 digits of the model's digest as 8 bytes, 6 bytes for each toy shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import ToyGuideError

MAX_SHOWN: Final = 1000
"""A list ends after that many toys."""
_VERSION: Final = 1
_MODEL_BYTES: Final = 8
_MARK_BYTES: Final = 6
_HEAD: Final = 1 + _MODEL_BYTES
MAX_TOKEN: Final = (_HEAD + _MARK_BYTES * MAX_SHOWN + 2) // 3 * 4


class Marks:
    """Six-byte digests of the ids of a catalogue, to find toys by."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._marks = np.frombuffer(b"".join(map(_mark, ids)), np.uint8).reshape(len(ids), _MARK_BYTES)
        self._numbers = _numbers(self._marks)
        self._order = np.argsort(self._numbers)

    def of(self, places: Sequence[int]) -> bytes:
        """The marks of toy indices, one after another."""
        return self._marks[np.asarray(places, np.int64) - 1].tobytes()

    def find(self, marks: bytes) -> tuple[int, ...]:
        """Indices of the toys with those marks; marks that no toy of this catalogue has are left out."""
        sought = _numbers(np.frombuffer(marks, np.uint8).reshape(-1, _MARK_BYTES))
        if not len(self._order) or not len(sought):
            return ()
        sorted_numbers = self._numbers[self._order]
        at = np.searchsorted(sorted_numbers, sought).clip(max=len(sorted_numbers) - 1)
        return tuple((self._order[at[sorted_numbers[at] == sought]] + 1).tolist())


def write_page(model: str, marks: bytes) -> str | None:
    """The token of what comes after toys with `marks`; None where the list has become as long as it may."""
    if len(marks) >= MAX_SHOWN * _MARK_BYTES:
        return None
    return base64.urlsafe_b64encode(bytes([_VERSION]) + _head(model) + marks).decode("ascii").rstrip("=")


def read_page(token: str) -> tuple[str, bytes]:
    """(the first 16 digits of the model's digest, the marks of the toys shown). Raises ToyGuideError for no token."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    fits = len(token) <= MAX_TOKEN and len(raw) >= _HEAD and (len(raw) - _HEAD) % _MARK_BYTES == 0
    if not fits or raw[0] != _VERSION:
        given = token if len(token) <= 40 else token[:40] + "…"
        raise ToyGuideError(
            f"The 'page' parameter of recommend must be the next_page of an answer, as it came. Got {given!r} instead."
        )
    return raw[1:_HEAD].hex(), raw[_HEAD:]


def is_of(model: str, page_model: str) -> bool:
    """Whether a token's model is `model`."""
    return _head(model).hex() == page_model


def _head(model: str) -> bytes:
    return bytes.fromhex(model[: 2 * _MODEL_BYTES])


def _mark(toy_id: str) -> bytes:
    return hashlib.blake2b(toy_id.encode("utf-8", "surrogatepass"), digest_size=_MARK_BYTES).digest()


def _numbers(marks: NDArray[np.uint8]) -> NDArray[np.uint64]:
    padded = np.zeros((len(marks), 8), np.uint8)
    padded[:, :_MARK_BYTES] = marks
    numbers: NDArray[np.uint64] = padded.view(np.uint64)[:, 0]
    return numbers
