"""A dataset: toys and events in two Parquet files and a small JSON record beside them.

Layout on disk: `toys.parquet` (row i is toy index i + 1), `events.parquet` (in each shopper's given order),
`dataset.json` (format version, source, seed, counts, digest).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import atomic_file, atomic_folder
from data.errors import DataError, UnfitError
from data.ids import ToyIndex
from data.schema import Event, EventColumn, Toy, ToyColumn
from data.tables import EVENT_TABLE, TOY_TABLE, event_row, to_table, toy_from_row, toy_row
from data.validate.ages import AGE_CHECKS
from data.validate.check import Tables
from data.validate.refuse import first_error
from data.validate.toys import TOY_CHECKS

FORMAT: Final = 1
MAX_SEED: Final = 2**31 - 1
LONGEST_LICENCE: Final = 300
FILES: Final = ("toys.parquet", "events.parquet")
RECORD: Final = "dataset.json"


@dataclass(frozen=True)
class Source:
    """Where a dataset came from, how it was numbered, and on what terms it was given, where somebody stated them."""

    name: str
    seed: int
    options: dict[str, Any] = field(default_factory=dict)
    licence: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a licence that is no line of text."""
        said = self.licence
        if said is not None and not (
            isinstance(said, str) and said.strip() and len(said) <= LONGEST_LICENCE and said.isprintable()
        ):
            raise ValueError(f"'licence' must be one line of 1 to {LONGEST_LICENCE} characters. Got {said!r:.80}")


@dataclass(frozen=True)
class Dataset:
    """Toys and events. `toys` row i has index i + 1; `events` keeps each shopper's given order."""

    toys: pa.Table  # schema TOY_TABLE
    events: pa.Table  # schema EVENT_TABLE
    source: Source
    saved_digest: str | None = None  # of the files it was read from

    @cached_property
    def index(self) -> ToyIndex:
        """The id map of the toys."""
        return ToyIndex(self.toys[ToyColumn.ID].to_pylist())

    @cached_property
    def digest(self) -> str:
        """SHA-256 over both tables as Parquet: what `save_dataset` writes is what is digested."""
        if self.saved_digest is not None:
            return self.saved_digest
        digest = hashlib.sha256()
        for table in (self.toys, self.events):
            sink = pa.BufferOutputStream()
            _write_table(table, sink)
            digest.update(memoryview(sink.getvalue()))
        return digest.hexdigest()

    def toy_rows(self) -> list[Toy]:
        """Every toy as a `Toy`, in index order."""
        return [toy_from_row(row) for row in self.toys.to_pylist()]

    def events_frame(self) -> pd.DataFrame:
        """Events as a data frame with columns of `EventColumn` and `toy_index` (int32, from 1)."""
        frame: pd.DataFrame = self.events.to_pandas()
        frame["toy_index"] = (
            frame[EventColumn.TOY].map({t: i for i, t in enumerate(self.index.ids, 1)}).astype(np.int32)
        )
        return frame


def build_dataset(toys: Iterable[Toy], events: pa.Table | Iterable[Event], source: Source) -> Dataset:
    """A dataset with its toys numbered by a permutation seeded with `source.seed`.

    A source's own numbering can leak labels (it often follows first appearance), so it is never kept. The
    permutation sorts by a seeded hash of the id: it depends on the ids and the seed alone, not on the source's order.

    Raises DataError, naming row, id and column, for a value that its column cannot hold and for a toy with an error of
    `data.validate` (a negative price, say, or an id given twice); for events of unknown toys too.
    """
    if not 0 <= source.seed <= MAX_SEED:
        raise DataError(f"The seed of a dataset must be an int in [0, {MAX_SEED}]. Got {source.seed} instead.")
    rows = [toy_row(toy) for toy in toys]
    if not rows:
        raise DataError("The 'toys' parameter of build_dataset must hold at least one toy. Got none.")
    unsorted = to_table(rows, TOY_TABLE, "toys", ToyColumn.ID)
    if not isinstance(events, pa.Table):
        events = to_table([event_row(event) for event in events], EVENT_TABLE, "events", EventColumn.ID)
    if error := first_error(Tables(unsorted, events), [*TOY_CHECKS, *AGE_CHECKS]):
        raise DataError(f"The dataset cannot be built: {error}")
    order = sorted(range(len(rows)), key=lambda place: seeded_key(rows[place][ToyColumn.ID], source.seed))
    dataset = Dataset(unsorted.take(order), events.cast(EVENT_TABLE), source)
    unknown = set(dataset.events[EventColumn.TOY].unique().to_pylist()) - set(dataset.index.ids)
    if unknown:
        raise DataError(
            f"Events name {len(unknown)} toys that the toy table does not hold, for example {min(unknown)!r}."
        )
    return dataset


def seeded_key(text: str, seed: int) -> bytes:
    """A 16-byte hash of `text` under `seed`: the house's one way to break ties and to permute."""
    return hashlib.blake2b(text.encode(), digest_size=16, key=str(seed).encode()).digest()


def save_dataset(dataset: Dataset, folder: Path) -> None:
    """Write `dataset` to `folder`, whole or not at all, in the place of what was there."""
    shoppers = len(dataset.events[EventColumn.SHOPPER].unique())
    with atomic_folder(folder) as temporary:
        for name, table in zip(FILES, (dataset.toys, dataset.events), strict=True):
            _write_table(table, temporary / name)
        write_record(
            temporary, dataset.source, dataset.toys.num_rows, dataset.events.num_rows, shoppers, dataset.digest
        )


def write_record(folder: Path, source: Source, toys: int, events: int, shoppers: int, digest: str) -> dict[str, Any]:
    """Write `dataset.json` into `folder` and give back what it holds."""
    said = asdict(source)
    if source.licence is None:
        del said["licence"]  # so that an older toyguide reads the record
    record = {
        "format": FORMAT,
        "source": said,
        "toys": toys,
        "events": events,
        "shoppers": shoppers,
        "digest": digest,
    }
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def state_licence(folder: Path, licence: str) -> None:
    """Write into the record of the dataset in `folder` on what terms it was given; the digest stays as it is.

    Raises DataError if there is no dataset, ValueError if `licence` is not one line of text.
    """
    record, source = _read_record(folder)
    stated = replace(source, licence=licence)
    with atomic_file(folder / RECORD) as temporary:
        temporary.write_text(json.dumps({**record, "source": asdict(stated)}, indent=2) + "\n", encoding="utf-8")


def files_digest(folder: Path) -> str:
    """SHA-256 over both Parquet files of `folder`: equal to `Dataset.digest` of what they hold."""
    found = hashlib.sha256()
    for name in FILES:
        with (folder / name).open("rb") as stream:
            while block := stream.read(1 << 20):
                found.update(block)
    return found.hexdigest()


def load_dataset(folder: Path) -> Dataset:
    """Read a dataset and check it against its record.

    Raises DataError if a file is missing, of another format, or not what `dataset.json` says. What its rows say is not
    looked at: see `load_fit_dataset`.
    """
    record, source = _read_record(folder)
    tables = [_read_table(folder / name, schema) for name, schema in zip(FILES, (TOY_TABLE, EVENT_TABLE), strict=True)]
    _check_digest(folder, record["digest"])
    return Dataset(tables[0], tables[1], source, record["digest"])


def load_toys(folder: Path) -> Dataset:
    """A dataset without its events, for what reads those from disk; both files are checked as `load_dataset` does."""
    record, source = _read_record(folder)
    toys = _read_table(folder / FILES[0], TOY_TABLE)
    _check_there(folder / FILES[1])
    _check_digest(folder, record["digest"])
    return Dataset(toys, EVENT_TABLE.empty_table(), source, record["digest"])


def _read_record(folder: Path) -> tuple[dict[str, Any], Source]:
    """(what `dataset.json` holds, its source). Raises DataError if there is none, or of another format."""
    file = folder / RECORD
    if not file.is_file():
        raise DataError(
            f"{folder} is not a dataset: it has no {RECORD}. "
            "Make one with 'toyguide data simulate' or 'toyguide data import'."
        )
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        source = Source(**record["source"])
        _ = record["digest"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{file} cannot be read as a dataset record: {error}.") from error
    if record.get("format") != FORMAT:
        raise DataError(
            f"{file}: field 'format' must be {FORMAT}. Got {record.get('format')!r}. Import the source again."
        )
    return record, source


def _check_digest(folder: Path, digest: str) -> None:
    if files_digest(folder) != digest:
        raise DataError(
            f"{folder}: the tables do not match the digest in dataset.json; the files were changed. "
            "Import the source again."
        )


def load_fit_dataset(folder: Path) -> Dataset:
    """Read a dataset that is to be learned from or judged on.

    Raises DataError as `load_dataset` does, and UnfitError, naming table, row and column, if a row has an error of
    `data.validate`.
    """
    dataset = load_dataset(folder)
    if error := first_error(Tables(dataset.toys, dataset.events)):
        raise UnfitError(
            f"{folder} must not be learned from: {error} 'toyguide data validate {folder}' lists all such rows."
        )
    return dataset


def _write_table(table: pa.Table, where: Path | pa.NativeFile) -> None:
    pq.write_table(table.combine_chunks(), where, compression="zstd")


def _check_there(file: Path) -> None:
    if not file.is_file():
        raise DataError(f"{file} is missing; the dataset is not whole. Import the source again.")


def _read_table(file: Path, schema: pa.Schema) -> pa.Table:
    _check_there(file)
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split()).rstrip(".")  # pyarrow's may have several lines
        raise DataError(f"{file} cannot be read as Parquet: {reason}.") from error
    if not table.schema.equals(schema):
        raise DataError(f"{file} must have the columns {schema.names}. Got {table.schema.names}.")
    # Parquet calls a list's field 'element', the schema 'item': cast, or the next write would be other bytes.
    return table.cast(schema)
