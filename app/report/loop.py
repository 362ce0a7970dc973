"""The closed loop as a page, and its plots as files of their own: from the record that `toyguide loop` writes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from html import escape
from typing import Any, Final

from app.report.lines import STYLE as LINES_STYLE
from app.report.lines import Event, Line, lines
from app.report.plots import STYLE as PLOTS_STYLE
from app.report.style import STYLE, page, section, tiles

PLOTS: Final = {
    "utility": ("True utility", "The true probability that the choice falls on one of the ten toys shown.", False),
    "regret": ("Regret", "What the list lacks against the oracle's, which ranks by the truth.", False),
    "rate": ("Positive rate", "Lists of which something was liked, put into the cart or bought.", True),
    "coverage": ("Coverage", "Toys on sale that were shown to anybody in the week.", True),
    "series": ("The new series", "Its share of the toys that were wanted.", True),
}
"""Figure → head, what it is, and whether it is a share to be shown in per cent."""
_LOOKS: Final = (2, 1, 0)


def loop_plots(record: Mapping[str, Any]) -> dict[str, str]:
    """Figure → SVG."""
    weeks = record["weeks"]
    labels = [week["begins"][5:] for week in weeks]
    events = [Event(place, name) for place, name in _events(weeks, record["events"])]
    return {
        figure: lines(
            [
                Line(arm, [week["arms"][arm][figure] for week in weeks], look)
                for arm, look in zip(record["arms"], _LOOKS, strict=True)
            ],
            labels,
            f"{head} by week",
            events,
            share=share,
        )
        for figure, (head, _, share) in PLOTS.items()
    }


def standalone(svg: str) -> str:
    """A plot as a file of its own, light and dark."""
    head, _, rest = svg.partition(">")
    style = f"<style>{STYLE}{PLOTS_STYLE}{LINES_STYLE}svg {{ background:var(--card); }}</style>"
    return f"{head}>{style}{rest}\n"


def loop_page(record: Mapping[str, Any]) -> str:
    """One page that needs no network."""
    plots = loop_plots(record)
    gains = record["gains"]["all weeks"]
    figures = [(f"true utility above {each['against']}", f"{each['gain']:+.0%}") for each in gains]
    shown = sum(arm["shown"] for arm in record["arms"].values())
    forbidden = sum(arm["forbidden"] for arm in record["arms"].values())
    figures += [
        (f"of {shown:,} toys shown were unsafe or recalled", f"{forbidden:,}"),
        ("weeks", str(len(record["weeks"]))),
    ]
    cards = [(head, text, plots[figure]) for figure, (head, text, _) in PLOTS.items()]
    body = (
        "<h1>The closed loop in the simulated town</h1>"
        f"{tiles(figures)}{section('Week by week', cards)}{_gains(record['gains'])}{_weeks(record['weeks'])}"
    )
    return page("The closed loop", body, PLOTS_STYLE + LINES_STYLE)


def _events(weeks: list[dict[str, Any]], events: Mapping[str, str]) -> list[tuple[int, str]]:
    """(place, name) of what happened in one of the weeks; `events`: name → its day."""
    begins = [week["begins"] for week in weeks]
    found = []
    for name, day in events.items():
        place = max((at for at, begin in enumerate(begins) if begin <= day), default=None)
        if place is not None and date.fromisoformat(day) < date.fromisoformat(begins[place]) + timedelta(days=7):
            found.append((place, name))
    return found


def _gains(gains: Mapping[str, list[dict[str, Any]]]) -> str:
    rows = "".join(
        f"<tr><th scope=row>{escape(part)}</th>"
        + "".join(f"<td>{each['gain']:+.1%} ({each['low']:+.1%} to {each['high']:+.1%})</td>" for each in found)
        + "</tr>"
        for part, found in gains.items()
    )
    head = "".join(f"<td>above {escape(each['against'])}</td>" for each in next(iter(gains.values())))
    return (
        "<h2>How much the weekly retraining gains</h2><p class='soft'>True utility, with the 95 % interval of a "
        f"bootstrap over shoppers.</p><div class='card'><table><thead><tr><th></th>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _weeks(weeks: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><th scope=row>{week['begins']}</th><td>{made['events']:,}</td><td>{made['new_toys']}</td>"
        f"<td>{made['seconds']:.0f} s</td><td style='text-align:left'>{escape(made['says'])}"
        f"{' The kiosk went back.' if week['went_back'] else ''}</td></tr>"
        for week in weeks
        if (made := week["retrained"]) is not None
    )
    return (
        "<h2>The retrainings</h2><div class='card'><table><thead><tr><th></th><td>new events</td><td>new toys</td>"
        f"<td>took</td><td style='text-align:left'>verdict</td></tr></thead><tbody>{rows}</tbody></table></div>"
    )
