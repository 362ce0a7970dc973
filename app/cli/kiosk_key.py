"""`toyguide kiosk key add|list|remove`: staff keys. They work at once, whether the kiosk runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import ERR, OUT, print_json

if TYPE_CHECKING:
    from app.kiosk.store.keys import KeyStore

key_app = typer.Typer(name="key", help="Staff keys: who may change what a kiosk shows.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="Whose key it is, as the audit log will call them.")]
_Database = Annotated[Path | None, typer.Option("--database", help="The kiosk's SQLite file.")]
_Config = Annotated[
    Path | None,
    typer.Option("--config", help="A settings file, table 'kiosk'.", show_default="toyguide.toml if there is one"),
]


class RoleName(StrEnum):
    """Roles as they are written."""

    CLERK = "clerk"
    MANAGER = "manager"


@key_app.command("add")
def add(
    name: _Name,
    role: Annotated[
        RoleName, typer.Option("--role", help="clerk: stock, recalls, rules, retiring, look-up, figures; manager: all.")
    ] = RoleName.CLERK,
    days: Annotated[
        int | None, typer.Option("--days", help="It works for so many days.", show_default="until it is removed")
    ] = None,
    database: _Database = None,
    config: _Config = None,
) -> None:
    """Make a key and print it, once: the kiosk keeps its digest alone."""
    from app.kiosk.store.keys import Role

    with _keys(database, config) as keys:
        key = keys.add(name, Role[role.name], days)
    OUT.print(key, markup=False, highlight=False, soft_wrap=True)
    ERR.print(f"The {role} key of {name}. It is not shown again: keep it safe.", markup=False)


@key_app.command("list")
def list_keys(
    database: _Database = None,
    config: _Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the keys' names as JSON.")] = False,
) -> None:
    """Names and roles; the keys themselves nobody knows."""
    with _keys(database, config) as keys:
        found = [
            {"name": key.name, "role": key.role.name.lower(), "created": key.created, "expires": key.expires}
            for key in keys.list()
        ]
    if as_json:
        print_json(found)
        return
    for each in found:
        until = f"  until {each['expires']}" if each["expires"] else ""
        line = f"{each['name']}  {each['role']}  {each['created']}{until}"
        OUT.print(line, markup=False, highlight=False, soft_wrap=True)
    if not found:
        ERR.print("There is no staff key. Make one with 'toyguide kiosk key add NAME'.", markup=False)


@key_app.command("remove")
def remove(name: _Name, database: _Database = None, config: _Config = None) -> None:
    """Take a key out of use, at once."""
    with _keys(database, config) as keys:
        keys.remove(name)
    ERR.print(f"The key of {name} works no longer.", markup=False)


@contextmanager
def _keys(file: Path | None, config: Path | None) -> Iterator[KeyStore]:
    from app.cli.kiosk_database import opened
    from app.kiosk.settings import load_settings
    from app.kiosk.store.keys import KeyStore

    with opened(load_settings(config, database=file)) as database:
        yield KeyStore(database)
