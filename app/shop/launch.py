"""Streamlit as the shop runs it: our look, no statistics sent home, only the address asked for.

The process becomes Streamlit (`exec`): there is no child to lose, so Ctrl-C and SIGTERM end the whole shop.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any, NoReturn

from pydantic import SecretBytes, SecretStr

from app.shop.settings import ENVIRONMENT, ShopSettings
from app.shop.theme import Scheme, streamlit_options


def become_streamlit(settings: ShopSettings, port: int) -> NoReturn:
    """Run the shop of `settings` on `port` in place of this process."""
    with as_file(files("app.shop").joinpath("script", "serve.py")) as script:
        arguments = streamlit_arguments(str(script), settings.host, port, settings.theme)
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what Streamlit prints is no data
        os.execve(sys.executable, [sys.executable, *arguments], shop_environment(settings, port, os.environ))


def streamlit_arguments(script: str, host: str, port: int, theme: Scheme) -> list[str]:
    """Python's arguments that run `script` under Streamlit with the shop's look."""
    options = {**streamlit_options(theme), "server.address": host, "server.port": str(port)}
    return ["-m", "app.shop.streamlit_run", script, *(f"--{name}={value}" for name, value in options.items())]


def shop_environment(settings: ShopSettings, port: int, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment in which the script finds exactly `settings`; Streamlit's own variables are left out."""
    kept = {
        name: value for name, value in inherited.items() if not name.upper().startswith(("STREAMLIT_", ENVIRONMENT))
    }
    stated = {**settings.model_dump(), "port": port}
    return {**kept, **{ENVIRONMENT + name.upper(): _said(value) for name, value in stated.items() if value is not None}}


def _said(value: Any) -> str:
    """`value` as the settings read it from the environment. A secret is handed on whole: str() would star it out."""
    if isinstance(value, SecretStr | SecretBytes):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, list | tuple | dict) else str(value)
