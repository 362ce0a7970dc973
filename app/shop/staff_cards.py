"""The HTML of the staff page, as strings; as in `cards.py`, whatever comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from app.shop import cards, text
from app.shop.models import Toy


def who(title: str, words: str, language: str) -> str:
    """The head of the page: what it is, and whose key is in."""
    return f'<div class="heading staff-who" lang="{language}"><h1>{escape(title)}</h1><p>{escape(words)}</p></div>'


def fault(words: str, language: str) -> str:
    """What is wrong; read out."""
    return f'<p class="staff-fault" lang="{language}" role="alert">{escape(words)}</p>'


def done(words: str, language: str, lines: Sequence[str] = ()) -> str:
    """What was done; read out."""
    more = "".join(f"<li>{escape(line)}</li>" for line in lines)
    more = f"<ul>{more}</ul>" if more else ""
    return f'<div class="staff-done" lang="{language}" role="status"><p>{escape(words)}</p>{more}</div>'


def line(words: str, language: str, more: str = "") -> str:
    """A row of a list: what it is, and a quieter line below."""
    below = f"<p>{escape(more)}</p>" if more else ""
    return f'<div class="staff-line" lang="{language}"><strong>{escape(words)}</strong>{below}</div>'


def toy_head(toy: Toy, language: str) -> str:
    """A toy's names, id and price."""
    other = toy.title if language == "zh" else toy.title_zh
    own = text.title(toy, language)
    names = f"<p>{escape(other)}</p>" if other and other != own else ""
    return (
        f'<div class="details staff-head" lang="{language}"><h2>{escape(own)}</h2>{names}'
        f'<p class="money"><span class="price">{escape(text.price(toy, language))}</span>'
        f"{cards.age_mark(toy, language)}<code>{escape(toy.toy_id)}</code></p></div>"
    )


def facts(rows: Sequence[tuple[str, str]], language: str) -> str:
    """Names and what they are; rows without a value are left out."""
    listed = "".join(
        f'<div class="fact"><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>' for name, value in rows if value
    )
    return f'<div class="details" lang="{language}"><dl>{listed}</dl></div>'


_SIGNS: Final = {"yes": "✓", "no": "✕", "age": "⚠"}


def verdict(kind: str, head: str, rules: Sequence[str], lines: Sequence[str], language: str) -> str:
    """May it be shown? kind: yes, no, or age, if the children are old enough.

    rules: every rule that forbids it; lines: what stands behind them
    """
    sign = _SIGNS[kind]
    said = "".join(f"<li>{escape(rule)}</li>" for rule in rules)
    more = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<div class="staff-verdict {kind}" lang="{language}" role="status"><strong><span aria-hidden="true">{sign}'
        f"</span> {escape(head)}</strong>{f'<ul>{said}</ul>' if said else ''}{more}</div>"
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], language: str, numbers: Sequence[int] = ()) -> str:
    """A table; numbers: the columns that hold numbers."""

    def cells(row: Sequence[str], kind: str) -> str:
        marks = [' class="number"' if place in numbers else "" for place in range(len(row))]
        return "".join(f"<{kind}{mark}>{escape(cell)}</{kind}>" for mark, cell in zip(marks, row, strict=True))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return (
        f'<div class="staff-table" lang="{language}" tabindex="0"><table><thead><tr>{cells(heads, "th")}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def figures(found: Sequence[tuple[str, str]], language: str) -> str:
    """A few large figures side by side: (what, how much)."""
    each = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in found)
    return f'<dl class="staff-figures" lang="{language}">{each}</dl>'


def places(title: str, rows: Sequence[tuple[str, str, str]], language: str) -> str:
    """A list of toys in places: (title, what is to be said of it, kind of row: "", "moved" or "it")."""
    listed = "".join(
        f'<li class="{kind}"><span>{escape(name)}</span>{f"<em>{escape(said)}</em>" if said else ""}</li>'
        for name, said, kind in rows
    )
    return f'<div class="staff-places" lang="{language}"><h3>{escape(title)}</h3><ol>{listed}</ol></div>'
