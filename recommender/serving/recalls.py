"""Recalls: which toys of a catalogue one takes away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from data.ids import ToyIndex

By = Literal["toy_id", "barcode"]


def recalled_toys(by: By, value: str, index: ToyIndex, barcodes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Ids of the toys of a catalogue that a recall takes away; none where it knows no such toy.

    value: a toy id, or a barcode as `barcode_key` has it; barcodes: the catalogue's `ToysByBarcode`
    """
    if by == "barcode":
        return barcodes.get(value, ())
    return (value,) if value in index else ()
