"""A list of stock as CSV: the columns toy_id and count, as a till or a spreadsheet writes them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

MAX_LINES: Final = 20_000  # the API's bound
MAX_COUNT: Final = 10**9
_SEPARATORS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class StockFault:
    """What is wrong. key: of the string table; line: of the file, 0 for all of it; got: what stands there."""

    key: str
    line: int = 0
    got: str = ""


def read_stock(content: bytes) -> dict[str, int] | StockFault:
    """toy id → count, whole or not at all.

    UTF-8 with or without a mark, commas, semicolons or tabs, empty lines left out; a first line of names, in any order.
    """
    try:
        whole = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return StockFault("staff.stock_utf")
    first = whole.splitlines()[0] if whole.strip() else ""
    lines = csv.reader(io.StringIO(whole, newline=""), delimiter=max(_SEPARATORS, key=first.count), strict=True)
    try:
        names = [name.strip().lower() for name in next(lines, [])]
        if "toy_id" not in names or "count" not in names:
            return StockFault("staff.stock_columns", 1, first[:80])
        return _read(lines, names.index("toy_id"), names.index("count"))
    except csv.Error as error:
        return StockFault("staff.stock_csv", lines.line_num, str(error))


def _read(lines: csv._reader, toy_id: int, count: int) -> dict[str, int] | StockFault:  # type: ignore[name-defined]
    found: dict[str, int] = {}
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) <= max(toy_id, count):
            return StockFault("staff.stock_short", lines.line_num)
        name, number = cells[toy_id].strip(), cells[count].strip()
        if not name:
            return StockFault("staff.stock_no_id", lines.line_num)
        if not (number.isascii() and number.isdigit() and len(number) <= 10 and int(number) <= MAX_COUNT):
            return StockFault("staff.stock_count", lines.line_num, number[:40])
        if name in found:
            return StockFault("staff.stock_twice", lines.line_num, name[:80])
        found[name] = int(number)
        if len(found) > MAX_LINES:
            return StockFault("staff.stock_long")
    return found or StockFault("staff.stock_empty")
