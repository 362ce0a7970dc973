"""What the model learned from, in figures."""

from __future__ import annotations

from app.report.charts import columns, curve, number, percent, tenths
from app.report.document import Cards, Plot, Section, Table, Tiles, Words
from data.stats import Bars, Stats


def data_section(stats: Stats) -> Section:
    """Counts, period, ages, prices and the long tail; the figures are those of `toyguide data stats`."""
    period = " to ".join(moment[:10] for moment in stats.period) if stats.period else "no event is dated"
    kinds = ", ".join(f"{kind} {number(count)}" for kind, count in stats.kinds.items() if count)
    return Section(
        "The data",
        (
            Words(f"Source {stats.source}, {period}, fingerprint {stats.digest[:16]}. Events by kind: {kinds}."),
            Tiles(
                (
                    ("toys", number(stats.toys)),
                    ("shoppers", number(stats.shoppers)),
                    ("events", number(stats.events)),
                    ("events of the median shopper", number(stats.events_a_shopper.median)),
                    ("toys that nobody met", number(stats.toys - stats.toys_met)),
                    ("of all pairs of a shopper and a toy met", f"{100 * stats.density:.3f} %"),
                )
            ),
            Cards((_tail(stats), _months(stats), _ages(stats), _prices(stats))),
        ),
    )


def _tail(stats: Stats) -> Plot:
    most = stats.top[20]
    return Plot(
        f"A fifth of the toys holds {percent(most)} of the events",
        f"The long tail: toys from the least to the most met. Dashed: all met alike. "
        f"Gini {stats.gini:.2f} (0: all alike, 1: one toy alone).",
        curve(stats.curve, "Lorenz curve of events over toys", "share of toys, least met first", "share of events"),
        Table(
            ("the most met toys", "share of the events"),
            tuple((f"{share}\u00a0%", tenths(held)) for share, held in stats.top.items()),
        ),
    )


def _months(stats: Stats) -> Plot:
    busiest = max(stats.months, key=lambda bar: bar[1], default=None)
    title = f"The busiest month was {busiest[0]}" if busiest else "No event is dated"
    return _bars(title, "Events by month.", stats.months, "month", "events")


def _ages(stats: Stats) -> Plot:
    stated = sum(count for _, count in stats.ages)
    title = f"{percent(stated / stats.toys)} of the toys say from which age they are recommended"
    return _bars(title, "Toys by the age they are recommended from, in years.", stats.ages, "years", "toys")


def _prices(stats: Stats) -> Plot:
    currency = f" {stats.currency}" if stats.currency else ""
    title = (
        f"Half of the toys cost at most {stats.price.median:,.2f}{currency}" if stats.prices else "No toy has a price"
    )
    return _bars(title, f"Toys by price{f', in{currency}' if currency else ''}.", stats.prices, "price", "toys")


def _bars(title: str, text: str, bars: Bars, label: str, counted: str) -> Plot:
    rows = tuple((name, number(count)) for name, count in bars)
    return Plot(
        title, text, columns([(name, float(count)) for name, count in bars], text), Table((label, counted), rows)
    )
