"""A document as Markdown: the same words and figures, plots as their tables."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Final

from app.report.document import (
    Block,
    Cards,
    Code,
    Document,
    Item,
    Lists,
    Plot,
    Points,
    Section,
    Table,
    Tiles,
    Words,
)

_SIGNS: Final = re.compile(r"([\\`*_\[\]<>|#~])")


def to_markdown(document: Document) -> str:
    """The text, ended by a line break."""
    parts = [f"# {_plain(document.title)}", _plain(document.about)]
    for section in document.sections:
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> list[str]:
    return [f"## {_plain(section.title)}", *(_block(each) for each in section.blocks)]


def _block(block: Block) -> str:
    match block:
        case Words(text):
            return _plain(text)
        case Points(items):
            return "\n".join(f"- {_plain(item)}" for item in items)
        case Tiles(figures):
            return _table(Table(("", "figure"), figures))
        case Table():
            return _table(block)
        case Plot():
            return _plot(block)
        case Cards(plots):
            return "\n\n".join(_plot(each) for each in plots)
        case Lists():
            return _lists(block)
        case Code(text):
            return f"```\n{text}\n```"


def _plot(plot: Plot) -> str:
    return f"### {_plain(plot.title)}\n\n{_plain(plot.text)}\n\n{_table(plot.table)}"


def _lists(lists: Lists) -> str:
    names = tuple(name for name, _ in lists.lists)
    rows = zip_longest(*(items for _, items in lists.lists))
    table = _rows(
        ("", *names), [(str(place), *map(_item, row)) for place, row in enumerate(rows, start=1)], len(names) + 1
    )
    return f"### {_plain(lists.title)}\n\n{_plain(lists.text)}\n\n{table}"


def _item(item: Item | None) -> str:
    if item is None:
        return ""
    text = f"**{_plain(item.text)}**" if item.marked else _plain(item.text)
    return f"{text}<br>{_plain(item.detail)}" if item.detail else text


def _table(table: Table) -> str:
    rows = [
        tuple(f"**{_plain(cell)}**" if number in table.strong and cell else _plain(cell) for cell in row)
        for number, row in enumerate(table.rows)
    ]
    return _rows(tuple(map(_plain, table.head)), rows, table.words)


def _rows(head: tuple[str, ...], rows: list[tuple[str, ...]], words: int) -> str:
    """Cells that are Markdown already."""
    rule = ["---" if place < words else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _plain(text: str) -> str:
    """`text` with nothing in it that Markdown would take for a sign of its own, on one line."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split(" ")).replace("\n", " "))
