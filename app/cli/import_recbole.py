"""`toyguide data import recbole`: RecBole's atomic files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import ERR
from app.cli.folders import check_file
from app.cli.import_table import checked_currency, finish
from app.cli.imports import OnError, check_out
from app.cli.understood import Faults, bytes_bar

_VERB = "data import recbole"


def recbole(
    inter: Annotated[Path, typer.Argument(help="The .inter file: who met which toy, when.")],
    out: Annotated[Path, typer.Option(help="Folder for the dataset; an old dataset there is replaced.")],
    item: Annotated[Path | None, typer.Option(help="The .item file; the one beside INTER if not given.")] = None,
    user: Annotated[Path | None, typer.Option(help="The .user file; the one beside INTER if not given.")] = None,
    currency: Annotated[str | None, typer.Option(help="The shop's currency (ISO 4217).")] = None,
    wanted_from: Annotated[float, typer.Option(help="The lowest rating that is a purchase.")] = 3.0,
    seed: Annotated[int, typer.Option(help="Seed of the permutation that numbers the toys.")] = 0,
    on_error: Annotated[
        OnError, typer.Option(help="Stop at a faulty row, or leave it out and count it.")
    ] = OnError.FAIL,
    report: Annotated[Path | None, typer.Option(help="Write every form not understood to this JSON file.")] = None,
    top: Annotated[int, typer.Option(min=0, help="Forms not understood to print for each field.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Import RecBole's atomic files: .inter, and .item and .user where they are there."""
    from data.importers.recbole import import_recbole
    from data.importers.toys import Reading

    check_out(out)
    reading = Reading(checked_currency(currency, _VERB))
    item, user = (given or _beside(inter, suffix) for given, suffix in ((item, ".item"), (user, ".user")))
    files = [file for file in (inter, item, user) if file is not None]
    if report is not None:
        check_file(report, _VERB, "--report", read=files)
    faults = Faults(stop=on_error is OnError.FAIL)
    with bytes_bar(files) as advance:
        imported = import_recbole(out, inter, item, user, reading, wanted_from, seed, faults, advance)
    if item is None:
        ERR.print(f"There is no .item file beside {inter}: every toy is called 'Toy'.", markup=False)
    finish(imported, faults, out, report, top, json)


def _beside(inter: Path, suffix: str) -> Path | None:
    file = inter.with_suffix(suffix)
    return file if file.is_file() else None
