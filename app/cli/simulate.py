"""`toyguide data simulate`: a toy shop made up whole, with a truth to measure against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import OUT, print_json, progress_bar
from app.cli.imports import check_out

if TYPE_CHECKING:
    from data.dataset import Dataset


def simulate(
    out: Annotated[
        Path, typer.Option("--out", help="Folder to write the dataset to; an old dataset there is replaced.")
    ],
    toys: Annotated[int, typer.Option(help="Toys in the catalogue.")] = 3000,
    shoppers: Annotated[int, typer.Option(help="Shoppers; each is one household.")] = 6000,
    events: Annotated[int, typer.Option(help="Events to aim for, over two years.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same dataset.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Simulate a toy shop: a catalogue, households with growing children, and what they looked at, liked and bought."""
    from data.dataset import save_dataset
    from data.world.simulate import WorldOptions
    from data.world.simulate import simulate as run

    options = WorldOptions(toys, shoppers, events, seed)
    options.check()
    check_out(out, "data simulate")
    with progress_bar() as progress:
        task = progress.add_task("Simulating", total=None, note="")
        dataset = run(options, lambda done, total: progress.update(task, completed=done, total=total))
        progress.update(task, note="saving")
        save_dataset(dataset, out)
        progress.update(task, note="")
    _print_summary(dataset, out, as_json)


def _print_summary(dataset: Dataset, out: Path, as_json: bool) -> None:
    summary = _summary(dataset, out)
    if as_json:
        print_json(summary)
        return
    table = Table("what", "value", title=escape(f"Dataset {out}"), title_justify="left")
    for name in ("toys", "shoppers", "events"):
        table.add_row(name, f"{summary[name]:,}")
    for kind, count in summary["events_by_kind"].items():
        table.add_row(f"  {kind}", f"{count:,}")
    table.add_row("period", " to ".join(moment[:10] for moment in summary["period"]) or "no dates")
    OUT.print(table)
    OUT.print(f"digest {summary['digest']}", highlight=False)


def _summary(dataset: Dataset, out: Path) -> dict[str, Any]:
    """Counts of a dataset, its first and last moment, its digest."""
    import pyarrow.compute as pc

    from data.schema import EventColumn, EventKind

    counts = {row["values"]: row["counts"] for row in pc.value_counts(dataset.events[EventColumn.KIND]).to_pylist()}
    ends = pc.min_max(dataset.events[EventColumn.TIME]).as_py()
    return {
        "path": str(out),
        "toys": dataset.toys.num_rows,
        "shoppers": len(dataset.events[EventColumn.SHOPPER].unique()),
        "events": dataset.events.num_rows,
        "events_by_kind": {str(kind): counts.get(kind, 0) for kind in EventKind},
        "period": [moment.isoformat() for moment in ends.values() if moment is not None],
        "digest": dataset.digest,
    }
