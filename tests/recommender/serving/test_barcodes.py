import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.serving.barcodes import ToysByBarcode, barcode_key, is_rounded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("012345678905", "0012345678905"),
        ("012345678905", "12345678905"),
        ("0-12345-67890-5", "0 12345 67890 5"),
        ("4006381333931", "04006381333931"),
        ("ab-12", "AB12"),
        ("\uff10\uff11\uff12\uff13\uff0d\uff14", "01234"),
        ("4006\u2013381\u200b333931\t", "4006381333931"),
    ],
)
def test_these_are_one_article(one: str, other: str) -> None:
    assert barcode_key(one) == barcode_key(other)


@given(st.integers(0, 10**14 - 1), st.integers(0, 10**14 - 1))
def test_other_numbers_are_other_articles(one: int, other: int) -> None:
    assert (barcode_key(str(one)) == barcode_key(str(other))) == (one == other)


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert barcode_key(barcode_key(text)) == barcode_key(text)


def test_what_a_spreadsheet_rounded_is_no_barcode() -> None:
    assert all(map(is_rounded, ["5.01235E+12", "5,01235e+12", "5E+12", " 5.0E+12 "]))
    assert not any(map(is_rounded, ["5012345678900", "4E12", "E+12", "AB-12", ""]))


def test_toys_by_barcode() -> None:
    pairs = [("a", "12"), ("b", None), ("c", "012"), ("d", ""), ("e", " - ")]
    assert ToysByBarcode(pairs) == {barcode_key("12"): ("a", "c")}


CODES = st.text("0123456789", min_size=1, max_size=16) | st.text(max_size=6)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | CODES), max_size=12), CODES)
def test_it_is_the_dictionary_that_it_stands_for(pairs: list[tuple[str, str | None]], asked: str) -> None:
    plain: dict[str, tuple[str, ...]] = {}
    for toy_id, barcode in pairs:
        if barcode and (key := barcode_key(barcode)):
            plain[key] = (*plain.get(key, ()), toy_id)
    found = ToysByBarcode(pairs)
    assert dict(found) == plain
    assert len(found) == len(plain)
    key = barcode_key(asked)
    assert found.get(key, ()) == plain.get(key, ())
