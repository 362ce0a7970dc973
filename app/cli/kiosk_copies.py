"""`toyguide kiosk backup|restore`: a whole copy of a kiosk's database, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import ERR, OUT, print_json

_Database = Annotated[Path | None, typer.Option("--database", help="The kiosk's SQLite file.")]
_Config = Annotated[
    Path | None,
    typer.Option("--config", help="A settings file, table 'kiosk'.", show_default="toyguide.toml if there is one"),
]


def backup(
    out: Annotated[Path, typer.Option("--out", help="The copy's file; an old one is replaced.")],
    database: _Database = None,
    config: _Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy the database whole, while the kiosk runs or not; the copy is checked before it gets its name."""
    from app.kiosk.settings import load_settings
    from app.kiosk.store.copies import back_up

    size = back_up(load_settings(config, database=database).database, out)
    if as_json:
        print_json({"file": str(out), "bytes": size})
        return
    OUT.print(f"{out}: {size:,} bytes, checked.", markup=False, highlight=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A copy that 'toyguide kiosk backup' made.")],
    database: _Database = None,
    config: _Config = None,
) -> None:
    """Put a copy in the place of the database. The kiosk must be stopped; what was there is kept aside."""
    from app.kiosk.settings import load_settings
    from app.kiosk.store.care import restore as put_back

    into = load_settings(config, database=database).database
    aside = put_back(file, into)
    ERR.print(f"{into} is what {file} holds, and every recall that was in force besides.", markup=False)
    if aside is not None:
        ERR.print(f"The database before is kept as {aside}.", markup=False)
