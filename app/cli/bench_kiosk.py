"""`toyguide bench kiosk`: memory, start and answers of the kiosk, beside an empty address of the same server."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, print_json

if TYPE_CHECKING:
    from app.cli.kiosk_figures import Figures

TOYS: Final = 12_000


def bench_kiosk(
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="The bundle's directory.", show_default="12,000 simulated toys and a student that was never taught"
        ),
    ] = None,
    requests: Annotated[
        int, typer.Option(min=100, max=1_000_000, help="Recommendations to ask for, one after the other.")
    ] = 2000,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Start a kiosk and measure it: memory, start, and answers beside an empty address of the same server."""
    from app.cli.kiosk_figures import measure

    with tempfile.TemporaryDirectory(prefix="toyguide-bench-") as name:
        folder = Path(name)
        if bundle is None:
            from distillation.untrained import untrained_bundle

            ERR.print(f"Making a bundle of {TOYS:,} simulated toys and a student that was never taught.", markup=False)
            untrained_bundle(folder / "bundle", TOYS)
        figures = measure(bundle or folder / "bundle", requests, folder, untrained=bundle is None)
    if as_json:
        print_json(asdict(figures))
    else:
        _show(figures)


def _show(found: Figures) -> None:
    what = "simulated toys and a student that was never taught" if found.untrained else f"toys of {found.bundle}"
    table = Table("", "", title=escape(f"A kiosk with {found.toys:,} {what}"), show_header=False)
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
