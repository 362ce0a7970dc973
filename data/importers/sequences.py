"""The benchmark's layout: a line a shopper, "user toy toy …" from oldest to newest, with optional files beside it.

What becomes what
- Every event is a purchase: the layout knows no kinds. A toy met again by the same shopper stays an event.
- Events keep the given order. Times come from `dates` (seconds since 1970); without it they are unknown.
- Of several category paths the one with the most levels is the toy's category (the first of equals); the other
  paths become tags `path:A > B`, one for every level that the category has not.
- A toy without a title is called by the last name of its category, or "Toy". Its number never goes into its title: the
  numbering follows first appearance and leaks labels, as an ASIN does, which is therefore not read at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.dataset import Dataset, Source, build_dataset
from data.errors import DataError
from data.importers.text import OnFault, raise_fault, read_columns, read_text, shortened
from data.schema import EventColumn, EventKind, Toy
from data.tables import EVENT_TABLE

TOY_COLUMNS = ("item", "title", "categories")
DATE_COLUMNS = ("user", "pos", "item", "unix_time")
_LATEST = 4_102_444_800  # 2100-01-01 in seconds: anything later is another unit
_UNNAMED = "Toy"


@dataclass
class Count:
    """Rows of one file: read = kept + rejected."""

    read: int = 0
    kept: int = 0

    @property
    def rejected(self) -> int:
        """Rows read and left out."""
        return self.read - self.kept


@dataclass(frozen=True)
class _Lines:
    """The flat content of the sequence file: event e is toy `toys[e]` of `users[e]` at `places[e]` (from 0)."""

    users: list[str]
    places: list[int]
    toys: list[str]
    starts: dict[str, int]  # user → first event
    lengths: dict[str, int]  # user → events


def import_sequences(
    file: Path,
    toys: Path | None = None,
    attributes: Path | None = None,
    dates: Path | None = None,
    seed: int = 0,
    on_fault: OnFault = raise_fault,
    on_step: Callable[[str], None] = lambda _: None,
) -> Dataset:
    """Read the layout as a dataset whose toys are numbered by a permutation seeded with `seed`.

    toys: tab-separated, with a header that names item, title and categories (paths ` | `, levels ` > `)
    attributes: a JSON object, toy → list of attribute numbers, kept as tags `attribute:<number>`
    dates: tab-separated, with a header that names user, pos, item and unix_time (may be empty)
    on_fault: called with one sentence a faulty row; what it does not raise on is left out
    on_step: told the name of each file before it is read

    The counts of read, kept and rejected rows are in `source.options["counts"]` of the result.
    Raises DataError, naming file, line and field.
    """
    counts: dict[str, Count] = {}

    def count(part: str, path: Path) -> Count:
        on_step(path.name)
        return counts.setdefault(part, Count())

    lines = _read_lines(file, count("shoppers", file), on_fault)
    catalogue = {toy: Toy(toy, _UNNAMED) for toy in dict.fromkeys(lines.toys)}
    if toys is not None:
        described = _read_toys(toys, count("toys", toys), on_fault)
        for toy in [toy for toy in catalogue if toy not in described]:
            on_fault(f"{toys}: must have a row for every toy of {file}. Got none for toy {toy!r}.")
        catalogue |= described
    if attributes is not None:
        for toy, tags in _read_attributes(attributes, catalogue, count("attributes", attributes), on_fault).items():
            catalogue[toy] = _tagged(catalogue[toy], tags)
    times: list[int | None] = [None] * len(lines.toys)
    if dates is not None:
        _read_dates(dates, lines, times, count("dates", dates), on_fault)
    on_step("the dataset")
    options = {
        "files": [path.name for path in (file, toys, attributes, dates) if path is not None],
        "kind": EventKind.PURCHASE,
        "counts": {part: asdict(c) | {"rejected": c.rejected} for part, c in counts.items()},
        "repeated": len(lines.toys) - len(set(zip(lines.users, lines.toys, strict=True))),
        "undated": times.count(None),
    }
    return build_dataset(catalogue.values(), _event_table(lines, times), Source("sequences", seed, options))


def _read_lines(file: Path, count: Count, on_fault: OnFault) -> _Lines:
    lines = _Lines([], [], [], {}, {})
    first: dict[str, int] = {}
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        user, *toys = line.split() or [""]
        if not user:
            continue  # a blank line holds nothing to lose
        count.read += 1
        if not toys:
            on_fault(
                f"{file}, line {number}: must be 'user toy toy …' with at least one toy. Got {shortened(user)} alone."
            )
        elif user in first:
            on_fault(
                f"{file}, line {number}: each shopper must have one line. "
                f"Got {shortened(user)} again, who has line {first[user]} already."
            )
        else:
            first[user] = number
            lines.starts[user], lines.lengths[user] = len(lines.toys), len(toys)
            lines.users.extend([user] * len(toys))
            lines.places.extend(range(len(toys)))
            lines.toys.extend(toys)
            count.kept += 1
    if not count.kept:
        raise DataError(f"{file}: none of its {count.read} lines is 'user toy toy …'; there is nothing to import.")
    return lines


def _read_toys(file: Path, count: Count, on_fault: OnFault) -> dict[str, Toy]:
    toys: dict[str, Toy] = {}

    def note(sentence: str) -> None:
        count.read += 1
        on_fault(sentence)

    for number, row in read_columns(file, TOY_COLUMNS, note):
        count.read += 1
        toy = row["item"].strip()
        if not toy or len(toy.split()) > 1:
            on_fault(f"{file}, line {number}: field 'item' must be a toy's id without blanks. Got {shortened(toy)}.")
        elif toy in toys:
            on_fault(f"{file}, line {number}: field 'item' must name each toy once. Got {shortened(toy)} again.")
        else:
            category, tags = _paths(row["categories"])
            title = " ".join(row["title"].split()) or (category[-1] if category else _UNNAMED)
            toys[toy] = Toy(toy, title, category=category, tags=tags)
            count.kept += 1
    return toys


def _paths(field: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the category, tags of the other paths) of a field such as `A > B | C > D > E`."""
    paths = [tuple(name.strip() for name in path.split(" > ") if name.strip()) for path in field.split(" | ")]
    category = max(paths, key=len)
    own = {category[:depth] for depth in range(1, len(category) + 1)}
    others = (path[:depth] for path in paths for depth in range(1, len(path) + 1))
    return category, tuple(dict.fromkeys(f"path:{' > '.join(node)}" for node in others if node not in own))


def _read_attributes(file: Path, known: dict[str, Toy], count: Count, on_fault: OnFault) -> dict[str, tuple[str, ...]]:
    repeated: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):  # of two entries Python keeps the last, and says nothing
            repeated.extend(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        return found

    try:
        content = json.loads(read_text(file), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{file}, line {error.lineno}: must be a JSON object of toy → list of attribute numbers. "
            f"Got a fault at column {error.colno}: {error.msg}."
        ) from error
    except (RecursionError, ValueError) as error:  # ValueError: a number of more digits than Python reads
        what = "deep nesting" if isinstance(error, RecursionError) else "a number of thousands of digits"
        raise DataError(f"{file}: must be a JSON object of toy → list of attribute numbers. Got {what}.") from error
    if not isinstance(content, dict):
        raise DataError(
            f"{file}: must be a JSON object of toy → list of attribute numbers. Got a {type(content).__name__}."
        )
    for toy in repeated:
        count.read += 1
        on_fault(f"{file}, field {toy!r}: must name each toy once. Got it again.")
    tags: dict[str, tuple[str, ...]] = {}
    for toy, numbers in content.items():
        count.read += 1
        if toy not in known:
            on_fault(f"{file}, field {toy!r}: must be a toy of the sequences or the toy file. Got an unknown id.")
        elif not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
            on_fault(f"{file}, field {toy!r}: must be a list of whole attribute numbers. Got {str(numbers)[:60]}.")
        else:
            tags[toy] = tuple(f"attribute:{number}" for number in numbers)
            count.kept += 1
    return tags


def _tagged(toy: Toy, tags: tuple[str, ...]) -> Toy:
    return Toy(toy.id, toy.title, category=toy.category, tags=tuple(dict.fromkeys(tags + toy.tags)))


def _read_dates(file: Path, lines: _Lines, times: list[int | None], count: Count, on_fault: OnFault) -> None:
    """Write the time of each event into `times`, in milliseconds."""
    dated = bytearray(len(times))

    def note(sentence: str) -> None:
        count.read += 1
        on_fault(sentence)

    for number, row in read_columns(file, DATE_COLUMNS, note):
        count.read += 1
        user, place, toy, time = (row[name].strip() for name in DATE_COLUMNS)
        where = f"{file}, line {number}"
        if user not in lines.starts:
            on_fault(f"{where}: field 'user' must be a shopper of the sequences. Got {shortened(user)}.")
            continue
        last = lines.lengths[user] - 1
        if not _is_whole(place) or int(place) > last:
            on_fault(f"{where}: field 'pos' must be 0 to {last} for shopper {user!r}. Got {shortened(place)}.")
            continue
        event = lines.starts[user] + int(place)
        if lines.toys[event] != toy:
            on_fault(
                f"{where}: field 'item' must be {lines.toys[event]!r}, "
                f"the toy at position {place} of shopper {user!r}. Got {shortened(toy)}."
            )
        elif dated[event]:
            on_fault(f"{where}: must give each event one date. Got position {place} of shopper {user!r} again.")
        elif time and not (_is_whole(time) and int(time) < _LATEST):
            on_fault(f"{where}: field 'unix_time' must be empty or whole seconds since 1970. Got {shortened(time)}.")
        else:
            dated[event] = True
            times[event] = int(time) * 1000 if time else None
            count.kept += 1


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _event_table(lines: _Lines, times: list[int | None]) -> pa.Table:
    """The events as a table of `EVENT_TABLE`, built column by column."""
    rows = len(lines.toys)
    users = pa.array(lines.users, pa.string())
    columns = {name: pa.nulls(rows, EVENT_TABLE.field(name).type) for name in EVENT_TABLE.names}
    columns |= {
        EventColumn.ID: pc.binary_join_element_wise(users, pa.array(lines.places).cast(pa.string()), "-"),
        EventColumn.SHOPPER: users,
        EventColumn.TOY: pa.array(lines.toys, pa.string()),
        EventColumn.KIND: pa.array([str(EventKind.PURCHASE)]).take(pa.array([0] * rows, pa.int8())),
        EventColumn.TIME: pa.array(times, EVENT_TABLE.field(EventColumn.TIME).type),
    }
    return pa.table(columns, schema=EVENT_TABLE)
