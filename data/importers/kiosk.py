"""`toyguide data import kiosk`: what kiosks exported, joined to the toys of a dataset.

An export is NDJSON: a head with the store's name, events, lists that were shown, an end with counts. A file without the
first or the last is none, or is cut short. A faulty line is told in one sentence and left out.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from data.dataset import EVENT_TABLE, Dataset, Source
from data.errors import DataError
from data.importers.json_rows import read_json_rows
from data.importers.sequences import Count
from data.importers.text import OnFault, raise_fault
from data.parsing.moment import parse_moment
from data.schema import EventColumn, EventKind

FORMAT: Final = 1
_MONTHS: Final = 1440
_SHOWN: Final = 60
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


@dataclass(frozen=True)
class Exported:
    """The dataset, and the lists that were shown (`SHOWN_TABLE`)."""

    dataset: Dataset
    shown: pa.Table


@dataclass
class _Reader:
    known: frozenset[str]
    on_fault: OnFault
    counts: dict[str, Count] = field(default_factory=lambda: {"events": Count(), "lists": Count()})
    unknown: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    future: int = 0
    late: int = 0
    met: dict[tuple[str, str], bytes] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    outcomes: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # (kind, event id) of what quotes a store's list and a toy


class _FaultyLineError(Exception):
    """What is wrong with a line, without its place."""


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
    return Exported(dataset, pa.Table.from_pylist(reader.shown, schema=SHOWN_TABLE))


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
        count = reader.counts.get(f"{kind}s")
        try:
            if count is None:
                reader.counts["events"].read += 1  # nobody knows what it was
                raise _FaultyLineError(f"field 'type': must be event or list. Got {_short(kind)}.")
            count.read += 1
            if kind == "event":
                _event(row, store, reader)
            else:
                _list(row, store, reader)
        except _FaultyLineError as error:
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
            f"{file}, line 1, field 'format': must be {FORMAT}. Got {_short(head.get('format'))}. Update toyguide."
        )
    try:
        return _text(head, "store_id")
    except _FaultyLineError as error:
        raise DataError(f"{file}, line 1, {error}") from error


def _event(row: Mapping[str, Any], store: str, reader: _Reader) -> None:
    event_id, toy, kind = _text(row, "event_id"), _text(row, "toy_id"), _text(row, "kind")
    if kind not in list(EventKind):
        raise _FaultyLineError(f"field 'kind': must be one of {', '.join(EventKind)}. Got {_short(kind)}.")
    session = _text(row, "session_id")
    _text_or_none(row, "recommendation_id")
    time, received = _time(row, "time"), _time(row, "received")
    skew = _whole(row, "skew_ms", -(2**62), 2**62)
    event: dict[str, Any] = {
        EventColumn.ID: event_id,
        EventColumn.SHOPPER: _text_or_none(row, "shopper_id") or session,
        EventColumn.SESSION: session,
        EventColumn.TOY: toy,
        EventColumn.KIND: kind,
        EventColumn.TIME: received if skew is not None else time,
        EventColumn.STORE: store,
        EventColumn.RECIPIENT: _text_or_none(row, "recipient_id"),
        EventColumn.RECIPIENT_AGE: _whole(row, "recipient_age", 0, _MONTHS),
        EventColumn.RECIPIENT_INTERESTS: _texts(row, "recipient_interests"),
        EventColumn.BUDGET: None,
    }
    if toy not in reader.known:
        reader.unknown[toy] += 1
        raise _FaultyLineError(f"field 'toy_id': must be a toy of the dataset. Got {_short(toy)}.")
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
        raise _FaultyLineError(f"field 'toys': must be a list of objects. Got {_short(toys)}.")
    whole: dict[str, Any] = {
        "recommendation_id": _text(row, "recommendation_id"),
        "time": _time(row, "time"),
        "model": _text(row, "model"),
        "store_id": store,
        "session_id": _text_or_none(row, "session_id"),
        "shopper_id": _text_or_none(row, "shopper_id"),
        "recipient_age": _whole(row, "recipient_age", 0, _MONTHS),
        "youngest_age": _whole(row, "youngest_age", 0, _MONTHS),
        "occasion": _text_or_none(row, "occasion"),
        "purpose": _text(row, "purpose"),
        "language": _text(row, "language"),
        "interests": None if row.get("interests") is None else _texts(row, "interests"),
        "budget": _sum_or_none(row, "budget"),
    }
    shown = [
        whole
        | {
            "position": position,
            "toy_id": _text(toy, "toy_id"),
            "score": _number(toy, "score"),
            "propensity": _number(toy, "propensity"),
            "pinned": toy.get("pinned") is True,
        }
        for position, toy in enumerate(toys, start=1)
    ]
    if any(not 0 < each["propensity"] <= 1 for each in shown):
        raise _FaultyLineError("field 'propensity': must be > 0 and ≤ 1.")
    if not _met(reader, store, "recommendation_id", whole["recommendation_id"], shown):
        reader.counts["lists"].kept += 1
        reader.shown.extend(shown)


def _met(reader: _Reader, store: str, name: str, value: str, content: Any) -> bool:
    """Whether this was read before. Raises _FaultyLineError if it was and said something else."""
    digest = hashlib.blake2b(repr(content).encode(), digest_size=16).digest()
    before = reader.met.setdefault((store, f"{name}:{value}"), digest)
    if before is digest:
        return False
    if before != digest:
        raise _FaultyLineError(f"field '{name}': must be given once. Got {_short(value)} again with other content.")
    reader.repeated += 1
    return True


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise _FaultyLineError(f"field '{name}': must be a text that is not empty. Got {_short(value)}.")
    return value


def _text_or_none(row: Mapping[str, Any], name: str) -> str | None:
    return None if row.get(name) is None else _text(row, name)


def _texts(row: Mapping[str, Any], name: str) -> list[str]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _FaultyLineError(f"field '{name}': must be a list of texts. Got {_short(value)}.")
    return value


def _whole(row: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _FaultyLineError(f"field '{name}': must be an int, {least} to {most}. Got {_short(value)}.")
    return value


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _FaultyLineError(f"field '{name}': must be a number. Got {_short(value)}.")
    return float(value)


def _sum_or_none(row: Mapping[str, Any], name: str) -> float | None:
    found = None if row.get(name) is None else _number(row, name)
    if found is not None and not 0 < found < math.inf:
        raise _FaultyLineError(f"field '{name}': must be a number > 0. Got {_short(found)}.")
    return found


def _time(row: Mapping[str, Any], name: str) -> datetime:
    value = row.get(name)
    found = parse_moment(value).value if isinstance(value, str) else None
    if found is None:
        raise _FaultyLineError(f"field '{name}': must be a time, such as 2026-01-31T09:30:00Z. Got {_short(value)}.")
    return found


def _short(value: object) -> str:
    return repr(value)[:_SHOWN]
