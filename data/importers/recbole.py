"""RecBole's atomic files: `.inter`, `.item` and `.user`, tab-separated, with `name:type` for each column in the header.

What becomes what
- `user_id`, `item_id` and `timestamp` (seconds or milliseconds) of the `.inter` file are events. A column `kind`,
  `behavior` or `event_type` is their kind. Otherwise a rating of `wanted_from` (3) or more is a purchase and one below
  it a dismissal, as in the reviews of a shop; without ratings every event is a purchase.
- The `.item` file describes the toys. Of `categories` or `category` comes the category (a sequence is its levels), of
  `genre`, `class` or `tags` come tags. Without the file, toys are what the events name, each called "Toy".
- The `.user` file is checked and counted, and none of its columns is kept: age, gender or address of a shopper are no
  business of a toy shop's model.
- Fields are not quoted: a quotation mark is a part of a title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.importers.lines import Line, read_lines
from data.importers.mapping import ColumnMap, From
from data.importers.rows import LONGEST_FIELD, SHOWN, Format, Row, Table, Value, check_columns, undecoded
from data.importers.sequences import Count
from data.importers.table import Imported, Part, import_table
from data.importers.text import OnFault, raise_fault
from data.importers.toys import Reading
from data.schema import EventColumn, EventKind, ToyColumn

WANTED_FROM: Final = 3.0
_NEEDED: Final = "which an atomic file must have"
_TYPES: Final = ("token", "token_seq", "float", "float_seq")
_TOY_FIELDS: Final[dict[str, tuple[str, ...]]] = {  # field → the columns that may hold it, the first that is there
    ToyColumn.TITLE: ("title", "name", "item_name", "product_name"),
    ToyColumn.DESCRIPTION: ("description",),
    ToyColumn.BRAND: ("brand", "manufacturer"),
    ToyColumn.CATEGORY: ("categories", "category"),
    ToyColumn.TAGS: ("tags", "genre", "class"),
    ToyColumn.PRICE: ("price",),
    "age": ("age", "recommended_age"),
}
_EVENT_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    EventColumn.TIME: ("timestamp", "time"),
    EventColumn.SESSION: ("session_id",),
    EventColumn.KIND: ("kind", "behavior", "event_type"),
}


@dataclass(frozen=True)
class _Header:
    names: tuple[str, ...]
    types: tuple[str, ...]


def import_recbole(
    out: Path,
    inter: Path,
    item: Path | None = None,
    user: Path | None = None,
    reading: Reading = Reading(),  # noqa: B008 - a frozen value
    wanted_from: float = WANTED_FROM,
    seed: int = 0,
    on_fault: OnFault = raise_fault,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Write the dataset of atomic files to the folder `out`, in bounded memory, or leave `out` as it was.

    wanted_from: the lowest rating that is a purchase
    on_fault: called with one sentence a faulty row; what it does not raise on is left out
    on_bytes: told how many more bytes have been read

    Raises DataError, naming file, line and column.
    """
    names = _header(inter).names
    check_columns(inter, names, ("user_id", "item_id"), _NEEDED)
    fields = {EventColumn.SHOPPER: "user_id", EventColumn.TOY: "item_id"} | _found(_EVENT_FIELDS, names)
    rated = "rating" in names and EventColumn.KIND not in fields
    if rated:
        fields[EventColumn.KIND] = "kind"

    def events(
        table: Table, needed: Iterable[str], on_fault: OnFault, on_bytes: Callable[[int], None], wanted: Iterable[str]
    ) -> Iterator[Row]:
        for row in read_atomic(table.file, on_fault, on_bytes):
            yield _judged(row, wanted_from) if rated else row

    if item is None:
        toys = Part(_atomic(inter), _map("toys", {ToyColumn.ID: "item_id"}), _first_met)
    else:
        names = _header(item).names
        check_columns(item, names, ("item_id",), _NEEDED)
        toys = Part(_atomic(item), _map("toys", {ToyColumn.ID: "item_id"} | _found(_TOY_FIELDS, names)), _rows)
    notes: dict[str, object] = {"wanted_from": wanted_from if rated else None}
    if user is not None:
        notes["users"] = _users(user, on_fault, on_bytes)
    part = Part(_atomic(inter), _map("events", fields), events)
    return import_table(out, toys, part, reading, seed, on_fault, on_bytes, "recbole", notes)


def read_atomic(file: Path, on_fault: OnFault, on_bytes: Callable[[int], None]) -> Iterator[Row]:
    """Rows of an atomic file by the names of its columns; a sequence is a list of its parts."""
    header: _Header | None = None
    for line in read_lines(file, None, on_bytes):
        text = line.text.rstrip("\r\n")
        if header is None:
            header = _parse_header(file, line)
            continue
        if not text:
            continue  # a blank line holds nothing to lose
        fields = text.split("\t")
        where = f"{file}, line {line.number}"
        if len(fields) != len(header.names):
            on_fault(f"{where}: must have {len(header.names)} fields, as the header has. Got {len(fields)}.")
            continue
        fault = undecoded(file, [line], zip(header.names, fields, strict=True)) or next(
            (
                f"{where}, column {name!r}: {fault}"
                for name, kind, field in zip(header.names, header.types, fields, strict=True)
                if (fault := _fault(kind, field))
            ),
            "",
        )
        if fault:
            on_fault(fault)
            continue
        values: dict[str, Value] = {
            name: field.split() if kind.endswith("_seq") else field
            for name, kind, field in zip(header.names, header.types, fields, strict=True)
        }
        yield Row(f"line {line.number}", line.number, values)


def _header(file: Path) -> _Header:
    line = next(read_lines(file, None, lambda _: None), None)
    if line is None:
        raise DataError(f"{file} is empty; it must hold a header line and rows.")
    return _parse_header(file, line)


def _parse_header(file: Path, line: Line) -> _Header:
    names, types = [], []
    for cell in line.text.rstrip("\r\n").split("\t"):
        name, mark, kind = cell.strip().rpartition(":")
        if not mark or not name or kind not in _TYPES or name in names:
            raise DataError(
                f"{file}, line 1: each column must be named once, as 'name:type' with a type of {', '.join(_TYPES)}. "
                f"Got {cell[:SHOWN]!r}."
            )
        names.append(name)
        types.append(kind)
    return _Header(tuple(names), tuple(types))


def _fault(kind: str, field: str) -> str:
    if len(field) > LONGEST_FIELD:
        return f"must hold at most {LONGEST_FIELD:,} characters. Got {len(field):,}, beginning {field[:SHOWN]!r}."
    numbers = field.split() if kind == "float_seq" else [field] if kind == "float" and field.strip() else []
    for number in numbers:
        try:
            float(number)
        except ValueError:
            return f"must be a number. Got {number[:SHOWN]!r}."
    return ""


def _found(known: dict[str, tuple[str, ...]], names: tuple[str, ...]) -> dict[str, str]:
    """Field → the first of its columns that is there."""
    return {field: column for field, columns in known.items() for column in [_first(columns, names)] if column}


def _first(columns: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    return next((column for column in columns if column in names), None)


def _map(table: str, fields: dict[str, str]) -> ColumnMap:
    return ColumnMap(table, {field: From((column,)) for field, column in fields.items()}, ())


def _atomic(file: Path) -> Table:
    return Table(file, Format.TSV)


def _rows(
    table: Table, needed: Iterable[str], on_fault: OnFault, on_bytes: Callable[[int], None], wanted: Iterable[str]
) -> Iterator[Row]:
    return read_atomic(table.file, on_fault, on_bytes)


def _first_met(
    table: Table, needed: Iterable[str], on_fault: OnFault, on_bytes: Callable[[int], None], wanted: Iterable[str]
) -> Iterator[Row]:
    """The first row of each toy in the events; their faults are told when they are read as events."""
    met: set[str] = set()
    for row in read_atomic(table.file, lambda _: None, lambda _: None):
        toy = row.values["item_id"]
        if isinstance(toy, str) and len(toy.split()) == 1 and toy not in met:
            met.add(toy)
            yield row


def _judged(row: Row, wanted_from: float) -> Row:
    """The row with the kind that its rating means."""
    rating = row.values["rating"]
    if not isinstance(rating, str) or not rating.strip():
        return replace(row, values=row.values | {"kind": ""})
    kind = EventKind.PURCHASE if float(rating) >= wanted_from else EventKind.DISMISS
    return replace(row, values=row.values | {"kind": str(kind)})


def _users(file: Path, on_fault: OnFault, on_bytes: Callable[[int], None]) -> dict[str, object]:
    names = _header(file).names
    check_columns(file, names, ("user_id",), _NEEDED)
    count, met = Count(), set[str]()

    def reject(sentence: str) -> None:
        count.read += 1
        on_fault(sentence)

    for row in read_atomic(file, reject, on_bytes):
        user = row.values["user_id"]
        if not isinstance(user, str) or len(user.split()) != 1 or user in met:
            reject(f"{file}, {row.place}, column 'user_id': must name each shopper once, by an id. Got {user!r}.")
            continue
        met.add(user)
        count.read += 1
        count.kept += 1
    left_out = [name for name in names if name != "user_id"]
    return {"counts": asdict(count) | {"rejected": count.rejected}, "columns_not_kept": left_out}
