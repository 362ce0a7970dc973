"""`toyguide kiosk`: serve a bundle; `toyguide kiosk key|export|backup|restore`: keys, what it kept, and copies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.kiosk_copies import backup, restore
from app.cli.kiosk_export import export
from app.cli.kiosk_key import key_app
from app.kiosk_process import become
from data.errors import ToyGuideError

kiosk_app = typer.Typer(name="kiosk", invoke_without_command=True)
kiosk_app.add_typer(key_app)
kiosk_app.command("export")(export)
kiosk_app.command("backup")(backup)
kiosk_app.command("restore")(restore)


@kiosk_app.callback()
def kiosk(
    context: typer.Context,
    bundle: Annotated[Path | None, typer.Option(help="The bundle's directory.")] = None,
    verify_key: Annotated[
        Path | None, typer.Option(help="The public key's file; a bundle it did not sign is refused.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 takes a free one.", show_default="8000")
    ] = None,
    database: Annotated[
        Path | None, typer.Option(help="The SQLite file that keeps events, stock, recalls and staff keys.")
    ] = None,
    store_id: Annotated[
        str | None, typer.Option(help="The store whose stock counts here.", show_default="main")
    ] = None,
    default_youngest_months: Annotated[
        int | None, typer.Option(help="The age that safety assumes where no child is stated.", show_default="36")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A settings file, table 'kiosk'.", show_default="toyguide.toml if there is one")
    ] = None,
) -> None:
    """Serve a bundle over HTTP until Ctrl-C. Settings: options > TOYGUIDE_KIOSK_… > toyguide.toml > defaults."""
    if context.invoked_subcommand is not None:
        if given := [name for name, value in context.params.items() if value is not None]:
            option = "--" + given[0].replace("_", "-")
            raise ToyGuideError(
                f"{option} must come after the words 'kiosk {context.invoked_subcommand} …', if they take it."
            )
        return
    options = {name: value for name, value in context.params.items() if name != "config"}
    become(config, options)
