"""Barcodes, as a scanner gives them and as a catalogue writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

_GTIN: Final = 14
_JOINERS: Final = frozenset(["Zs", "Zl", "Zp", "Pd", "Cc", "Cf"])
"""Unicode's categories of spaces, dashes and what cannot be seen."""
_NARROW: Final = {0xFEE0 + code: code for code in range(0x21, 0x7F)}
"""Full-width forms, as a Chinese keyboard gives them."""


def barcode_key(barcode: str) -> str:
    """What two barcodes of one article have in common.

    A UPC (12 digits) is an EAN (13) with a zero before it, and both are a GTIN-14 with zeros before them: digits are
    filled up to 14. Full-width digits are digits; spaces, dashes and what cannot be seen do not count, and a barcode of
    nothing else is "". What is not digits alone stays as it is, in upper case.
    """
    narrow = barcode.translate(_NARROW)
    plain = "".join(letter for letter in narrow if unicodedata.category(letter) not in _JOINERS)
    return plain.zfill(_GTIN) if plain.isascii() and plain.isdigit() else plain.upper()


def toys_by_barcode(barcodes: Iterable[tuple[str, str | None]]) -> dict[str, tuple[str, ...]]:
    """`barcode_key` → ids of the toys with it, from (id, barcode) pairs. Two toys may share one, such as two sizes."""
    found: dict[str, tuple[str, ...]] = {}
    for toy_id, barcode in barcodes:
        if barcode and (key := barcode_key(barcode)):
            found[key] = (*found.get(key, ()), toy_id)
    return found
