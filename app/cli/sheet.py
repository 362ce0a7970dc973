"""`toyguide data sheet` and `toyguide data licence`: what a dataset is, for whoever gets it, and on what terms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.cli.console import ERR, OUT
from app.cli.folders import check_file
from data.errors import parameter_error

Folder = Annotated[Path, typer.Argument(help="Folder of the dataset.")]


def sheet(
    folder: Folder,
    out: Annotated[Path | None, typer.Option(help="Write it to this file, by custom DATA_SHEET.md.")] = None,
) -> None:
    """Write the data sheet of a dataset, in Markdown: what is in it, where it is from, what it must not be used for."""
    from data.atomic import atomic_file
    from data.dataset import load_dataset
    from data.sheet import data_sheet

    if out is not None and out.is_dir():
        raise parameter_error("--out", "data sheet", "a file", str(out))
    if out is not None:
        check_file(out, "data sheet")
    said = data_sheet(load_dataset(folder))
    if out is None:
        OUT.print(said, markup=False, highlight=False, soft_wrap=True, end="")
        return
    with atomic_file(out) as temporary:
        temporary.write_text(said, encoding="utf-8")
    ERR.print(f"Wrote {escape(str(out))}")


def licence(
    folder: Folder,
    text: Annotated[str, typer.Argument(help='On what terms it was given, such as "CC BY-SA 4.0, by the Toy Shop".')],
) -> None:
    """State on what terms a dataset was given; its data sheet, and cards of models made from it, say so."""
    from data.dataset import LONGEST_LICENCE, state_licence

    try:
        state_licence(folder, text)
    except ValueError as error:
        must_be = f"one line of 1 to {LONGEST_LICENCE} characters"
        raise parameter_error("TEXT", "data licence", must_be, text) from error
    OUT.print(f"{folder} states: {text}", markup=False, highlight=False, soft_wrap=True)
