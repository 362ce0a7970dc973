"""A dataset's figures as one HTML page that needs nothing but itself."""

from __future__ import annotations

from html import escape

from app.report.charts import bars, columns, curve, number, percent
from app.report.style import page, section, tiles
from data.stats import Stats


def dataset_page(stats: Stats, name: str) -> str:
    """The page of a dataset called `name`: figures, shapes, what is missing."""
    period = " to ".join(moment[:10] for moment in stats.period) if stats.period else "no dates"
    sections = (
        section("Over time and by kind", _over_time(stats)),
        section("How unevenly toys and shoppers are met", _tail(stats)),
        section("The toys", _toys(stats)),
        section("What is missing", _missing(stats)),
    )
    return page(
        f"{name}: figures of a dataset",
        f'<h1>{escape(name)}</h1><p class="soft">Source: {escape(stats.source)} · {escape(period)} · digest '
        f"<code>{escape(stats.digest[:16])}</code></p>{_tiles(stats)}{''.join(sections)}",
    )


def _tiles(stats: Stats) -> str:
    figures = [
        ("toys", number(stats.toys)),
        ("shoppers", number(stats.shoppers)),
        ("events", number(stats.events)),
        ("sessions", number(stats.sessions) if stats.sessions else "–"),
        ("of all pairs of a shopper and a toy met", f"{100 * stats.density:.3f} %"),
        ("toys never met", number(stats.toys - stats.toys_met)),
    ]
    return tiles(figures)


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
        ("Events by kind", "Likes, carts and purchases are what a model is to find.", bars(kinds, "Events by kind")),
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
    names = ("mean", "median", "95 %", "least", "most")
    head = f"<thead><tr><td></td>{''.join(f'<th scope=col class=num>{name}</th>' for name in names)}</tr></thead>"
    spread = f"<table>{head}<tbody>{cells}</tbody></table>"
    return [
        (
            "The long tail",
            f"Of all events {top} (Gini {stats.gini:.2f}; 0 is all alike, 1 one toy alone). Dashed: all met alike.",
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
