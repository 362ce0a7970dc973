"""The list to take along: as a QR code that needs no network, and as words for the printer.

The code holds the words themselves, not an address: a phone shows them anywhere, and nobody can be followed by it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from app.shop import text
from app.shop.basket import Entry, Total
from app.shop.pictures import data_address

MAX_BYTES: Final = 700
"""Of UTF-8: a code of at most 89 × 89 modules, which a phone still reads from a screen at arm's length."""
_TITLES: Final = (60, 40, 28, 18)


def list_text(entries: Sequence[Entry], total: Total, language: str) -> str:
    """The list in words, at most `MAX_BYTES` long: titles are cut first, then toys at its end are only counted."""
    for limit in _TITLES:
        words = _list(entries, 0, total, limit, language)
        if _fits(words):
            return words
    for left in range(1, len(entries) + 1):
        words = _list(entries[:-left], left, total, _TITLES[-1], language)
        if _fits(words):
            return words
    raise ValueError(f"The list's head must fit into {MAX_BYTES} bytes. Got sums in {len(total.sums)} currencies.")


def qr_code(words: str) -> str:
    """`words` as a QR code: a picture's address. Black on white, with its quiet margin, by day and by night."""
    import segno  # the shop opens without it: most visits see no code

    code = segno.make_qr(words, error="l", encoding="utf-8", boost_error=True)
    drawing = io.BytesIO()
    code.save(drawing, kind="svg", border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False)
    return data_address("image/svg+xml", drawing.getvalue())


def sum_words(total: Total, language: str) -> str:
    """The sum of each currency: "£35.50 + ¥120.00"; the words for an unknown price where nothing has one."""
    if not total.sums:
        return text.t(language, "price.unknown")
    return " + ".join(text.money(amount, currency) for currency, amount in total.sums.items())


def _list(entries: Sequence[Entry], more: int, total: Total, limit: int, language: str) -> str:
    lines = [text.t(language, "shop.name")]
    for number, entry in enumerate(entries, 1):
        title = " ".join(text.title(entry.toy, language).split())  # a toy is one line, whatever its maker wrote
        if len(title) > limit:
            title = title[: limit - 1].rstrip() + "…"
        aisle = " ".join((entry.toy.aisle or "").split())
        place = f"{text.t(language, 'toy.aisle')} {aisle}" if aisle else entry.toy.toy_id
        lines.append(f"{number}. {title} · {text.price(entry.toy, language)} · {place}")
    if more:
        lines.append(text.t(language, "basket.more", n=more))
    lines.append(f"{text.t(language, 'basket.total')}: {sum_words(total, language)}")
    return "\n".join(lines)


def _fits(words: str) -> bool:
    return len(words.encode()) <= MAX_BYTES
