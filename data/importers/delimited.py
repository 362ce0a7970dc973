"""Rows of CSV and TSV files with any separator: memory holds a row, not a file."""

from __future__ import annotations

import csv
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from data.errors import DataError, parameter_error
from data.importers.lines import Line, read_lines
from data.importers.rows import LONGEST_FIELD, SHOWN, Format, Row, Table, check_columns, undecoded
from data.importers.text import OnFault

_SEPARATORS: Final = ",;\t|"


def read_delimited(
    table: Table, needed: tuple[str, ...], on_fault: OnFault, on_bytes: Callable[[int], None]
) -> Iterator[Row]:
    """Rows of a file with a header line, as `read_rows` gives them."""
    file, lines = table.file, read_lines(table.file, table.encoding, on_bytes)
    first = next(lines, None)
    if first is None or not first.text.strip():
        raise DataError(f"{file} is empty; it must hold a header line and rows.")
    delimiter = table.delimiter or ("\t" if table.found_format is Format.TSV else _separator(first.text))
    if len(delimiter) != 1:
        raise parameter_error("--delimiter", "data import table", "one character", delimiter)
    source = _Lines(itertools.chain([first], lines))
    record = source.record
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        record.clear()
        try:
            # The limit belongs to the whole process, so it is set only while a row is read.
            before = csv.field_size_limit(LONGEST_FIELD)
            try:
                fields = next(reader)
            finally:
                csv.field_size_limit(before)
        except StopIteration:
            return
        except csv.Error as error:
            if header is None:
                raise DataError(f"{file}, line 1: cannot be read as a header: {error}.") from error
            on_fault(_csv_fault(file, record, delimiter, header, error))
            source.give_back()
            continue
        if header is None:
            header = [name.strip() for name in fields]
            if bad := undecoded(file, record, zip(header, header, strict=True)):
                raise DataError(bad)
            repeated = {name for name in header if header.count(name) > 1 and name in needed}
            if repeated:
                raise DataError(f"{file}, line 1: the header must name column {min(repeated)!r} once.")
            check_columns(file, header, needed)
            continue
        if not fields:
            continue  # a blank line holds nothing to lose
        place = f"line {record[0].number}"
        if len(fields) != len(header):
            on_fault(f"{file}, {place}: must have {len(header)} fields, as the header has. Got {len(fields)}.")
            continue
        if bad := undecoded(file, record, zip(header, fields, strict=True)):
            on_fault(bad)
            continue
        yield Row(place, record[0].number, dict(zip(header, fields, strict=True)))


class _Lines:
    """The texts of lines, for the reader of fields; `record` holds the lines of the row that it is reading.

    A quotation mark that is never closed takes in all the rows after it, so these can be given back: one faulty row
    must not cost the others.
    """

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self.record: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.record.append(line)
        return line.text

    def give_back(self) -> None:
        """Read again what follows the first line of the row."""
        self._again.extendleft(reversed(self.record[1:]))


def _separator(header: str) -> str:
    """The likeliest separator of a header line: the one that stands in it most often."""
    return max(_SEPARATORS, key=header.count)


def _csv_fault(file: Path, record: list[Line], delimiter: str, header: list[str], error: csv.Error) -> str:
    """What is wrong with a record that the reader refused: which line, which column, how it begins."""
    where = f"line {record[0].number}"
    text = "".join(line.text for line in record)
    before = csv.field_size_limit(len(text) + 1)
    try:
        fields = [
            field for fields in csv.reader(text.splitlines(keepends=True), delimiter=delimiter) for field in fields
        ]
    except csv.Error:
        fields = []
    finally:
        csv.field_size_limit(before)
    if fields and len(longest := max(fields, key=len)) > LONGEST_FIELD:
        place = fields.index(longest)
        column = header[place] if place < len(header) else f"number {place + 1}"
        return (
            f"{file}, {where}, column {column!r}: must hold at most {LONGEST_FIELD:,} characters. "
            f"Got {len(longest):,}, beginning {longest[:SHOWN]!r}; is a quotation mark not closed?"
        )
    return (
        f"{file}, {where}: cannot be read as fields separated by {delimiter!r}: {error}. "
        f"It begins {text[:SHOWN]!r}; close every quotation mark and double those inside a field."
    )
