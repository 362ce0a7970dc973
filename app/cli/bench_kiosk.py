"""`toyguide bench kiosk`: memory, start and answers of the kiosk, beside an empty address of the same server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import OUT, print_json
from app.cli.measured import BundleOption, measured, words_of

if TYPE_CHECKING:
    from app.cli.kiosk_figures import Figures


def bench_kiosk(
    bundle: BundleOption = None,
    requests: Annotated[
        int, typer.Option(min=100, max=1_000_000, help="Recommendations to ask for, one after the other.")
    ] = 2000,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Start a kiosk and measure it: memory, start, and answers beside an empty address of the same server."""
    from app.cli.kiosk_figures import measure

    with measured(bundle) as (chosen, folder):
        figures = measure(chosen, requests, folder, untrained=bundle is None)
    if as_json:
        print_json(asdict(figures))
    else:
        _show(figures)


def _show(found: Figures) -> None:
    what = words_of(found.toys, found.bundle, found.untrained)
    table = Table("", "", title=escape(f"A kiosk with {what}"), show_header=False)
    starts = ", ".join(f"{seconds:.2f}" for seconds in found.ready_seconds)
    table.add_row("cold start to ready", f"{median(found.ready_seconds):.2f} s (median of {starts})")
    table.add_row("resident memory", f"{_mib(found.resident_at_start)} at the start")
    table.add_row("", f"{_mib(found.resident_after_load)} after {found.requests:,} recommendations")
    for name, times in (
        ("recommendation", found.recommendation),
        ("empty route", found.empty),
        ("FastAPI alone", found.bare),
    ):
        table.add_row(name, f"{times.median:.2f} ms (95 % under {times.p95:.2f} ms)")
    table.add_row("recommendation over empty route", _between(found.over_empty))
    table.add_row("recommendation over FastAPI alone", _between(found.over_bare))
    rates = (found.recommendation_rate, found.empty_rate, found.bare_rate)
    table.add_row(f"answers a second, {found.clients} clients", " / ".join(f"{each:,.0f}" for each in rates))
    age = "age, two likings and a budget" if found.ages else "two likings and a budget; no age, for the toys state none"
    table.caption = (
        f"Over HTTP on kept connections, the three kinds by turns; {found.requests:,} of each. A recommendation: "
        f"k = 10, a history of five toys, {age}; {found.shown:.1f} toys shown on average."
    )
    OUT.print(table)


def _mib(memory: float | None) -> str:
    return "not known on this system" if memory is None else f"{memory:.0f} MiB"


def _between(differences: Sequence[float]) -> str:
    return f"{median(differences):+.2f} ms (rounds from {min(differences):+.2f} to {max(differences):+.2f})"
