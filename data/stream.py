"""Datasets larger than memory: toys and events go to Parquet a batch at a time, with the digest `save_dataset` gives.

Events keep the order in which they come. Toys wait in a file beside until all are there; DuckDB then sorts them by the
house's seeded hash, on disk where memory does not suffice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import atomic_folder
from data.dataset import FILES, Source, files_digest, seeded_key, write_record
from data.errors import DataError
from data.schema import EventColumn, Toy, ToyColumn
from data.tables import EVENT_TABLE, TOY_TABLE, toy_row

GROUP_ROWS: Final = 1 << 20
"""Rows in a Parquet row group: what pyarrow takes when it writes a whole table, so that the bytes are the same."""

_TOYS_AT_ONCE: Final = 4096
_UNSORTED_GROUP: Final = 1 << 15  # of toys that wait: their descriptions are long, and no digest depends on it
_MEMORY: Final = "512MB"
_KEY: Final = "key"
_PARQUET: Final = "read_parquet(?, hive_partitioning = false)"  # a folder called "shop=1" is no column


class GroupWriter:
    """A Parquet file written in row groups of `group_rows` (`GROUP_ROWS`), however small the batches that come."""

    def __init__(self, file: Path, schema: pa.Schema, group_rows: int | None = None) -> None:
        self._schema = schema
        self._group_rows = group_rows or GROUP_ROWS
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._held = 0
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Take the rows of `table`, in order."""
        self.rows += table.num_rows
        while table.num_rows:
            part = table.slice(0, self._group_rows - self._held)
            self._waiting.append(part)
            self._held += part.num_rows
            table = table.slice(part.num_rows)
            if self._held == self._group_rows:
                self._flush()

    def close(self) -> None:
        """Write what waits, and the end of the file."""
        if self._held or not self.rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        group = pa.concat_tables([self._schema.empty_table(), *self._waiting]).combine_chunks()
        self._waiting, self._held = [], 0  # before it is written: both copies together are the peak
        self._writer.write_table(group, row_group_size=self._group_rows)


class DatasetStream:
    """What `stream_dataset` yields: takes toys and events, then `finish`es into a dataset."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._events = GroupWriter(folder / FILES[1], EVENT_TABLE)
        self._key_schema = TOY_TABLE.append(pa.field(_KEY, pa.binary(16), nullable=False))
        self._toys = GroupWriter(folder / "unsorted.parquet", self._key_schema, _UNSORTED_GROUP)
        self._rows: list[dict[str, Any]] = []
        self._finished = False

    def add_toys(self, toys: Iterable[Toy]) -> None:
        """Take toys in any order; each id once, which is the caller's to see to."""
        for toy in toys:
            row = toy_row(toy)
            row[_KEY] = seeded_key(toy.id, self._seed)
            self._rows.append(row)
            if len(self._rows) == _TOYS_AT_ONCE:
                self._flush_toys()

    def add_events(self, events: pa.Table) -> None:
        """Take rows of `EVENT_TABLE`, in each shopper's given order."""
        self._events.write(events)

    def finish(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        """Sort the toys, write the record and give it back. Every toy of an event must have been added."""
        self._flush_toys()
        self._toys.close()
        self._events.close()
        unsorted = self._folder / "unsorted.parquet"
        spill = self._folder / "spill"
        sorted_toys = GroupWriter(self._folder / FILES[0], TOY_TABLE)
        with duckdb_beside(spill) as database:
            reader = database.sql(
                f"SELECT * EXCLUDE ({_KEY}) FROM {_PARQUET} ORDER BY {_KEY}", params=[one_file(unsorted)]
            ).to_arrow_reader(_TOYS_AT_ONCE)
            for batch in reader:
                sorted_toys.write(pa.Table.from_batches([batch]).cast(TOY_TABLE))
            sorted_toys.close()
            events = one_file(self._folder / FILES[1])
            shoppers = _one(database, f"SELECT count(DISTINCT {EventColumn.SHOPPER}) FROM {_PARQUET}", [events])
            orphan = _one(
                database,
                f"SELECT min({EventColumn.TOY}) FROM {_PARQUET} "
                f"WHERE {EventColumn.TOY} NOT IN (SELECT {ToyColumn.ID} FROM {_PARQUET})",
                [events, one_file(self._folder / FILES[0])],
            )
        if orphan is not None:
            raise DataError(f"Events name toys that the toy table does not hold, for example {orphan!r}.")
        unsorted.unlink()
        if spill.exists():
            spill.rmdir()
        self._finished = True
        source = Source(name, self._seed, options)
        return write_record(
            self._folder, source, sorted_toys.rows, self._events.rows, int(shoppers), files_digest(self._folder)
        )

    def _flush_toys(self) -> None:
        if self._rows:
            self._toys.write(pa.Table.from_pylist(self._rows, schema=self._key_schema))
            self._rows = []

    def check_finished(self) -> None:
        """Raise RuntimeError unless `finish` was called: without a record the folder is no dataset."""
        if not self._finished:
            raise RuntimeError("A dataset stream must be finished before its folder takes its place.")


@contextmanager
def stream_dataset(folder: Path, seed: int) -> Iterator[DatasetStream]:
    """Yield a stream; when the block ends, what it holds stands in `folder` whole, or nothing of it does.

    Raises ToyGuideError if the folder cannot be written, a full disk among other reasons.
    """
    with atomic_folder(folder) as temporary:
        stream = DatasetStream(temporary, seed)
        yield stream
        stream.check_finished()


@contextmanager
def duckdb_beside(spill: Path) -> Iterator[Any]:
    """A database of at most `_MEMORY`, with the rest in the folder `spill`; what it cannot do is an OSError."""
    import duckdb

    database = duckdb.connect(
        config={"memory_limit": _MEMORY, "temp_directory": str(spill), "threads": 2, "preserve_insertion_order": True}
    )
    try:
        yield database
    except duckdb.Error as error:  # a full disk among them: it tells so in a class of its own
        raise OSError(str(error)) from error
    finally:
        database.close()


def one_file(file: Path) -> str:
    """A file as DuckDB is told of it: it takes names for patterns, and would read "shop 1" for "shop [1]"."""
    return escape(str(file))


def _one(database: Any, query: str, values: list[str]) -> Any:
    return database.execute(query, values).fetchone()[0]
