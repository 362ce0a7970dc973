"""Barcodes, as a scanner gives them and as a catalogue writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_GTIN: Final = 14
_JOINERS: Final = str.maketrans("", "", " -\u00a0\u2010\u2011")


def barcode_key(barcode: str) -> str:
    """What two barcodes of one article have in common.

    A UPC (12 digits) is an EAN (13) with a zero before it, and both are a GTIN-14 with zeros before them: digits are
    filled up to 14. Spaces and hyphens do not count. What is not digits alone stays as it is, in upper case.
    """
    plain = barcode.translate(_JOINERS)
    return plain.zfill(_GTIN) if plain.isascii() and plain.isdigit() else plain.upper()


def toys_by_barcode(barcodes: Iterable[tuple[str, str | None]]) -> dict[str, tuple[str, ...]]:
    """`barcode_key` → ids of the toys with it, from (id, barcode) pairs. Two toys may share one, such as two sizes."""
    found: dict[str, tuple[str, ...]] = {}
    for toy_id, barcode in barcodes:
        if barcode:
            key = barcode_key(barcode)
            found[key] = (*found.get(key, ()), toy_id)
    return found
