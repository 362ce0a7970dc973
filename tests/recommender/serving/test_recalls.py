from __future__ import annotations

import pytest

from data.ids import ToyIndex
from recommender.serving.barcodes import ToysByBarcode, barcode_key
from recommender.serving.recalls import By, recalled_toys

BARCODES = ToysByBarcode([("bear", "4006381333931"), ("small bear", "4 006381 333931"), ("bear's id", "bear")])
INDEX = ToyIndex(["bear", "small bear", "bear's id"])


@pytest.mark.parametrize(
    ("by", "value", "found"),
    [
        ("toy_id", "bear", ("bear",)),
        ("toy_id", "drone", ()),
        ("toy_id", barcode_key("4006381333931"), ()),
        ("barcode", barcode_key("4006381333931"), ("bear", "small bear")),
        ("barcode", barcode_key("bear"), ("bear's id",)),
        ("barcode", barcode_key("5000000000001"), ()),
    ],
)
def test_a_recall_takes_every_toy_that_it_names_and_no_other(by: By, value: str, found: tuple[str, ...]) -> None:
    assert recalled_toys(by, value, INDEX, BARCODES) == found
