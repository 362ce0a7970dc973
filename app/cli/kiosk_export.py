"""`toyguide kiosk export`: what a kiosk kept, for analysts, without the ids of people."""

from __future__ import annotations

import gzip
import io
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from app.cli.console import OUT, print_json
from app.cli.kiosk_database import opened
from app.cli.live import SinceOption, moment_of
from data.atomic import atomic_file

if TYPE_CHECKING:
    from app.kiosk.settings import KioskSettings


def export(
    out: Annotated[Path, typer.Option(help="The file to write; packed if its name ends with .gz.")],
    since: SinceOption = None,
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
    """Write events, lists shown and recalls as NDJSON, with pseudonyms and without child mode. The kiosk may run."""
    from app.kiosk.settings import load_settings

    begin = moment_of(since, "kiosk export")
    counts = write_export(load_settings(config, database=database, store_id=store_id), out, begin)
    if json:
        print_json({**counts, "file": str(out)})
        return
    OUT.print(
        f"{counts['events']:,} events, {counts['lists']:,} lists shown and {counts['recalls']:,} recalls, in {out}.",
        markup=False,
    )


def write_export(settings: KioskSettings, out: Path, since: datetime | None) -> dict[str, int]:
    """Write the export of the kiosk of `settings` to `out`; returns how many events, lists and recalls it has."""
    from pydantic_core import to_json

    from app.kiosk.store.copies import check_apart
    from app.kiosk.store.export import export_lines

    check_apart("An export", settings.database, out)

    with opened(settings, must_exist=True) as store, atomic_file(out) as temporary, ExitStack() as stack:
        stream: IO[bytes] = stack.enter_context(temporary.open("wb"))
        if out.suffix == ".gz":
            packed = stack.enter_context(gzip.GzipFile("", "wb", fileobj=stream, mtime=0))
            stream = stack.enter_context(io.BufferedWriter(packed))
        for line in export_lines(store, settings.store_id, datetime.now(UTC), since):
            stream.write(to_json(line) + b"\n")
    return {name: line[name] for name in ("events", "lists", "recalls")}
