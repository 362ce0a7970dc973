"""Barcodes, as a scanner gives them and as a catalogue writes them."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

import numpy as np

_GTIN: Final = 14
_SIDES: Final[tuple[Literal["left"], Literal["right"]]] = ("left", "right")
_JOINERS: Final = frozenset(["Zs", "Zl", "Zp", "Pd", "Cc", "Cf"])
"""Unicode's categories of spaces, dashes and what cannot be seen."""
_NARROW: Final = {0xFEE0 + code: code for code in range(0x21, 0x7F)}
"""Full-width forms, as a Chinese keyboard gives them."""

_ROUNDED: Final = re.compile(r"[0-9]([.,][0-9]+)?E\+[0-9]+")


def barcode_key(barcode: str) -> str:
    """What two barcodes of one article have in common.

    A UPC (12 digits) is an EAN (13) with a zero before it, and both are a GTIN-14 with zeros before them: digits are
    filled up to 14. Full-width digits are digits; spaces, dashes and what cannot be seen do not count, and a barcode of
    nothing else is "". What is not digits alone stays as it is, in upper case.
    """
    narrow = barcode.translate(_NARROW)
    plain = "".join(letter for letter in narrow if unicodedata.category(letter) not in _JOINERS)
    return plain.zfill(_GTIN) if plain.isascii() and plain.isdigit() else plain.upper()


def is_rounded(barcode: str) -> bool:
    """Whether a spreadsheet made a number of the barcode and rounded it, as in 5.01235E+12: its digits are lost."""
    return _ROUNDED.fullmatch(barcode_key(barcode)) is not None


class ToysByBarcode(Mapping[str, tuple[str, ...]]):
    """`barcode_key` → ids of the toys with it. Two toys may share one, such as two sizes.

    GTINs lie as sorted numbers: of 12,000 toys .2 MB, where a dict of texts took 3.
    """

    def __init__(self, barcodes: Iterable[tuple[str, str | None]]) -> None:
        """barcodes: (toy id, barcode as it is written) pairs; None and what is no barcode are left out."""
        numbers, ids = array("Q"), []
        self._others: dict[str, tuple[str, ...]] = {}
        for toy_id, barcode in barcodes:
            key = barcode_key(barcode) if barcode else ""
            if _is_gtin(key):
                numbers.append(int(key))
                ids.append(toy_id)
            elif key:
                self._others[key] = (*self._others.get(key, ()), toy_id)
        found = np.array(numbers, np.uint64)
        order = np.argsort(found, kind="stable")
        self._numbers = found[order]
        self._ids = [ids[place] for place in order.tolist()]

    def __getitem__(self, key: str) -> tuple[str, ...]:
        if not _is_gtin(key):
            return self._others[key]
        number = np.uint64(int(key))
        first, last = (int(np.searchsorted(self._numbers, number, side)) for side in _SIDES)
        if first == last:
            raise KeyError(key)
        return tuple(self._ids[first:last])

    def __iter__(self) -> Iterator[str]:
        yield from (f"{number:0{_GTIN}}" for number in np.unique(self._numbers).tolist())
        yield from self._others

    def __len__(self) -> int:
        return len(np.unique(self._numbers)) + len(self._others)


def _is_gtin(key: str) -> bool:
    return len(key) == _GTIN and key.isascii() and key.isdigit()
