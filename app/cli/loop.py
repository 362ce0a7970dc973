"""`toyguide loop`: the closed loop, proved in the simulated world."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app.cli.console import ERR, OUT, print_json, progress_bar
from app.cli.train import report_to
from data.errors import parameter_error

if TYPE_CHECKING:
    from app.loop.run import Week


def loop(
    out: Annotated[Path, typer.Option(help="A new folder for everything that is made.")],
    weeks: Annotated[int, typer.Option(help="Weeks to watch, from 25 November on.")] = 18,
    toys: Annotated[int, typer.Option(help="Toys in the simulated catalogue.")] = 2000,
    shoppers: Annotated[int, typer.Option(help="Shoppers.")] = 2500,
    events: Annotated[int, typer.Option(help="Events that the world has in two years.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same town.")] = 7,
    preset: Annotated[str, typer.Option(help="The first teacher's preset.")] = "small",
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Let simulated households shop over the real API for weeks, retrain weekly, and compare with the known truth."""
    from app.loop.figures import record_of
    from app.loop.run import run_loop
    from app.loop.town import LoopOptions, happenings
    from app.report.loop import loop_page, loop_plots, standalone
    from data.atomic import atomic_file
    from recommender.learning.presets import load_preset
    from recommender.records import environment

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise parameter_error("--out", "loop", "a new or empty folder", str(out))
    options = LoopOptions(toys, shoppers, events, seed, weeks)
    options.check()
    chosen = load_preset(preset)
    out.mkdir(parents=True, exist_ok=True)
    found = []
    with progress_bar() as progress:
        for week in run_loop(out, options, chosen, lambda title: report_to(progress, title)):
            found.append(week)
            ERR.print(_sentence(week), markup=False, highlight=False)
    record = record_of(found, options, chosen.name) | {"events": happenings(options), "environment": environment()}
    files = {"loop.json": json.dumps(record, indent=2) + "\n", "loop.html": loop_page(record)}
    files |= {f"{figure}.svg": standalone(svg) for figure, svg in loop_plots(record).items()}
    for name, text in files.items():
        with atomic_file(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    if as_json:
        print_json(record)
        return
    OUT.print(_table(record))
    for part, gains in record["gains"].items():
        for each in gains:
            OUT.print(
                f"{part}: {each['arm']} {each['gain']:+.1%} above {each['against']} in true utility "
                f"({each['low']:+.1%} to {each['high']:+.1%}, 95 %)",
                highlight=False,
            )
    OUT.print(f"Plots: {out / 'loop.html'}", markup=False)


def _sentence(week: Week) -> str:
    made = week.retrained
    told = ", ".join(f"{name} {lists.utility.mean():.4f}" for name, lists in week.arms.items())
    back = " The kiosk went back." if week.went_back else ""
    return f"Week {week.number}: true utility {told}" + (
        "" if made is None else f". {made.says} {made.seconds:.0f} s{back}"
    )


def _table(record: Mapping[str, Any]) -> Table:
    table = Table("", title="The closed loop")
    for column in ("lists", "true utility", "regret", "positive rate", "coverage", "unsafe or recalled"):
        table.add_column(column, justify="right")
    for name, row in record["arms"].items():
        table.add_row(
            name,
            f"{row['lists']:,}",
            f"{row['utility']:.4f}",
            f"{row['regret']:.4f}",
            f"{row['rate']:.1%}",
            f"{row['coverage']:.1%}",
            f"{row['forbidden']} of {row['shown']:,}",
        )
    table.caption = "regret: against the oracle, which ranks by the truth what may be shown"
    return table
