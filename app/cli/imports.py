"""`toyguide data import …`: one verb a source, each ending in counts of what was read, kept and rejected."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import ERR, OUT, print_json, tell
from app.cli.folders import check_output

_SHOWN_FAULTS = 10
_COUNTED = ("read", "kept", "rejected")

import_app = typer.Typer(no_args_is_help=True, help="Read a shop's own files as a dataset.")


class OnError(StrEnum):
    """What a faulty row does to an import."""

    FAIL = "fail"
    SKIP = "skip"


@import_app.callback()
def imports() -> None:
    """Read a shop's own files as a dataset."""


@import_app.command("sequences")
def sequences(
    file: Annotated[Path, typer.Argument(help="A line a shopper: 'user toy toy …', oldest first.")],
    out: Annotated[Path, typer.Option(help="Folder for the dataset; what is there is replaced.")],
    toys: Annotated[Path | None, typer.Option(help="Tab-separated: item, title, categories.")] = None,
    attributes: Annotated[Path | None, typer.Option(help="JSON: toy → list of attribute numbers.")] = None,
    dates: Annotated[Path | None, typer.Option(help="Tab-separated: user, pos, item, unix_time.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the permutation that numbers the toys.")] = 0,
    on_error: Annotated[
        OnError, typer.Option(help="Stop at a faulty row, or leave it out and count it.")
    ] = OnError.FAIL,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Import the benchmark's layout: shoppers' sequences, with titles, attributes and dates when given."""
    from data.dataset import save_dataset
    from data.importers.sequences import import_sequences
    from data.importers.text import raise_fault

    check_out(out)
    faults: list[str] = []
    with ERR.status("Reading …") as status:
        dataset = import_sequences(
            file,
            toys,
            attributes,
            dates,
            seed,
            on_fault=raise_fault if on_error is OnError.FAIL else faults.append,
            on_step=lambda name: status.update(f"Reading {escape(name)} …"),
        )
        status.update("Writing …")
        save_dataset(dataset, out)
    for sentence in faults[:_SHOWN_FAULTS]:
        tell("Left out:", sentence, "yellow")
    if len(faults) > _SHOWN_FAULTS:
        tell("Left out:", f"{len(faults) - _SHOWN_FAULTS} more.", "yellow")
    _print_summary(
        {
            "dataset": str(out),
            "shoppers": dataset.source.options["counts"]["shoppers"]["kept"],
            "toys": dataset.toys.num_rows,
            "events": dataset.events.num_rows,
            "seed": seed,
            "digest": dataset.digest,
            **dataset.source.options,
        },
        json,
    )


def check_out(folder: Path, verb: str = "data import") -> None:
    """Raise ToyGuideError unless a dataset may be written to `folder`."""
    check_output(folder, "dataset", verb)


def print_counts(of: str, counts: Mapping[str, Mapping[str, int]], out: str) -> None:
    """A table of what was read, kept and rejected. of: what its rows are; counts: {name: {"read": …, …}}."""
    table = Table(of, title=f"Imported into {escape(out)}")
    for key in _COUNTED:
        table.add_column(key, justify="right")
    for part, count in counts.items():
        table.add_row(part, *(f"{count[key]:,}" for key in _COUNTED))
    OUT.print(table)


def _print_summary(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(summary)
        return
    print_counts("file", summary["counts"], summary["dataset"])
    OUT.print(
        f"{summary['shoppers']:,} shoppers, {summary['toys']:,} toys, {summary['events']:,} events "
        f"(all of kind {summary['kind']}; {summary['undated']:,} without a date, "
        f"{summary['repeated']:,} of a toy the shopper had already)."
    )
