"""A shop's own tables (CSV, TSV, JSONL, Parquet) as a dataset: toys, and events where there are any.

Rows stream through one at a time, from the file to Parquet; memory holds ids and digests alone. Every row is kept or
rejected with a sentence; every field that is not understood becomes unknown and is listed in the report of shares.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from data.errors import DataError
from data.importers.mapping import ColumnMap
from data.importers.records import read_rows
from data.importers.rows import Row, Table
from data.importers.sequences import Count
from data.importers.shares import Shares
from data.importers.text import OnFault, raise_fault
from data.importers.toys import FaultyRowError, Reading, RowReader
from data.schema import EventColumn, Toy, ToyColumn
from data.stream import stream_dataset
from data.tables import EVENT_TABLE, toy_row

_BATCH: Final = 8192
RowSource = Callable[[Table, Iterable[str], OnFault, Callable[[int], None], Iterable[str]], Iterator[Row]]
"""What reads the rows of a table, as `read_rows` does."""


@dataclass(frozen=True)
class Part:
    """One file of an import and how its columns are called."""

    table: Table
    map: ColumnMap
    read: RowSource = read_rows

    def rows(self, on_fault: OnFault, on_bytes: Callable[[int], None]) -> Iterator[Row]:
        """Its rows; a faulty one is told."""
        return self.read(self.table, self.map.needed, on_fault, on_bytes, self.map.columns)


@dataclass(frozen=True)
class Imported:
    """The record of the dataset, and what was understood of its sources: `shares` has a table for each part."""

    record: dict[str, Any]  # of `dataset.json`
    shares: dict[str, Shares]
    repeated_titles: int  # titles that more than one toy has


class _Counted:
    """Counts the rows of one part and turns each fault into a sentence with its place."""

    def __init__(self, on_fault: OnFault) -> None:
        self.count = Count()
        self.repeated = 0  # rows that say again what an earlier one said
        self._on_fault = on_fault

    def reject(self, sentence: str) -> None:
        """A row that is left out."""
        self.count.read += 1
        self._on_fault(sentence)


def import_table(
    out: Path,
    toys: Part,
    events: Part | None = None,
    reading: Reading = Reading(),  # noqa: B008 - a frozen value
    seed: int = 0,
    on_fault: OnFault = raise_fault,
    on_bytes: Callable[[int], None] = lambda _: None,
    name: str = "table",
    notes: Mapping[str, Any] | None = None,
) -> Imported:
    """Write the dataset of `toys` and `events` to the folder `out`, in bounded memory, or leave `out` as it was.

    seed: of the permutation that numbers the toys
    on_fault: called with one sentence a faulty row; what it does not raise on is left out
    on_bytes: told how many more bytes have been read
    name, notes: the name of the source, and what else its record shall say

    A toy given twice with the same content is left out the second time; with other content that is a fault. Counts of
    read, kept and rejected rows are in `source.options["counts"]` of the record. Raises DataError.
    """
    parts = [part for part in (toys, events) if part is not None]
    shares = {part.map.table: Shares() for part in parts}
    counted = {part.map.table: _Counted(on_fault) for part in parts}
    known: dict[str, tuple[bytes, str]] = {}
    titles: Counter[bytes] = Counter()
    kinds: Counter[str] = Counter()
    undated = 0
    with stream_dataset(out, seed) as stream:
        reader = RowReader(toys.map, reading, shares["toys"])
        for toy in _toys(toys, reader, counted["toys"], on_bytes, known):
            titles[_digest(toy.title)[:8]] += 1
            stream.add_toys([toy])
        if not known:
            raise DataError(
                f"{toys.table.file}: none of its {counted['toys'].count.read} rows is a toy; nothing to import."
            )
        if events is not None:
            reader = RowReader(events.map, reading, shares["events"])
            rows = _events(events, reader, counted["events"], on_bytes, known)
            while batch := list(itertools.islice(rows, _BATCH)):
                stream.add_events(pa.Table.from_pylist(batch, schema=EVENT_TABLE))
                undated += sum(event[EventColumn.TIME] is None for event in batch)
                kinds.update(event[EventColumn.KIND] for event in batch)
        options = {
            "files": [part.table.file.name for part in parts],
            "maps": {
                part.map.table: {field: str(source) for field, source in part.map.fields.items()} for part in parts
            },
            "counts": {part: asdict(one.count) | {"rejected": one.count.rejected} for part, one in counted.items()},
            "kinds": dict(kinds),
            "repeated": counted["toys"].repeated,
            "undated": undated,
        } | dict(notes or {})
        record = stream.finish(name, options)
    return Imported(record, shares, sum(count > 1 for count in titles.values()))


def first_rows(
    toys: Part,
    events: Part | None = None,
    reading: Reading = Reading(),  # noqa: B008 - a frozen value
    rows: int = 5,
    on_fault: OnFault = raise_fault,
) -> dict[str, list[dict[str, Any]]]:
    """The first toys and events as they would be kept: what a dry run shows. An event's toy may be any."""
    counted = _Counted(on_fault)
    reader = RowReader(toys.map, reading, Shares())
    found = {"toys": list(itertools.islice(map(toy_row, _toys(toys, reader, counted, lambda _: None, {})), rows))}
    if events is not None:
        reader = RowReader(events.map, reading, Shares())
        found["events"] = list(itertools.islice(_events(events, reader, counted, lambda _: None, None), rows))
    return found


def _toys(
    part: Part,
    reader: RowReader,
    counted: _Counted,
    on_bytes: Callable[[int], None],
    known: dict[str, tuple[bytes, str]],
) -> Iterator[Toy]:
    """Toys, each id once; `known` gets the digest of its content and its place."""
    file, count = part.table.file, counted.count
    for row in part.rows(counted.reject, on_bytes):
        try:
            toy = reader.toy(row)
        except FaultyRowError as error:
            counted.reject(f"{file}, {row.place}, {error}")
            continue
        content = _digest(repr(toy))
        first = known.get(toy.id)
        if first is None:
            known[toy.id] = (content, row.place)
            count.read += 1
            count.kept += 1
            yield toy
        elif first[0] == content:
            count.read += 1
            counted.repeated += 1
        else:
            counted.reject(
                f"{file}, {row.place}, column '{reader.map.fields[ToyColumn.ID]}': must give each toy one content. "
                f"Got toy {toy.id!r} again with another one than in {first[1]}; remove one of the two."
            )


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _events(
    part: Part,
    reader: RowReader,
    counted: _Counted,
    on_bytes: Callable[[int], None],
    known: Container[str] | None,
) -> Iterator[dict[str, Any]]:
    file = part.table.file
    for row in part.rows(counted.reject, on_bytes):
        try:
            event = reader.event(row)
        except FaultyRowError as error:
            counted.reject(f"{file}, {row.place}, {error}")
            continue
        if known is not None and event[EventColumn.TOY] not in known:
            counted.reject(
                f"{file}, {row.place}, column '{reader.map.fields[EventColumn.TOY]}': must be a toy of the toy table. "
                f"Got {event[EventColumn.TOY]!r}."
            )
            continue
        counted.count.read += 1
        counted.count.kept += 1
        yield event
