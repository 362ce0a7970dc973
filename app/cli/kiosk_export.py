"""`toyguide kiosk export`: what a kiosk kept, for analysts, without the ids of people."""

from __future__ import annotations

import gzip
import io
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer

from app.cli.console import OUT, print_json
from data.atomic import atomic_file
from data.errors import parameter_error


def export(
    out: Annotated[Path, typer.Option(help="The file to write; packed if its name ends with .gz.")],
    since: Annotated[
        str | None, typer.Option(help="Only what came from then on: 2026-01-31, or 2026-01-31T09:30:00Z.")
    ] = None,
    database: Annotated[
        Path | None, typer.Option(help="The kiosk's SQLite file.", show_default="var/kiosk.sqlite")
    ] = None,
    store_id: Annotated[
        str | None, typer.Option(help="The name of the store in the file.", show_default="main")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A settings file, table 'kiosk'.", show_default="toyguide.toml if there is one")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Write events and lists shown as NDJSON, with pseudonyms and without child mode. The kiosk may run."""
    from pydantic_core import to_json

    from app.cli.kiosk_database import opened
    from app.kiosk.settings import load_settings
    from app.kiosk.store.export import export_lines

    begin = None if since is None else _moment(since)
    settings = load_settings(config, database=database, store_id=store_id)
    with opened(settings, must_exist=True) as store, atomic_file(out) as temporary, ExitStack() as stack:
        stream: IO[bytes] = stack.enter_context(temporary.open("wb"))
        if out.suffix == ".gz":
            packed = stack.enter_context(gzip.GzipFile("", "wb", fileobj=stream, mtime=0))
            stream = stack.enter_context(io.BufferedWriter(packed))
        for line in export_lines(store, settings.store_id, datetime.now(UTC), begin):
            stream.write(to_json(line) + b"\n")
    counts = {"events": line["events"], "lists": line["lists"], "file": str(out)}
    if json:
        print_json(counts)
        return
    OUT.print(f"{counts['events']:,} events and {counts['lists']:,} lists shown, in {out}.", markup=False)


def _moment(text: str) -> datetime:
    from data.parsing.moment import parse_moment

    found = parse_moment(text).value
    if found is None:
        must_be = "a date or a time, such as 2026-01-31 or 2026-01-31T09:30:00Z"
        raise parameter_error("--since", "kiosk export", must_be, text)
    return found
