"""Where `toyguide evaluate` leaves a record of every judgement."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.cli.console import ERR, finite
from data.errors import DataError

DEFAULT_RUNS: Final = Path("var/runs")
RunsOption = Annotated[
    Path,
    typer.Option("--runs", envvar="TOYGUIDE_RUNS", help="Folder that keeps a record of every judgement."),
]


def keep_evaluation(runs: Path, record: dict[str, Any]) -> None:
    """Write the record into a new folder of `runs`, named by the time; figures that cannot be kept still count."""
    from recommender.records import RECORD, write_record

    folder = runs / f"evaluate-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    try:
        write_record(folder / RECORD, "evaluation", finite(record))
    except DataError as error:
        ERR.print(f"This judgement leaves no record. {error}", markup=False)
