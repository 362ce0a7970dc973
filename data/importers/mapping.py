"""Which column of a shop's file becomes which field: written on the command line, kept in a TOML or JSON file.

`title=product_name` takes a column as it is; `category=category+subcategory` puts columns together, level by level;
`age=search:product_information` searches a long text for a stated age.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.atomic import atomic_file
from data.errors import DataError, ToyGuideError
from data.importers.text import read_text
from data.schema import EventColumn, ToyColumn

AGE: Final = "age"
"""Not a column of ours: the maker's age as text, which fills the recommended and the safety age."""

STOCK: Final = "stock"
"""Not a column of ours: stock belongs to a store; it is understood, reported and counted, not kept."""

TOY_FIELDS: Final = (*(str(column) for column in ToyColumn), AGE, STOCK)
EVENT_FIELDS: Final = tuple(str(column) for column in EventColumn)
_NEEDED: Final = {"toys": ("toy_id", "title"), "events": ("shopper_id", "toy_id")}
_FIELDS: Final = {"toys": TOY_FIELDS, "events": EVENT_FIELDS}
_SEARCH: Final = "search:"
_JOINED: Final = (ToyColumn.CATEGORY, ToyColumn.INTERESTS, ToyColumn.TAGS, ToyColumn.HAZARDS)


@dataclass(frozen=True)
class From:
    """Where one field comes from: columns in order, or one column whose text is searched."""

    columns: tuple[str, ...]
    search: bool = False

    def __str__(self) -> str:
        return (_SEARCH if self.search else "") + "+".join(self.columns)


@dataclass(frozen=True)
class ColumnMap:
    """Field → where it comes from, for `toys` or `events`; `needed` columns must be in the file."""

    table: str
    fields: Mapping[str, From]
    needed: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        return tuple(dict.fromkeys(column for source in self.fields.values() for column in source.columns))


def same_names(table: str) -> ColumnMap:
    """The map of a file whose columns are called as our fields are; what it lacks is unknown."""
    fields = {field: From((field,)) for field in _FIELDS[table]}
    return ColumnMap(table, fields, _NEEDED[table])


def parse_map(table: str, texts: Iterable[str], option: str) -> ColumnMap:
    """The map that `field=column,field=column` says; `option` is named in errors.

    A column whose name holds a comma or a plus sign can be given in a map file as a list.
    """
    fields: dict[str, str] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        if not part:
            continue
        field, mark, source = (piece.strip() for piece in part.partition("="))
        if not mark or not field or not source:
            raise ToyGuideError(f"{option} must be 'field=column,field=column'. Got {part!r}.")
        if field in fields:
            raise ToyGuideError(f"{option} must name each field once. Got {field!r} again.")
        fields[field] = source
    return _checked(table, fields, option)


def load_maps(file: Path) -> dict[str, ColumnMap]:
    """The maps of a file: tables `toys` and `events` of field = "column" or field = ["column", "column"]."""
    text = read_text(file)
    try:
        content = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read as {'JSON' if file.suffix == '.json' else 'TOML'}: {error}.") from error
    if not isinstance(content, dict) or not content or not content.keys() <= _FIELDS.keys():
        raise DataError(f"{file}: must hold the tables 'toys' and 'events' and nothing else.")
    maps = {}
    for table, fields in content.items():
        if not isinstance(fields, dict):
            raise DataError(f'{file}: field {table!r} must be a table of field = "column". Got {fields!r}.')
        maps[table] = _checked(table, fields, f"{file}, table {table!r},")
    return maps


def save_maps(maps: Mapping[str, ColumnMap], file: Path) -> None:
    """Write maps so that `load_maps` gives the same: JSON if `file` ends with .json, else TOML."""
    content = {
        table: {
            field: str(source) if source.search or len(source.columns) == 1 else list(source.columns)
            for field, source in one.fields.items()
        }
        for table, one in maps.items()
    }
    if file.suffix.lower() == ".json":
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    else:  # a JSON string or list of strings is one of TOML, but for DEL
        lines = [
            f"\n[{table}]\n"
            + "".join(f"{field} = {json.dumps(s, ensure_ascii=False)}\n" for field, s in fields.items())
            for table, fields in content.items()
        ]
        text = "".join(lines).lstrip().replace("\x7f", "\\u007f")
    with atomic_file(file) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _checked(table: str, given: Mapping[str, object], where: str) -> ColumnMap:
    fields: dict[str, From] = {}
    for field, source in given.items():
        if field not in _FIELDS[table]:
            raise ToyGuideError(f"{where} must name fields of {', '.join(_FIELDS[table])}. Got {field!r}.")
        if isinstance(source, str):
            search = source.startswith(_SEARCH)
            name = source.removeprefix(_SEARCH)
            columns = (name,) if search or field not in _JOINED else tuple(part.strip() for part in name.split("+"))
        elif isinstance(source, list) and source and all(isinstance(column, str) for column in source):
            search, columns = False, tuple(source)
        else:
            raise ToyGuideError(f"{where} field {field!r} must name a column, or a list of columns. Got {source!r}.")
        if search and field != AGE:
            raise ToyGuideError(f"{where} can search a text for field 'age' alone. Got {field!r}.")
        if not all(columns) or (len(columns) > 1 and field not in _JOINED):
            raise ToyGuideError(f"{where} field {field!r} must come from one column. Got {source!r}.")
        fields[field] = From(columns, search)
    for field in _NEEDED[table]:
        if field not in fields:
            raise ToyGuideError(f"{where} must say where {field!r} comes from. Got {', '.join(given) or 'nothing'}.")
    return ColumnMap(table, fields, tuple(column for source in fields.values() for column in source.columns))
