"""A document as Markdown: the same words and figures, plots as their tables."""

from __future__ import annotations

from itertools import zip_longest

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
from data.markdown import bullets, table, text


def to_markdown(document: Document) -> str:
    """The text, ended by a line break."""
    parts = [f"# {text(document.title)}", text(document.about)]
    for section in document.sections:
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> list[str]:
    return [f"## {text(section.title)}", *(_block(each) for each in section.blocks)]


def _block(block: Block) -> str:
    match block:
        case Words(said):
            return text(said)
        case Points(items):
            return bullets(map(text, items))
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
        case Code(lines):
            return f"```\n{lines}\n```"


def _plot(plot: Plot) -> str:
    return f"### {text(plot.title)}\n\n{text(plot.text)}\n\n{_table(plot.table)}"


def _lists(lists: Lists) -> str:
    names = tuple(name for name, _ in lists.lists)
    rows = zip_longest(*(items for _, items in lists.lists))
    lines = [(str(place), *map(_item, row)) for place, row in enumerate(rows, start=1)]
    return f"### {text(lists.title)}\n\n{text(lists.text)}\n\n{table(('', *names), lines, len(names) + 1)}"


def _item(item: Item | None) -> str:
    if item is None:
        return ""
    said = f"**{text(item.text)}**" if item.marked else text(item.text)
    return f"{said}<br>{text(item.detail)}" if item.detail else said


def _table(shown: Table) -> str:
    rows = [
        tuple(f"**{text(cell)}**" if number in shown.strong and cell else text(cell) for cell in row)
        for number, row in enumerate(shown.rows)
    ]
    return table(tuple(map(text, shown.head)), rows, shown.words)
