"""`toyguide shop`: the shop's pages over a kiosk's API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import ERR
from data.errors import ToyGuideError


def shop(
    api: Annotated[
        str | None, typer.Option(help="The address of the kiosk's API.", show_default="http://127.0.0.1:8000")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 takes a free one.", show_default="8501")
    ] = None,
    timeout_seconds: Annotated[
        float | None, typer.Option(help="How long to wait for an answer of the kiosk.", show_default="4")
    ] = None,
    kiosk: Annotated[
        bool | None,
        typer.Option(
            "--kiosk/--no-kiosk", help="Kiosk mode: a screen in the shop, for whoever comes.", show_default="no"
        ),
    ] = None,
    idle_seconds: Annotated[
        int | None,
        typer.Option(help="Kiosk mode: ask whether anybody is there after so long untouched.", show_default="90"),
    ] = None,
    countdown_seconds: Annotated[
        int | None,
        typer.Option(help="Kiosk mode: wait so long for an answer, then forget the visit.", show_default="20"),
    ] = None,
    theme: Annotated[
        str | None, typer.Option(help="light, dark, or system: as the visitor's device has it.", show_default="system")
    ] = None,
    visit_minutes: Annotated[
        float | None, typer.Option(help="How long a visit is kept without use.", show_default="120")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A settings file, table 'shop'.", show_default="toyguide.toml if there is one")
    ] = None,
) -> None:
    """Open the shop in a browser until Ctrl-C. Settings: options > TOYGUIDE_SHOP_… > toyguide.toml > defaults."""
    from importlib.util import find_spec

    from app.shop.settings import load_settings

    settings = load_settings(
        config, api=api, host=host, port=port, timeout_seconds=timeout_seconds, kiosk=kiosk, idle_seconds=idle_seconds,
        countdown_seconds=countdown_seconds, theme=theme, visit_minutes=visit_minutes,
    )  # fmt: skip
    if any(find_spec(name) is None for name in ("streamlit", "httpx", "segno")):
        raise ToyGuideError(
            "The shop needs Streamlit, httpx and segno. Install them with: pip install 'toyguide[shop]'."
        )

    from app.ports import free_port
    from app.shop.launch import become_streamlit

    free = free_port(settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    ERR.print(f"The shop opens at http://{shown}:{free} (kiosk: {settings.api}). Ctrl-C stops it.")
    become_streamlit(settings, free)
