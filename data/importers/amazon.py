"""Amazon's reviews and metadata of 2014, 2018 and 2023 (McAuley lab), as JSON Lines, plain or gzipped.

| ours | 2014 and 2018 | 2023 |
|---|---|---|
| shopper | reviewerID | user_id |
| toy | asin | parent_asin (of all colours and sizes together) |
| rating | overall, 1 to 5 | rating, 1 to 5 |
| time | unixReviewTime, seconds | timestamp, milliseconds |

The rule for ratings: whoever reviews a toy had it. A rating of `wanted_from` (3) or more is a purchase; one below it is
a dismissal, which is never a target to predict. With `wanted_from` 1 every review is a purchase, as in the benchmarks.

Events keep the file's order; their id is their line. A review of a toy without metadata stays: the toy is called "Toy"
and counted as undescribed. The asin is the toy's id in the shop and nothing else: toys are numbered by a seeded
permutation, and no feature or order is made from it. Words, votes and pictures of reviews are not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from data.errors import DataError, parameter_error
from data.importers.amazon_toys import FieldFaultError, id_of, toy_from_metadata
from data.importers.json_rows import read_json_rows
from data.importers.sequences import Count
from data.importers.shares import Shares
from data.importers.table import Imported
from data.importers.text import OnFault, raise_fault
from data.schema import EventColumn, EventKind, Toy
from data.stream import stream_dataset
from data.tables import EVENT_TABLE

WANTED_FROM: Final = 3
_EVENTS_AT_ONCE: Final = 1 << 16
_UNNAMED: Final = "Toy"
_FIRST, _LAST = 788_918_400, 4_102_444_800  # 1995, before the first review, and 2100; in seconds


@dataclass(frozen=True)
class Layout:
    """Names of the fields of a review, and how many units of its time make a second."""

    years: str
    shopper: str
    toy: str
    rating: str
    time: str
    per_second: int


LAYOUTS: Final = (
    Layout("2014 or 2018", "reviewerID", "asin", "overall", "unixReviewTime", 1),
    Layout("2023", "user_id", "parent_asin", "rating", "timestamp", 1000),
)


def import_amazon(
    reviews: Path,
    out: Path,
    metadata: Path | None = None,
    seed: int = 0,
    wanted_from: int = WANTED_FROM,
    on_fault: OnFault = raise_fault,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Write the dataset of `reviews` to the folder `out`, in bounded memory, or leave `out` as it was.

    metadata: of the same year; without it every toy is called "Toy"
    wanted_from: the lowest rating, 1 to 5, that is a purchase
    on_fault: told of each faulty row in one sentence; what it does not raise on is left out
    on_bytes: told how many more bytes have been read

    Counts of read, kept and rejected rows are in `source.options["counts"]` of the record; `repeated` ones, rejected
    without a fault, describe a toy word for word as an earlier row does. Raises DataError, naming file, line and field.
    """
    if not 1 <= wanted_from <= 5:
        raise parameter_error("wanted_from", "import_amazon", "an int in [1, 5]", wanted_from)
    counts: dict[str, Count] = {}
    shares = Shares()
    known: dict[str, int] = {}  # toy → hash of its content
    with stream_dataset(out, seed) as stream:
        repeated = 0
        titles: Counter[int] = Counter()
        if metadata is not None:
            counts["metadata"] = count = Count()
            for toy, same in _toys(metadata, known, count, shares, on_fault, on_bytes):
                repeated += same
                if not same:
                    titles[hash(toy.title)] += 1
                    stream.add_toys([toy])
        counts["reviews"] = count = Count()
        reader = _Reviews(reviews, wanted_from, on_fault)
        undescribed: dict[str, None] = {}
        described = False
        for table in reader.tables(count, on_bytes):
            stream.add_events(table)
            for toy in table[EventColumn.TOY].unique().to_pylist():
                if toy in known:
                    described = True
                else:
                    undescribed[toy] = None
        if not count.kept:
            raise DataError(f"{reviews}: none of its {count.read:,} lines is a review; there is nothing to import.")
        if metadata is not None and not described:
            raise DataError(
                f"{metadata} describes none of the toys of {reviews}; the two must be of the same year and category."
            )
        stream.add_toys(Toy(toy, _UNNAMED) for toy in undescribed)
        options = {
            "files": [file.name for file in (reviews, metadata) if file is not None],
            "years": reader.layout.years if reader.layout else "",
            "wanted_from": wanted_from,
            "counts": {part: asdict(c) | {"rejected": c.rejected} for part, c in counts.items()},
            "kinds": {kind: n for kind, n in reader.kinds.items() if n},
            "repeated": repeated,
            "undescribed": len(undescribed),
            "undated": 0,
        }
        record = stream.finish("amazon", options)
    return Imported(record, {"metadata": shares}, sum(count > 1 for count in titles.values()))


def _toys(
    file: Path,
    known: dict[str, int],
    count: Count,
    shares: Shares,
    on_fault: OnFault,
    on_bytes: Callable[[int], None],
) -> Iterator[tuple[Toy, bool]]:
    """(a toy, whether it only says again what an earlier row said); writes `known`."""
    for number, row in read_json_rows(file, count, on_fault, on_bytes, python_notation=True):
        place = f"line {number}"
        try:
            toy = toy_from_metadata(row, place, shares)
        except FieldFaultError as fault:
            on_fault(f"{file}, {place}, {fault}")
            continue
        content = hash(toy)
        if toy.id not in known:
            known[toy.id] = content
            count.kept += 1
            yield toy, False
        elif known[toy.id] == content:
            yield toy, True
        else:
            on_fault(
                f"{file}, {place}: must describe each toy once. Got toy {toy.id!r} again, with other content; "
                "the first row is the one that counts."
            )


class _Reviews:
    """Reads reviews into tables of events."""

    def __init__(self, file: Path, wanted_from: int, on_fault: OnFault) -> None:
        self._file, self._wanted_from, self._on_fault = file, wanted_from, on_fault
        self.layout: Layout | None = None
        self.kinds = {str(EventKind.PURCHASE): 0, str(EventKind.DISMISS): 0}

    def tables(self, count: Count, on_bytes: Callable[[int], None]) -> Iterator[pa.Table]:
        """The events, some ten thousand at a time."""
        rows: list[tuple[str, str, str, str, int]] = []
        for number, row in read_json_rows(self._file, count, self._on_fault, on_bytes):
            layout = self.layout = self.layout or self._found_layout(number, row)
            try:
                shopper, toy = id_of(row, layout.shopper), id_of(row, layout.toy)
                kind = EventKind.PURCHASE if _rating(row, layout) >= self._wanted_from else EventKind.DISMISS
                rows.append((str(number), shopper, toy, kind.value, _milliseconds(row, layout)))
            except FieldFaultError as fault:
                self._on_fault(f"{self._file}, line {number}, {fault}")
                continue
            count.kept += 1
            self.kinds[kind.value] += 1
            if len(rows) == _EVENTS_AT_ONCE:
                yield _table(rows)
                rows = []
        if rows:
            yield _table(rows)

    def _found_layout(self, number: int, row: dict[str, Any]) -> Layout:
        for layout in LAYOUTS:
            if layout.shopper in row and layout.toy in row:
                return layout
        wanted = " or ".join(f"{one.shopper}, {one.toy}, {one.rating}, {one.time} ({one.years})" for one in LAYOUTS)
        raise DataError(
            f"{self._file}, line {number}: must be a review with the fields {wanted}. "
            f"Got {', '.join(list(row)[:12]) or 'no field'}; is this the metadata file?"
        )


def _rating(row: dict[str, Any], layout: Layout) -> float:
    value = row.get(layout.rating)
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 5:
        return value
    raise FieldFaultError(f"field {layout.rating!r}: must be a number from 1 to 5. Got {_got(row, layout.rating)}.")


def _milliseconds(row: dict[str, Any], layout: Layout) -> int:
    value = row.get(layout.time)
    if type(value) is int and _FIRST * layout.per_second <= value < _LAST * layout.per_second:
        return value * (1000 // layout.per_second)
    unit = "seconds" if layout.per_second == 1 else "milliseconds"
    raise FieldFaultError(
        f"field {layout.time!r}: must be whole {unit} since 1970, in the years 1995 to 2099. "
        f"Got {_got(row, layout.time)}."
    )


def _got(row: dict[str, Any], field: str) -> str:
    return repr(row[field])[:60] if field in row else "nothing"


def _table(rows: list[tuple[str, str, str, str, int]]) -> pa.Table:
    columns = {name: pa.nulls(len(rows), EVENT_TABLE.field(name).type) for name in EVENT_TABLE.names}
    names = (EventColumn.ID, EventColumn.SHOPPER, EventColumn.TOY, EventColumn.KIND, EventColumn.TIME)
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        columns[name] = pa.array(values, EVENT_TABLE.field(name).type)
    return pa.table(columns, schema=EVENT_TABLE)
