"""The HTML of the Insights page, as strings; as in `cards.py`, whatever comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.shop import staff_cards


def says(title: str, words: str, language: str) -> str:
    """What a chart is called, and what it shows in a sentence."""
    return f'<div class="insight-says" lang="{language}"><h3>{escape(title)}</h3><p>{escape(words)}</p></div>'


def twin(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]], language: str) -> str:
    """The figures of a chart as a table, folded away."""
    table = staff_cards.table(heads, rows, language, range(1, len(heads)))
    return f'<details class="insight-twin" lang="{language}"><summary>{escape(label)}</summary>{table}</details>'


def facts(rows: Sequence[tuple[str, str, str]], language: str) -> str:
    """(what, how much, in more words) side by side; a fact without a value is left out."""
    each = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        + (f'<dd class="more">{escape(more)}</dd>' if more else "")
        + "</div>"
        for name, value, more in rows
        if value
    )
    return f'<dl class="insight-facts" lang="{language}">{each}</dl>'
