"""A document as one HTML page that needs nothing but itself."""

from __future__ import annotations

import re
from html import escape
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
from app.report.dots import STYLE as DOTS
from app.report.plots import STYLE as PLOTS
from app.report.style import page, tiles

_STYLE: Final = """
body { max-width:1140px; }
main > nav { display:flex; flex-wrap:wrap; gap:.15rem 1rem; margin:1.1rem 0 0; font-size:.88rem; }
nav a { color:var(--teal); text-decoration:none; } nav a:hover { text-decoration:underline; }
nav + section > p:first-of-type { font-size:1.15rem; font-weight:600; }
section { margin:0; } h2 { font-size:1.35rem; } section > p, section > ul { max-width:74ch; }
section > ul { padding-left:1.2rem; } section > ul > li { margin:.3rem 0; }
.scroll { overflow-x:auto; background:var(--card); border:1px solid var(--line); border-radius:14px;
  padding:.5rem 1rem .7rem; margin:1rem 0; }
.scroll td, .scroll th { padding:.35rem .6rem; } .scroll th, .scroll td { white-space:nowrap; }
.scroll td.text { text-align:left; }
.scroll td.long { white-space:normal; min-width:14rem; overflow-wrap:anywhere; }
tr.strong > * { font-weight:650; } .card.alone { margin:1rem 0; max-width:600px; } .cards { margin:1rem 0; }
details { margin-top:.7rem; font-size:.88rem; } summary { color:var(--soft); cursor:pointer; }
details .scroll { border:0; padding:0; margin:.4rem 0 0; }
.sides { display:flex; flex-wrap:wrap; gap:.9rem 1.4rem; } .sides > div { flex:1 1 210px; }
.sides > div:has(small) { flex:2 1 300px; }
.sides h4 { margin:0 0 .3rem; font-size:.9rem; color:var(--soft); font-weight:600; }
.sides ol { margin:0; padding-left:1.3rem; }
.sides li { margin:.25rem 0; font-size:.92rem; line-height:1.35; }
.sides li.found { font-weight:650; color:var(--teal); } .sides small { display:block; color:var(--soft);
  font-weight:400; font-size:.82rem; } .lists { margin:1rem 0; }
pre { background:var(--card); border:1px solid var(--line); border-radius:14px; padding:.9rem 1.1rem; overflow-x:auto;
  font-size:.85rem; line-height:1.5; }
@media (max-width:520px) {
  .scroll th[scope=row] { position:sticky; left:0; background:var(--card); white-space:normal; } }
@media print { main > nav, summary { display:none; } .scroll { overflow:visible; padding:.2rem .4rem .3rem; }
  .scroll th, .scroll td { white-space:normal; padding:.2rem .3rem; } .scroll td.long { min-width:0; }
  pre { white-space:pre-wrap; overflow-wrap:anywhere; } section > p, section > ul { max-width:none; }
  details::details-content { content-visibility:visible; block-size:auto; } .card.alone { max-width:65%; }
  .cards > * { min-width:0; } .cards details:has(thead :nth-child(6)) { display:none; }
  .sides { flex-wrap:nowrap; } .sides > div { flex-basis:0; } .sides > div:has(small) { flex-basis:0; } }
"""


def to_html(document: Document) -> str:
    """The page."""
    ways = "".join(f'<a href="#{_anchor(each.title)}">{escape(each.title)}</a>' for each in document.sections)
    body = (
        f'<h1>{escape(document.title)}</h1><p class="soft">{escape(document.about)}</p>'
        f'<nav aria-label="Sections">{ways}</nav>' + "".join(_section(each) for each in document.sections)
    )
    return page(document.title, body, PLOTS + DOTS + _STYLE)


def _anchor(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def _section(section: Section) -> str:
    inner = "".join(_block(each) for each in section.blocks)
    return f'<section><h2 id="{_anchor(section.title)}">{escape(section.title)}</h2>{inner}</section>'


def _block(block: Block) -> str:
    match block:
        case Words(text):
            return f"<p>{escape(text)}</p>"
        case Points(items):
            return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"
        case Tiles(figures):
            return tiles(list(figures))
        case Table():
            return _table(block)
        case Plot():
            return _plot(block, "card alone")
        case Cards(plots):
            return '<div class="cards">' + "".join(_plot(each, "card") for each in plots) + "</div>"
        case Lists():
            return _lists(block)
        case Code(text):
            return f'<pre tabindex="0" role="group" aria-label="To be copied">{escape(text)}</pre>'


def _table(table: Table) -> str:
    head = "".join(_head(name, place >= table.words) for place, name in enumerate(table.head))
    rows = "".join(
        f"<tr{' class=strong' if number in table.strong else ''}>{_cells(row, table.words)}</tr>"
        for number, row in enumerate(table.rows)
    )
    named = escape(", ".join(name for name in table.head if name))
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="Table: {named}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _head(name: str, figures: bool) -> str:
    return f"<th scope=col{' class=num' if figures else ''}>{escape(name)}</th>" if name else "<td></td>"


def _cells(row: tuple[str, ...], words: int) -> str:
    first, *rest = row
    cells = [f"<th scope=row>{escape(first)}</th>"]
    for place, text in enumerate(rest, start=1):
        look = "" if place >= words else ' class="text long"' if len(text) > 40 else ' class="text"'
        cells.append(f"<td{look}>{escape(text)}</td>")
    return "".join(cells)


def _plot(plot: Plot, look: str) -> str:
    return (
        f'<figure class="{look}"><h3>{escape(plot.title)}</h3><p>{escape(plot.text)}</p>'
        f'<div class="drawn">{plot.svg}</div>'
        f"<details><summary>The figures</summary>{_table(plot.table)}</details></figure>"
    )


def _lists(lists: Lists) -> str:
    sides = "".join(
        f"<div><h4>{escape(name)}</h4><ol>{''.join(_item(item) for item in items)}</ol></div>"
        for name, items in lists.lists
    )
    return (
        f'<figure class="card lists"><h3>{escape(lists.title)}</h3><p>{escape(lists.text)}</p>'
        f'<div class="sides">{sides}</div></figure>'
    )


def _item(item: Item) -> str:
    detail = f"<small>{escape(item.detail)}</small>" if item.detail else ""
    return f"<li{' class=found' if item.marked else ''}>{escape(item.text)}{detail}</li>"
