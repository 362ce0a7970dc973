"""Lists of stock as tills and spreadsheets write them."""

from __future__ import annotations

import pytest

from app.shop.stock_file import MAX_LINES, StockFault, read_stock


@pytest.mark.parametrize(
    "content",
    [
        b"toy_id,count\nbear,3\nengine,0\n",
        "\ufefftoy_id;count\r\nbear;3\r\n\r\n;\r\nengine;0\r\n".encode(),
        b"Count\tname\tTOY_ID\n3\tSleepy bear\tbear\n0\tSteam engine\tengine",
        b'"toy_id","count"\n"bear"," 3 "\n engine ,0',
    ],
)
def test_lists_that_say_the_same(content: bytes) -> None:
    assert read_stock(content) == {"bear": 3, "engine": 0}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", StockFault("staff.stock_columns", 1, "")),
        (b"id,count\nbear,3", StockFault("staff.stock_columns", 1, "id,count")),
        (b"toy_id,count\n", StockFault("staff.stock_empty")),
        (b"toy_id,count\nbear,many", StockFault("staff.stock_count", 2, "many")),
        (b"toy_id,count\nbear,-1", StockFault("staff.stock_count", 2, "-1")),
        (b"toy_id,count\nbear,1.5", StockFault("staff.stock_count", 2, "1.5")),
        (b"toy_id,count\nbear,9999999999", StockFault("staff.stock_count", 2, "9999999999")),
        ("toy_id,count\nbear,３".encode(), StockFault("staff.stock_count", 2, "３")),
        (b"toy_id,count\nbear", StockFault("staff.stock_short", 2)),
        (b"toy_id,count\n ,3", StockFault("staff.stock_no_id", 2)),
        (b"toy_id,count\nbear,3\nbear,3", StockFault("staff.stock_twice", 3, "bear")),
        (b"toy_id,count\n\xff,3", StockFault("staff.stock_utf")),
        (b"toy_id,count\n" + b"".join(b"t%d,1\n" % n for n in range(MAX_LINES + 1)), StockFault("staff.stock_long")),
    ],
)
def test_a_mistake_names_its_line(content: bytes, fault: StockFault) -> None:
    assert read_stock(content) == fault


def test_a_quote_that_is_never_closed_is_said() -> None:
    fault = read_stock(b'toy_id,count\n"bear,3')
    assert isinstance(fault, StockFault)
    assert fault.key == "staff.stock_csv"
