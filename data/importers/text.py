"""Text files read whole, with faults that name the line: what every importer of small files shares."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from data.errors import DataError

OnFault = Callable[[str], None]
"""Told of a faulty row in one sentence: `raise_fault` stops there; if it returns, the row is left out."""


def raise_fault(sentence: str) -> None:
    """Stop at the first faulty row."""
    raise DataError(sentence)


def shortened(value: str, most: int = 60) -> str:
    """`value` in quotes, cut where it is long: a file that is no text has lines of megabytes."""
    return repr(value if len(value) <= most else value[: most - 1] + "…")


def read_text(file: Path) -> str:
    """The whole of a UTF-8 file, without a byte order mark.

    Raises DataError if it is missing, empty or not UTF-8 (naming the line).
    """
    try:
        raw = file.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{file} does not exist; give the path of a file.") from error
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}.") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{file}, line {line}: must be UTF-8 text. Got the byte 0x{raw[error.start]:02x}; "
            "convert the file to UTF-8 first."
        ) from error
    if not text.strip():
        raise DataError(f"{file} is empty; it must hold at least one line.")
    return text


def read_columns(file: Path, columns: tuple[str, ...], on_fault: OnFault) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) of a tab-separated file with a header; a field may be in double quotes.

    Raises DataError if one of `columns` is missing; a row with too few or too many fields is a fault.
    """
    reader = csv.reader(io.StringIO(read_text(file), newline=""), delimiter="\t", strict=True)
    try:
        header = next(reader)
        missing = [name for name in columns if name not in header]
        if missing:
            raise DataError(
                f"{file}, line 1: the header must name the tab-separated columns {', '.join(columns)}. "
                f"Got {shortened(', '.join(header))}; {missing[0]!r} is missing."
            )
        for fields in reader:
            if not fields:
                continue
            if len(fields) == len(header):
                yield reader.line_num, dict(zip(header, fields, strict=True))
            else:
                on_fault(
                    f"{file}, line {reader.line_num}: must have {len(header)} tab-separated fields, "
                    f"as the header has. Got {len(fields)}."
                )
    except csv.Error as error:
        raise DataError(f"{file}, line {reader.line_num}: cannot be read as tab-separated text: {error}.") from error
