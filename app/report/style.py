"""How the analyst's pages look, and what they stand in: light and dark, on paper, without any network."""

from __future__ import annotations

from html import escape
from typing import Final

STYLE: Final = """
:root { --ink:#2d2540; --soft:#5d5470; --paper:#fff9ef; --card:#fff; --line:#ecdcc0; --teal:#0b6a66; --mint:#d7ece7;
  --tomato:#c0342b; }
@media (prefers-color-scheme: dark) { :root { --ink:#f3ecff; --soft:#b9aed0; --paper:#1c1728; --card:#272036;
  --line:#42385a; --teal:#5cc4b8; --mint:#2b4a4c; --tomato:#ff8a7c; } }
* { box-sizing: border-box; }
body { margin:0 auto; max-width:1280px; padding:2rem 1.25rem 3rem; background:var(--paper); color:var(--ink);
  font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC",sans-serif; }
h1 { margin:0; font-size:1.75rem; line-height:1.2; } h2 { margin:2.25rem 0 .75rem; font-size:1.2rem; }
h3 { margin:0 0 .15rem; font-size:1rem; } .soft, .card p { color:var(--soft); font-size:.88rem; }
.card p { margin:0 0 .7rem; } code { font-size:.85em; overflow-wrap:anywhere; }
.tiles { display:grid; grid-template-columns:repeat(auto-fit,minmax(150px,1fr)); gap:.75rem; margin-top:1.25rem; }
.tile, .card { background:var(--card); border:1px solid var(--line); border-radius:14px; }
.tile { padding:.75rem 1rem; } .tile b { display:block; font-size:1.5rem; line-height:1.25; font-weight:650; }
.tile span { color:var(--soft); font-size:.85rem; }
.cards { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr)); gap:1rem;
  align-items:stretch; }
.card { padding:1rem 1.15rem 1.1rem; margin:0; }
svg { display:block; width:100%; height:auto; font:12px system-ui,sans-serif; }
.mark { fill:var(--teal); } .grid { stroke:var(--line); } .tick, .figure { fill:var(--soft); }
.name { fill:var(--ink); }
.curve { fill:none; stroke:var(--teal); stroke-width:2.5; } .area { fill:var(--mint); }
.even { stroke:var(--soft); stroke-dasharray:4 4; }
.nothing { margin:.5rem 0 0; font-style:italic; }
table { width:100%; border-collapse:collapse; font-size:.9rem; } th { text-align:left; font-weight:500; }
td { text-align:right; font-variant-numeric:tabular-nums; } thead td { color:var(--soft); }
tr + tr > *, tbody tr:first-child > * { border-top:1px solid var(--line); } th, td { padding:.3rem .25rem; }
@media print { body { max-width:none; } .card, .tile { break-inside:avoid; } }
"""
_PAGE: Final = """
:root { color-scheme:light dark; } .chart { font-size:13px; }
.of-dot { fill:var(--ink); font-size:12px; paint-order:stroke; stroke:var(--card); stroke-width:4px; }
th.num { text-align:right; }
thead th { color:var(--soft); } :focus-visible { outline:2px solid var(--teal); outline-offset:2px; }
@page { margin:13mm; }
@media print { :root { --paper:#fff; color-scheme:light; }
  html { font-size:11px; } body { padding:0; font-size:11.5px; }
  h2, h3 { break-after:avoid; } tr { break-inside:avoid; } table { font-size:.84rem; }
  .cards { grid-template-columns:1fr 1fr; gap:.6rem; } .tiles { grid-template-columns:repeat(6,1fr); gap:.4rem; }
  .card, .tile { border-radius:8px; padding:.5rem .6rem; } .tile b { font-size:1.15rem; } }
"""
"""What only a whole page needs, and how it lies on paper."""
_DARK: Final = "@media (prefers-color-scheme: dark)"


def page(title: str, body: str, more_style: str = "") -> str:
    """A whole HTML page. title: text; body: markup."""
    style = f"{STYLE}{_PAGE}{more_style}".replace(_DARK, _DARK.replace("@media", "@media screen and"))  # paper is light
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>{body}</main></body></html>\n"
    )


def tiles(figures: list[tuple[str, str]]) -> str:
    """Large figures, each with what it is."""
    return '<div class="tiles">' + "".join(_tile(value, label) for label, value in figures) + "</div>"


def _tile(value: str, label: str) -> str:
    return f'<div class="tile"><b>{escape(value)}</b><span>{escape(label)}</span></div>'


def section(title: str, cards: list[tuple[str, str, str]]) -> str:
    """Cards of (head, text, markup) under a title."""
    shown = "".join(
        f'<figure class="card"><h3>{escape(head)}</h3><p>{escape(text)}</p>{body}</figure>'
        for head, text, body in cards
    )
    return f'<h2>{escape(title)}</h2><div class="cards">{shown}</div>'
