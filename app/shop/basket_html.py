"""The HTML of the basket: its lines, its sum, the list as it is printed. What came from outside is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from app.shop import cards, text
from app.shop.basket import Entry, State, Total
from app.shop.take_along import sum_words

NOTES = {
    State.RECALLED: "basket.recalled",
    State.RETIRED: "basket.retired",
    State.SOLD_OUT: "basket.sold_out",
}


def line_facts(entry: Entry, state: State, whom: str, language: str) -> str:
    """Under a line's title: price, where it stands, for whom, and what has changed."""
    toy, t = entry.toy, text.t
    was = ""
    if entry.price_changed and entry.price_then is not None:
        was = t(language, "basket.was", sum=text.money(entry.price_then, toy.currency))
    place = f"{t(language, 'toy.aisle')} {toy.aisle}" if toy.aisle else ""
    marks = "".join(f'<span class="mark">{escape(words)}</span>' for words in (place, whom) if words)
    note = t(language, NOTES[state]) if state in NOTES else ""
    return (
        f'<div class="facts" lang="{language}">'
        f'<p class="money"><span class="price">{escape(text.price(toy, language))}</span>'
        f"{cards.age_mark(toy, language)}{marks}</p>"
        + (f'<p class="changed">{escape(was)}</p>' if was else "")
        + cards.safety_mark(toy, language)
        + (f'<p class="stop">{cards.icon("block")}<span>{escape(note)}</span></p>' if note else "")
        + "</div>"
    )


def sums(total: Total, count: int, language: str) -> str:
    """What it all costs, and what the sum leaves out."""
    t = text.t
    rows = []
    if total.unpriced:
        rows.append(t(language, "basket.unpriced_one" if total.unpriced == 1 else "basket.unpriced", n=total.unpriced))
    if total.left_out:
        rows.append(t(language, "basket.left_out_one" if total.left_out == 1 else "basket.left_out", n=total.left_out))
    toys = t(language, "shelf.found_one") if count == 1 else t(language, "shelf.found", n=count)
    what = f'<p class="sum">{escape(sum_words(total, language))}</p><p>{escape(toys)}</p>' if count else ""
    return (
        f'<div class="sums" lang="{language}" role="status"><h2>{escape(t(language, "basket.total"))}</h2>'
        + what
        + "".join(f"<p>{escape(row)}</p>" for row in rows)
        + "</div>"
    )


def qr(address: str, alt: str, language: str) -> str:
    """The code on its white ground."""
    return f'<div class="qr" lang="{language}"><img src="{escape(address)}" alt="{escape(alt)}"></div>'


def printed(entries: Sequence[Entry], total: Total, pictures: Mapping[str, str], code: str, language: str) -> str:
    """What the printer gets and nobody sees on the screen: the toys that can be bought, and what they cost."""
    t = text.t
    rows = "".join(
        f'<li><img src="{escape(pictures[entry.toy.toy_id])}" alt="">'
        f"<div><b>{escape(text.title(entry.toy, language))}</b><br>{escape(_where(entry, language))}</div>"
        f"<span>{escape(text.price(entry.toy, language))}</span></li>"
        for entry in entries
    )
    return (
        f'<div class="print-list" lang="{language}"><header><h1>{escape(t(language, "shop.name"))}</h1>'
        f"<p>{escape(t(language, 'basket.print_lead'))}</p></header><ol>{rows}</ol>"
        f'<footer><img src="{escape(code)}" alt=""><p>{escape(t(language, "basket.total"))} '
        f"<b>{escape(sum_words(total, language))}</b></p></footer></div>"
    )


def _where(entry: Entry, language: str) -> str:
    toy = entry.toy
    parts = [
        f"{text.t(language, 'toy.aisle')} {toy.aisle}" if toy.aisle else "",
        f"EAN {entry.barcode}" if entry.barcode else "",
        text.safety(toy, language),
    ]
    return text.t(language, "summary.separator").join(part for part in parts if part)
