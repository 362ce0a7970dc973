"""A dataset's figures as one HTML page that needs nothing but itself."""

from __future__ import annotations

from html import escape
from typing import Final

from app.report.charts import bars, columns, curve, number, percent
from data.stats import Stats

_STYLE: Final = """
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


def dataset_page(stats: Stats, name: str) -> str:
    """The page of a dataset called `name`: figures, shapes, what is missing."""
    period = " to ".join(moment[:10] for moment in stats.period) if stats.period else "no dates"
    sections = (
        _section("Over time and by kind", _over_time(stats)),
        _section("How unevenly toys and shoppers are met", _tail(stats)),
        _section("The toys", _toys(stats)),
        _section("What is missing", _missing(stats)),
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}: figures of a dataset</title><style>{_STYLE}</style></head><body><main>"
        f'<h1>{escape(name)}</h1><p class="soft">Source: {escape(stats.source)} · {escape(period)} · digest '
        f"<code>{escape(stats.digest[:16])}</code></p>{_tiles(stats)}{''.join(sections)}</main></body></html>\n"
    )


def _tiles(stats: Stats) -> str:
    tiles = [
        ("toys", number(stats.toys)),
        ("shoppers", number(stats.shoppers)),
        ("events", number(stats.events)),
        ("sessions", number(stats.sessions) if stats.sessions else "–"),
        ("of all shopper–toy pairs met", f"{100 * stats.density:.3f} %"),
        ("toys never met", number(stats.toys - stats.toys_met)),
    ]
    return '<div class="tiles">' + "".join(_tile(value, label) for label, value in tiles) + "</div>"


def _tile(value: str, label: str) -> str:
    return f'<div class="tile"><b>{escape(value)}</b><span>{escape(label)}</span></div>'


def _section(title: str, cards: list[tuple[str, str, str]]) -> str:
    shown = "".join(
        f'<figure class="card"><h3>{escape(head)}</h3><p>{escape(text)}</p>{body}</figure>'
        for head, text, body in cards
    )
    return f'<h2>{escape(title)}</h2><div class="cards">{shown}</div>'


def _over_time(stats: Stats) -> list[tuple[str, str, str]]:
    kinds = [(kind, float(count)) for kind, count in stats.kinds.items()]
    if stats.ties is None:
        ties = "No shopper has three wanted toys, so no target can be judged."
    else:
        ties = (
            f"Of {number(stats.ties.targets)} test targets (leave-one-out) {percent(stats.ties.same_time)} have the "
            f"very time of the contact before, and {percent(stats.ties.unknown_time)} an unknown one: "
            "these have no order."
        )
    return [
        ("Events by month", ties, columns(stats.months, "Events by month")),
        ("Events by kind", "Likes, carts and purchases can be targets.", bars(kinds, "Events by kind")),
    ]


def _tail(stats: Stats) -> list[tuple[str, str, str]]:
    top = ", ".join(f"the top {share}\u00a0% hold {percent(value)}" for share, value in stats.top.items())
    rows = {"a shopper": stats.events_a_shopper, "a toy": stats.events_a_toy, "a session": stats.events_a_session}
    cells = "".join(
        f"<tr><th scope=row>{label}</th>"
        + "".join(f"<td>{number(x)}</td>" for x in (s.mean, s.median, s.p95, s.least, s.most))
        + "</tr>"
        for label, s in rows.items()
        if s.most
    )
    head = "<thead><tr><th></th><td>mean</td><td>median</td><td>95 %</td><td>least</td><td>most</td></tr></thead>"
    spread = f"<table>{head}<tbody>{cells}</tbody></table>"
    return [
        (
            "The long tail",
            f"Of all events {top} (Gini {stats.gini:.2f}). Dashed: all toys met alike.",
            curve(stats.curve, "Lorenz curve of events over toys", "share of toys, least met first", "share of events"),
        ),
        (
            "Shoppers by number of events",
            "How much a model can know of a shopper.",
            columns(stats.shoppers_by_events, "Shoppers by number of events") + spread,
        ),
    ]


def _toys(stats: Stats) -> list[tuple[str, str, str]]:
    price = stats.price
    currency = f" {stats.currency}" if stats.currency else ""
    prices = (
        f"Median {price.median:,.2f}{currency}, from {price.least:,.2f} to {price.most:,.2f}." if stats.prices else ""
    )
    hazards = sorted(((name.replace("_", " "), count) for name, count in stats.hazards.items()), key=lambda x: -x[1])
    return [
        ("Categories", "Toys in each.", bars(stats.categories, "Toys by category")),
        ("Prices" + (f" in{currency}" if currency else ""), prices, columns(stats.prices, "Toys by price")),
        ("Recommended from, in years", "What the toy is good for.", columns(stats.ages, "Toys by recommended age")),
        ("Safe from, in years", "The hard lower age.", columns(stats.safety_ages, "Toys by safety age")),
        ("Hazards", "Toys with each; a toy may have several.", bars(hazards, "Toys by hazard")),
        ("Audience", "Whom toys are made for.", bars(list(stats.audiences.items()), "Toys by audience")),
    ]


def _missing(stats: Stats) -> list[tuple[str, str, str]]:
    return [
        (
            f"Columns of {table}",
            "Share of rows in which the column is empty.",
            bars(list(shares.items()), f"Missing fields of {table}", percent, most=1),
        )
        for table, shares in stats.missing.items()
    ]
