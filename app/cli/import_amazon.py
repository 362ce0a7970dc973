"""`toyguide data import amazon`: reviews and metadata as the McAuley lab publishes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import ERR
from app.cli.folders import check_file
from app.cli.imports import OnError, check_out
from app.cli.understood import Faults, bytes_bar, print_import, write_report


def amazon(
    reviews: Annotated[Path, typer.Argument(help="The reviews: JSON Lines, plain or .gz.")],
    out: Annotated[Path, typer.Option(help="Folder for the dataset; an old dataset there is replaced.")],
    metadata: Annotated[Path | None, typer.Option(help="The toys, of the same year: JSON Lines, plain or .gz.")] = None,
    wanted_from: Annotated[
        int, typer.Option(min=1, max=5, help="The lowest rating that is a purchase; below it is a dismissal.")
    ] = 3,
    seed: Annotated[int, typer.Option(help="Seed of the permutation that numbers the toys.")] = 0,
    on_error: Annotated[
        OnError, typer.Option(help="Stop at a faulty row, or leave it out and count it.")
    ] = OnError.FAIL,
    report: Annotated[Path | None, typer.Option(help="Write every form not understood to this JSON file.")] = None,
    top: Annotated[int, typer.Option(min=0, help="Forms not understood to print for each field.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Import Amazon's reviews of 2014, 2018 or 2023; the year is found by the names of the fields."""
    from time import perf_counter

    from data.importers.amazon import import_amazon

    check_out(out)
    files = [file for file in (metadata, reviews) if file is not None]
    if report is not None:
        check_file(report, "data import amazon", "--report", read=files)
    faults = Faults(stop=on_error is OnError.FAIL)
    start = perf_counter()
    with bytes_bar(files) as advance:
        imported = import_amazon(reviews, out, metadata, seed, wanted_from, faults, advance)
    seconds = perf_counter() - start
    if report is not None:
        write_report(imported, faults, report)
    faults.print()
    print_import(imported, out, top, json)
    options = imported.record["source"]["options"]
    rows = sum(count["read"] for count in options["counts"].values())
    ERR.print(f"{rows:,} rows in {seconds:,.1f} s: {rows / seconds:,.0f} a second.")
    if options["undescribed"]:
        ERR.print(f"{options['undescribed']:,} toys have reviews but no metadata; each is called 'Toy'.")
