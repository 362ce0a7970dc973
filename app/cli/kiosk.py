"""`toyguide kiosk`: serve a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import ERR


def kiosk(
    bundle: Annotated[Path | None, typer.Option(help="The bundle's directory.")] = None,
    verify_key: Annotated[
        Path | None, typer.Option(help="The public key's file; a bundle it did not sign is refused.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 takes a free one.  [default: 8000]")
    ] = None,
    database: Annotated[Path | None, typer.Option(help="The SQLite file that keeps events.")] = None,
    default_youngest_months: Annotated[
        int | None, typer.Option(help="The age that safety assumes where no child is stated.  [default: 36]")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A settings file, table [kiosk].  [default: toyguide.toml if there is one]")
    ] = None,
) -> None:
    """Serve a bundle over HTTP until Ctrl-C. Settings: options > TOYGUIDE_KIOSK_… > toyguide.toml > defaults."""
    from app.kiosk import load_settings, serve
    from app.kiosk.logs import configure_logs

    settings = load_settings(
        config,
        bundle=bundle,
        verify_key=verify_key,
        host=host,
        port=port,
        database=database,
        default_youngest_months=default_youngest_months,
    )
    configure_logs()
    serve(
        settings, lambda address: ERR.print(f"The kiosk listens on {address} (API: {address}/docs). Ctrl-C stops it.")
    )
