"""`toyguide data import kiosk`: what kiosks exported, joined to the toys of a dataset.

An export is NDJSON: a head with the store's name, events, lists that were shown, recalls, an end with counts. A file
without the first or the last is none, or is cut short. A faulty line is told in one sentence and left out.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from data.dataset import Dataset, Source
from data.errors import DataError
from data.importers.fields import (
    FaultyLineError,
    int_or_none,
    moment_of,
    number_of,
    short,
    sum_or_none,
    text_of,
    text_or_none,
    texts_of,
)
from data.importers.json_rows import read_json_rows
from data.importers.sequences import Count
from data.importers.text import OnFault, raise_fault
from data.schema import EventColumn, EventKind
from data.tables import EVENT_TABLE

FORMAT: Final = 1
_MONTHS: Final = 1440
SHOWN_TABLE: Final = pa.schema(
    [
        pa.field("recommendation_id", pa.string(), nullable=False),
        pa.field("position", pa.int16(), nullable=False),  # from 1
        pa.field("toy_id", pa.string(), nullable=False),
        pa.field("score", pa.float32(), nullable=False),
        pa.field("propensity", pa.float32(), nullable=False),
        pa.field("pinned", pa.bool_(), nullable=False),
        pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("store_id", pa.string(), nullable=False),
        pa.field("session_id", pa.string()),
        pa.field("shopper_id", pa.string()),
        pa.field("recipient_age", pa.int16()),
        pa.field("youngest_age", pa.int16()),
        pa.field("occasion", pa.string()),
        pa.field("purpose", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("interests", pa.list_(pa.string())),  # null: not noted, as by kiosks of before
        pa.field("budget", pa.float64()),  # a round sum; null: none, or another
        pa.field("kinds", pa.list_(pa.string()), nullable=False),  # of the events that quote this list and this toy
        pa.field("quoted_by", pa.list_(pa.string()), nullable=False),  # their ids, in the same order
    ]
)
"""A row for each toy of each list."""
RECALL_TABLE: Final = pa.schema(
    [
        pa.field("store_id", pa.string(), nullable=False),
        pa.field("by", pa.string(), nullable=False),  # toy_id or barcode
        pa.field("value", pa.string(), nullable=False),  # a barcode as the kiosk compares them
        pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),  # from then on
    ]
)
"""A row for each recall that was in force when a store's kiosk was exported."""


@dataclass(frozen=True)
class Exported:
    """The dataset, the lists that were shown (`SHOWN_TABLE`), and the recalls (`RECALL_TABLE`)."""

    dataset: Dataset
    shown: pa.Table
    recalls: pa.Table


@dataclass
class _Reader:
    known: frozenset[str]
    on_fault: OnFault
    counts: dict[str, Count] = field(default_factory=lambda: {name: Count() for name in ("events", "lists", "recalls")})
    unknown: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    future: int = 0
    late: int = 0
    met: dict[tuple[str, str], bytes] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    recalls: list[dict[str, Any]] = field(default_factory=list)
    outcomes: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # (kind, event id) of what quotes a store's list and a toy


def import_kiosk(
    files: Sequence[Path],
    toys: Dataset,
    keep_events: bool = False,
    on_fault: OnFault = raise_fault,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Exported:
    """The events of `files` as a dataset with the toys, and the numbering, of `toys`.

    keep_events: the events of `toys` come first
    on_fault: called with one sentence a faulty line; what it does not raise on is left out

    An event given twice with the same content counts once; with other content the second is a fault. An event of a toy
    that `toys` does not hold is a fault too. A time that its kiosk did not believe, of the future or of long before its
    arrival, is replaced with the time of arrival. Raises DataError.
    """
    reader = _Reader(frozenset(toys.index.ids), on_fault)
    stores = [_read(file, reader, on_bytes) for file in files]
    if not reader.events:
        read = reader.counts["events"].read
        raise DataError(
            f"{', '.join(map(str, files))}: none of {read} events can be kept. Is the dataset of another shop?"
            if read
            else f"{', '.join(map(str, files))}: there is no event; nothing to import."
        )
    events = pa.Table.from_pylist(reader.events, schema=EVENT_TABLE)
    options: dict[str, Any] = {
        "files": [file.name for file in files],
        "stores": sorted(set(stores)),
        "counts": {name: asdict(count) | {"rejected": count.rejected} for name, count in reader.counts.items()},
        "repeated": reader.repeated,
        "from_the_future": reader.future,
        "long_before_arrival": reader.late,
        "unknown_toys": dict(reader.unknown.most_common(20)),
        "unknown_events": reader.unknown.total(),
        "toys_of": {"name": toys.source.name, "digest": toys.digest},
        "kept_events": toys.events.num_rows if keep_events else 0,
    }
    if keep_events:
        events = pa.concat_tables([toys.events, events])
    source = Source("kiosk", toys.source.seed, options, toys.source.licence)
    dataset = Dataset(toys.toys, events.combine_chunks(), source)
    for row in reader.shown:
        quoting = reader.outcomes.get((row["store_id"], row["recommendation_id"], row["toy_id"]), [])
        row["kinds"], row["quoted_by"] = [kind for kind, _ in quoting], [event_id for _, event_id in quoting]
    return Exported(
        dataset,
        pa.Table.from_pylist(reader.shown, schema=SHOWN_TABLE),
        pa.Table.from_pylist(reader.recalls, schema=RECALL_TABLE),
    )


def _read(file: Path, reader: _Reader, on_bytes: Callable[[int], None]) -> str:
    """Read one file; returns its store."""
    bad_json = Count()
    rows = read_json_rows(file, bad_json, reader.on_fault, on_bytes)
    store = _head(file, rows)
    said: dict[str, Any] | None = None
    good = 1
    for number, row in rows:
        good += 1
        if said is not None:
            raise DataError(f"{file}, line {number}: must be nothing after the end. Are these two exports in one file?")
        kind = row.get("type")
        if kind == "end":
            said = row
            continue
        read = _READERS.get(str(kind))
        try:
            if read is None:
                reader.counts["events"].read += 1  # nobody knows what it was
                raise FaultyLineError(f"field 'type': must be event, list or recall. Got {short(kind)}.")
            reader.counts[f"{kind}s"].read += 1
            read(row, store, reader)
        except FaultyLineError as error:
            reader.on_fault(f"{file}, line {number}, {error}")
    reader.counts["events"].read += bad_json.read - good  # of such lines neither
    if said is None:
        raise DataError(f"{file}: cut short: its last line must say how many events it holds. Export it again.")
    return store


def _head(file: Path, rows: Iterator[tuple[int, dict[str, Any]]]) -> str:
    number, head = next(rows, (1, {}))
    if number != 1 or head.get("type") != "kiosk":
        raise DataError(f"{file} is not a kiosk's export: its first line must be the head that 'kiosk export' writes.")
    if head.get("format") != FORMAT:
        raise DataError(
            f"{file}, line 1, field 'format': must be {FORMAT}. Got {short(head.get('format'))}. Update toyguide."
        )
    try:
        return text_of(head, "store_id")
    except FaultyLineError as error:
        raise DataError(f"{file}, line 1, {error}") from error


def _event(row: Mapping[str, Any], store: str, reader: _Reader) -> None:
    event_id, toy, kind = text_of(row, "event_id"), text_of(row, "toy_id"), text_of(row, "kind")
    if kind not in list(EventKind):
        raise FaultyLineError(f"field 'kind': must be one of {', '.join(EventKind)}. Got {short(kind)}.")
    session = text_of(row, "session_id")
    text_or_none(row, "recommendation_id")
    time, received = moment_of(row, "time"), moment_of(row, "received")
    skew = int_or_none(row, "skew_ms", -(2**62), 2**62)
    event: dict[str, Any] = {
        EventColumn.ID: event_id,
        EventColumn.SHOPPER: text_or_none(row, "shopper_id") or session,
        EventColumn.SESSION: session,
        EventColumn.TOY: toy,
        EventColumn.KIND: kind,
        EventColumn.TIME: received if skew is not None else time,
        EventColumn.STORE: store,
        EventColumn.RECIPIENT: text_or_none(row, "recipient_id"),
        EventColumn.RECIPIENT_AGE: int_or_none(row, "recipient_age", 0, _MONTHS),
        EventColumn.RECIPIENT_INTERESTS: texts_of(row, "recipient_interests"),
        EventColumn.BUDGET: None,
    }
    if toy not in reader.known:
        reader.unknown[toy] += 1
        raise FaultyLineError(f"field 'toy_id': must be a toy of the dataset. Got {short(toy)}.")
    if _met(reader, store, "event_id", event_id, event):
        return
    reader.future += skew is not None and skew > 0
    reader.late += skew is not None and skew < 0
    reader.counts["events"].kept += 1
    reader.events.append(event)
    if (quoted := row.get("recommendation_id")) is not None:
        reader.outcomes[store, quoted, toy].append((kind, event_id))


def _list(row: Mapping[str, Any], store: str, reader: _Reader) -> None:
    """The toys of a list, also of such as the dataset does not hold: without them it would be another list."""
    toys = row.get("toys")
    if not isinstance(toys, list) or not all(isinstance(toy, dict) for toy in toys):
        raise FaultyLineError(f"field 'toys': must be a list of objects. Got {short(toys)}.")
    whole: dict[str, Any] = {
        "recommendation_id": text_of(row, "recommendation_id"),
        "time": moment_of(row, "time"),
        "model": text_of(row, "model"),
        "store_id": store,
        "session_id": text_or_none(row, "session_id"),
        "shopper_id": text_or_none(row, "shopper_id"),
        "recipient_age": int_or_none(row, "recipient_age", 0, _MONTHS),
        "youngest_age": int_or_none(row, "youngest_age", 0, _MONTHS),
        "occasion": text_or_none(row, "occasion"),
        "purpose": text_of(row, "purpose"),
        "language": text_of(row, "language"),
        "interests": None if row.get("interests") is None else texts_of(row, "interests"),
        "budget": sum_or_none(row, "budget"),
    }
    shown = [
        whole
        | {
            "position": position,
            "toy_id": text_of(toy, "toy_id"),
            "score": number_of(toy, "score"),
            "propensity": number_of(toy, "propensity"),
            "pinned": toy.get("pinned") is True,
        }
        for position, toy in enumerate(toys, start=1)
    ]
    if any(not 0 < each["propensity"] <= 1 for each in shown):
        raise FaultyLineError("field 'propensity': must be > 0 and ≤ 1.")
    if not _met(reader, store, "recommendation_id", whole["recommendation_id"], shown):
        reader.counts["lists"].kept += 1
        reader.shown.extend(shown)


def _recall(row: Mapping[str, Any], store: str, reader: _Reader) -> None:
    """A recall, also of a toy that the dataset does not hold: there may be one with that barcode in another bundle."""
    by = text_of(row, "by")
    if by not in ("toy_id", "barcode"):
        raise FaultyLineError(f"field 'by': must be toy_id or barcode. Got {short(by)}.")
    value, time = text_of(row, "value"), moment_of(row, "added")
    recall = {"store_id": store, "by": by, "value": value, "time": time}
    if not _met(reader, store, by, f"{value} {time}", recall):  # one that was lifted and came again counts twice
        reader.counts["recalls"].kept += 1
        reader.recalls.append(recall)


_READERS: Final = {"event": _event, "list": _list, "recall": _recall}


def _met(reader: _Reader, store: str, name: str, value: str, content: Any) -> bool:
    """Whether this was read before. Raises FaultyLineError if it was and said something else."""
    digest = hashlib.blake2b(repr(content).encode(), digest_size=16).digest()
    before = reader.met.setdefault((store, f"{name}:{value}"), digest)
    if before is digest:
        return False
    if before != digest:
        raise FaultyLineError(f"field '{name}': must be given once. Got {short(value)} again with other content.")
    reader.repeated += 1
    return True
