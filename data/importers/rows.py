"""What a row of a table is, whatever file it comes from, and what every reader of rows checks."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from data.errors import DataError
from data.importers.lines import Line

Value = str | list[str]
LONGEST_FIELD: Final = 1 << 20
"""Characters in one field; more is most often a quotation mark that is never closed."""

SHOWN: Final = 60
"""Characters of a faulty value that an error shows."""


class Format(StrEnum):
    """How a file holds its rows."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Row:
    """One row and where it stands: `place` reads like `line 7` or `row 7`, `number` is that number."""

    place: str
    number: int
    values: dict[str, Value]


@dataclass(frozen=True)
class Table:
    """A file of rows and how to read it; None finds out by the file itself."""

    file: Path
    format: Format | None = None
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def found_format(self) -> Format:
        """The format given, or the one that the file's name ends with."""
        if self.format is not None:
            return self.format
        suffixes = [suffix.lower() for suffix in self.file.suffixes if suffix.lower() != ".gz"]
        known = {".txt": Format.CSV, ".ndjson": Format.JSONL, ".json": Format.JSONL, ".pq": Format.PARQUET}
        known |= {f".{format_}": format_ for format_ in Format}
        if suffixes and suffixes[-1] in known:
            return known[suffixes[-1]]
        raise DataError(
            f"{self.file}: its name must end with .csv, .tsv, .jsonl or .parquet (or with .gz after it), "
            "or --format must say what it is."
        )


def check_columns(
    file: Path,
    columns: Iterable[str],
    needed: Iterable[str],
    why: str = "from which a field is to come (see --map and --map-events)",
) -> None:
    """Raise DataError if one of `needed` is not among `columns`; `why` says who needs it."""
    columns = list(columns)
    for name in needed:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1, 0.5)
            raise DataError(
                f"{file} has no column {name!r}, {why}. Its columns are {', '.join(columns)}."
                + (f" Is {near[0]!r} meant?" if near else "")
            )


def as_value(value: Any) -> Value:
    """A value of JSON or Parquet as text, or as a list of texts; what is nested deeper becomes JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        flat = [item for item in value if item is not None]
        if all(isinstance(item, str) for item in flat):
            return flat
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value != value else value.isoformat() if hasattr(value, "isoformat") else str(value)


def too_long(place: str, values: dict[str, Value]) -> str:
    """One sentence if a field is longer than any should be, else ""."""
    for column, value in values.items():
        if len(value) > LONGEST_FIELD:
            return (
                f"{place}, column {column!r}: must hold at most {LONGEST_FIELD:,} characters. "
                f"Got {len(value):,}, beginning {str(value[:SHOWN])!r}."
            )
    return ""


def undecoded(file: Path, record: list[Line], fields: Iterable[tuple[str, Value]]) -> str:
    """One sentence if a field holds what is no text: bytes of another encoding, kept as surrogates."""
    for column, value in fields:
        text = value if isinstance(value, str) else "".join(value)
        if text.isascii():
            continue
        try:
            text.encode()
        except UnicodeEncodeError as error:
            named = "" if _garbled(column) else f", column {column!r}"  # the name may be what is no text
            where = f"{file}, line {record[0].number}{named}"
            got = ord(text[error.start])
            shown = text[max(0, error.start - 20) : error.start + 20].encode(errors="replace").decode()
            if not 0xDC80 <= got <= 0xDCFF or record[0].encoding is None:
                return f"{where}: must be text. Got half a character, {got:#06x}, in {shown!r}."
            offset = next((line.start + at for line in record if (at := line.bad_byte()) is not None), record[0].start)
            return (
                f"{where}: must be {record[0].encoding} text. Got the byte {got - 0xDC00:#04x} "
                f"(byte {offset:,} of the file) in {shown!r}; give --encoding if all of the file is in another one, "
                "such as gb18030 for Chinese or cp1252 for Western Europe."
            )
    return ""


def _garbled(text: str) -> bool:
    return any(0xD800 <= ord(char) <= 0xDFFF for char in text)
