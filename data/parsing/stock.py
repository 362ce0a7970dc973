"""Stock as shops write it: `5 new`, `In stock`, `Only 3 left`, `缺货`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from data.parsing.outcome import Parsed
from data.parsing.text import fold

_GONE: Final = frozenset(
    {
        "out of stock",
        "sold out",
        "unavailable",
        "currently unavailable",
        "not available",
        "none",
        "缺货",
        "无货",
        "售罄",
    }
)
_THERE: Final = frozenset({"in stock", "available", "yes", "有货", "现货"})
_TEXT = re.compile(
    r"(?:only )?(?P<count>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.0+)?"
    r"(?: ?(?P<condition>new|used|collectible|refurbished)| ?(?:left )?in stock\.?| ?left"
    r"| ?available| ?pcs\.?| ?件| ?个)?"
)


@dataclass(frozen=True, slots=True)
class Stock:
    """Pieces at hand, None where the text says only that there are some; `condition` as the shop calls it, or ""."""

    count: int | None
    condition: str = ""


def parse_stock(text: str) -> Parsed[Stock]:
    """Stock of one toy."""
    shown = fold(text)
    if not shown:
        return Parsed()
    if shown in _GONE:
        return Parsed(Stock(0))
    if shown in _THERE:
        return Parsed(Stock(None), note="in stock, not counted")
    match = _TEXT.fullmatch(shown)
    if match is None:
        return Parsed(why="not a count of pieces")
    return Parsed(Stock(int(match["count"].replace(",", "")), match["condition"] or ""))
