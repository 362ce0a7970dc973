"""Rows of CSV, TSV, JSONL and Parquet files, plain or gzipped, one at a time: memory holds a row or a batch of them.

A faulty row is told in one sentence and left out; a file that is cut short, empty or without a needed column is a
DataError at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from data.errors import DataError
from data.importers.delimited import read_delimited
from data.importers.lines import read_lines
from data.importers.rows import SHOWN, Format, Row, Table, as_value, check_columns, too_long, undecoded
from data.importers.text import OnFault


def read_rows(
    table: Table,
    needed: Iterable[str],
    on_fault: OnFault,
    on_bytes: Callable[[int], None],
    wanted: Iterable[str] = (),
) -> Iterator[Row]:
    """Every good row of `table`.

    needed: the columns that a mapping names; DataError if the file has not each of them (for JSONL, where columns may
        come and go: if no row has it)
    on_fault: told of each faulty row once
    on_bytes: told how many more bytes of the file have been read
    wanted: columns to read where they are there
    """
    match table.found_format:
        case Format.PARQUET:
            return _parquet(table.file, tuple(needed), tuple(wanted), on_fault, on_bytes)
        case Format.JSONL:
            return _jsonl(table, tuple(needed), on_fault, on_bytes)
        case _:
            return read_delimited(table, tuple(needed), on_fault, on_bytes)


def _jsonl(table: Table, needed: tuple[str, ...], on_fault: OnFault, on_bytes: Callable[[int], None]) -> Iterator[Row]:
    file, seen, rows = table.file, dict[str, None](), 0
    for line in read_lines(file, table.encoding, on_bytes):
        if not line.text.strip():
            continue
        rows += 1
        place = f"{file}, line {line.number}"
        try:
            content = json.loads(line.text, parse_int=str, parse_float=str, parse_constant=lambda _: None)
        except json.JSONDecodeError as error:
            on_fault(
                f"{place}: must be a JSON object. Got a fault at column {error.colno} ({error.msg}): "
                f"{line.text[max(0, error.pos - 20) : error.pos + 20].strip()!r}."
            )
            continue
        except RecursionError:
            on_fault(f"{place}: must be a JSON object. Got lists or objects too deep inside one another.")
            continue
        if not isinstance(content, dict):
            on_fault(f"{place}: must be a JSON object. Got {line.text[:SHOWN].strip()!r}.")
            continue
        seen.update(dict.fromkeys(content))
        values = {name: as_value(value) for name, value in content.items() if value is not None}
        if bad := undecoded(file, [line], values.items()) or too_long(place, values):
            on_fault(bad)
            continue
        yield Row(f"line {line.number}", line.number, values)
    if not rows:
        raise DataError(f"{file} is empty; it must hold a JSON object a line.")
    check_columns(file, seen, needed)


def _parquet(
    file: Path,
    needed: tuple[str, ...],
    wanted: tuple[str, ...],
    on_fault: OnFault,
    on_bytes: Callable[[int], None],
) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as source:
            check_columns(file, source.schema_arrow.names, needed)
            columns = [name for name in source.schema_arrow.names if name in {*needed, *wanted}]
            number, share = 0, file.stat().st_size / max(1, source.metadata.num_rows)
            for batch in source.iter_batches(4096, columns=columns):
                for content in batch.to_pylist():
                    number += 1
                    values = {name: as_value(value) for name, value in content.items() if value is not None}
                    if bad := too_long(f"{file}, row {number}", values):
                        on_fault(bad)
                        continue
                    yield Row(f"row {number}", number, values)
                on_bytes(round(share * batch.num_rows))
    except FileNotFoundError as error:
        raise DataError(f"{file} does not exist; give the path of a file.") from error
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # damaged text or times among them
        raise DataError(f"{file} cannot be read as Parquet: {str(error).rstrip('.')}.") from error
