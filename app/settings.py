"""How a face finds its settings: command line > environment > settings file > default. An unknown key is an error."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from data.errors import ToyGuideError

CONFIG_FILE: Final = Path("toyguide.toml")

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def find_settings(model: type[SettingsT], face: str, config: Path | None = None, **command_line: Any) -> SettingsT:
    """The settings of `model` in force. A `command_line` value of None counts as not given.

    model: has an `env_prefix`; face: the table of the settings file, such as "shop"
    config: the settings file; by default `toyguide.toml` in the current folder, if there is one.
    Raises ToyGuideError naming the source and the key that is wrong.
    """
    given = {name: value for name, value in command_line.items() if value is not None}
    file = config or CONFIG_FILE
    table = _read_table(file, face, must_exist=config is not None)
    _refuse_unknown(model, face, file, table)

    class Sourced(model):  # type: ignore[valid-type,misc]
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **named: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return named["init_settings"], named["env_settings"], InitSettingsSource(settings_cls, table)

    try:
        found = Sourced(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        reason = first["msg"].removeprefix("Value error, ")
        source = _source_of(model, face, name, given, file)
        raise ToyGuideError(f"{source} is not right: {reason}. Got {first['input']!r}.") from error
    return found


def _prefix(model: type[BaseSettings]) -> str:
    return str(model.model_config.get("env_prefix", ""))


def _read_table(file: Path, face: str, must_exist: bool) -> dict[str, Any]:
    if not file.exists() and not must_exist:
        return {}
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get(face, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ToyGuideError(f"The settings file {file} cannot be read as TOML: {error}.") from error
    if not isinstance(table, dict):
        raise ToyGuideError(f"{file}: '{face}' must be a table, [{face}]. Got {table!r}.")
    return table


def _refuse_unknown(model: type[BaseSettings], face: str, file: Path, table: dict[str, Any]) -> None:
    known = ", ".join(model.model_fields)
    for name in table:
        if name not in model.model_fields:
            raise ToyGuideError(f"{file}, [{face}]: there is no setting '{name}'. The settings are: {known}.")
    prefix = _prefix(model)
    for variable in os.environ:
        name = variable.upper().removeprefix(prefix)
        if variable.upper().startswith(prefix) and name.lower() not in model.model_fields:
            raise ToyGuideError(
                f"The environment variable {variable} names no setting of the {face}. The settings are: {known}."
            )


def _source_of(model: type[BaseSettings], face: str, name: str, given: dict[str, Any], file: Path) -> str:
    if name in given:
        return f"The option --{name.replace('_', '-')}"
    variable = (_prefix(model) + name).upper()
    if any(existing.upper() == variable for existing in os.environ):
        return f"The environment variable {variable}"
    return f"{file}, [{face}], '{name}'"
