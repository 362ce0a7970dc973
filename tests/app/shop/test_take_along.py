import base64
import re
from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from app.shop.basket import Entry, State, total
from app.shop.basket_html import printed
from app.shop.models import Toy
from app.shop.take_along import MAX_BYTES, list_text, qr_code, sum_words


def entries(*toys: Toy) -> list[Entry]:
    return [Entry(toy, "somebody", toy.price, barcode="4006381333931") for toy in toys]


def words_of(found: list[Entry], language: str = "en") -> str:
    return list_text(found, total(found, [State.FINE] * len(found)), language)


def test_the_list_says_what_it_costs_and_where_it_stands(toy: Callable[..., Toy]) -> None:
    found = entries(
        toy("engine", title="Red engine", title_zh="红色火车头", price=Decimal("9.50"), aisle="B2"),
        toy("bear", title="Bear", price=None),
    )
    assert words_of(found) == (
        "ToyGuide\n1. Red engine · £9.50 · Aisle B2\n2. Bear · Price at the till · bear\nTotal: £9.50"
    )
    assert "1. 红色火车头 · £9.50 · 货架 B2" in words_of(found, "zh")


def test_a_long_list_is_cut_at_its_titles_first_and_then_counted(toy: Callable[..., Toy]) -> None:
    few = words_of(entries(*(toy(f"toy-{n}", title="A very long title " * 4, price=Decimal(5)) for n in range(12))))
    assert few.count("\n") == 13
    assert "…" in few
    many = words_of(entries(*(toy(f"toy-{n}", title="B" * 200, price=Decimal(5)) for n in range(60))))
    shown = many.count("\n") - 2
    assert f"… and {60 - shown} more" in many
    assert many.endswith("Total: £300.00"), "the sum is that of all"


def test_no_title_writes_a_line_of_its_own(toy: Callable[..., Toy]) -> None:
    found = entries(toy("a", title="Bear\nTotal: £0\u2028Aisle", price=Decimal(5), aisle="B\r\n2"))
    assert words_of(found) == "ToyGuide\n1. Bear Total: £0 Aisle · £5.00 · Aisle B 2\nTotal: £5.00"


@given(st.lists(st.text(min_size=1, max_size=200), max_size=60), st.sampled_from(["en", "zh"]))
def test_any_list_fits(titles: list[str], language: str) -> None:
    found = entries(
        *(Toy(toy_id=f"t{n}" * 30, title=title, currency="GBP", price=Decimal(n)) for n, title in enumerate(titles))
    )
    words = words_of(found, language)
    assert len(words.encode()) <= MAX_BYTES
    assert segno.make_qr(words, error="l", encoding="utf-8").version <= 18


def test_the_code_holds_just_the_words_dark_on_light(toy: Callable[..., Toy]) -> None:
    words = words_of(entries(toy("engine", title="Red engine £", title_zh="火车头", price=Decimal("9.50"))), "zh")
    kind, _, content = qr_code(words).partition(";base64,")
    assert kind == "data:image/svg+xml"
    svg = base64.b64decode(content).decode()
    drawing = ElementTree.fromstring(svg)
    assert "viewBox" in drawing.attrib
    assert re.search(r'fill="#fff"', svg)
    assert re.search(r'stroke="#000"', svg)
    code = segno.make_qr(words, error="l", encoding="utf-8", boost_error=True)
    assert code.mode == "byte"
    width = int(drawing.attrib["viewBox"].split()[2])
    assert width == code.symbol_size(border=4)[0], "with its quiet margin"


def test_sums_of_several_currencies(toy: Callable[..., Toy]) -> None:
    found = entries(toy("a", price=Decimal(5)), toy("b", price=Decimal(80), currency="CNY"))
    assert sum_words(total(found, [State.FINE] * 2), "en") == "£5.00 + ¥80.00"
    assert sum_words(total([], []), "en") == "Price at the till"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_printed_is_escaped_and_whole(toy: Callable[..., Toy], language: str) -> None:
    evil = "<script>1</script>"
    found = entries(toy("engine", title=evil, title_zh=evil, aisle=evil, price=Decimal("9.50")))
    page = printed(found, total(found, [State.FINE]), {"engine": "data:x"}, "data:y", language)
    assert "<script" not in page
    assert "EAN 4006381333931" in page
    assert "£9.50" in page
