"""What kiosks took, however it comes: exports, datasets that were imported, or a kiosk's own database."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.console import ERR
from data.errors import DataError, ToyGuideError, parameter_error

if TYPE_CHECKING:
    import pyarrow as pa

    from data.dataset import Dataset
    from recommender.evaluation.shown import Seen

_NAMED: Final = 20
_SQLITE: Final = b"SQLite format 3\x00"
EventsOption = Annotated[
    list[Path],
    typer.Option("--events", help="An export of a kiosk, a kiosk's database, or a dataset; may be given again."),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", help="Only what came from then on: 2026-01-31, or 2026-01-31T09:30:00+08:00 (without a zone: UTC)."
    ),
]


@dataclass(frozen=True)
class Live:
    """Events of now, with the toys and the numbering of the training data.

    seen: the lists that were shown since, and all events that were given, also from before `--since`: what shoppers
        had done until then; None where only datasets were given
    unknown_events: on toys that the training data does not hold, which are left out
    unknown_toys: the commonest of those toys, each with its events
    mistimed: events of a time that their kiosk did not believe; they have the time of arrival
    """

    dataset: Dataset
    seen: Seen | None
    unknown_events: int
    unknown_toys: tuple[tuple[str, int], ...]
    mistimed: int = 0


def moment_of(text: str | None, command: str) -> datetime | None:
    """The moment that `--since` names. Raises ToyGuideError."""
    from data.parsing.moment import parse_moment

    if text is None:
        return None
    found = parse_moment(text).value
    if found is None:
        raise parameter_error("--since", command, "a date or a time, such as 2026-01-31 or 2026-01-31T09:30:00Z", text)
    return found


def live_events(paths: Sequence[Path], toys: Dataset, since: datetime | None, command: str) -> Live:
    """Read the events of `paths`. Raises ToyGuideError where there is none, or all are of another shop."""
    import pyarrow as pa

    from app.cli.understood import Faults
    from data.importers.kiosk import import_kiosk
    from recommender.evaluation.shown import Seen

    folders = [path for path in paths if path.is_dir()]
    files = [path for path in paths if not path.is_dir()]
    if missing := next((file for file in files if not file.is_file()), None):
        raise parameter_error("--events", command, "an export, a kiosk's database or a dataset", str(missing))
    faults = Faults(stop=False)
    unknown: Counter[str] = Counter()
    found = None
    mistimed = 0
    parts = [_of_dataset(folder, toys, unknown) for folder in folders]
    lost = unknown.total()
    if files:
        with tempfile.TemporaryDirectory() as work, _called(work, files) as name:
            exports = [_export(file, Path(work) / str(place)) for place, file in enumerate(files)]
            found = import_kiosk(exports, toys, on_fault=lambda sentence: faults(name(sentence)))
        parts.append(found.dataset.events)
        said = found.dataset.source.options
        lost += said["unknown_events"]
        unknown.update(said["unknown_toys"])
        mistimed = said["from_the_future"] + said["long_before_arrival"]
    faults.print(listed=False)
    past = pa.concat_tables(parts)
    events = _joined(past, toys, since)
    seen = None if found is None else Seen(_since(found.shown, "time", since), past, found.recalls)
    return Live(events, seen, lost, tuple(unknown.most_common(_NAMED)), mistimed)


@contextmanager
def _called(work: str, files: Sequence[Path]) -> Iterator[Callable[[str], str]]:
    """Whatever is said of the export of a database in `work` is said of the database itself."""

    def name(sentence: str) -> str:
        for place, file in reversed(list(enumerate(files))):
            sentence = sentence.replace(str(Path(work) / str(place)), f"{file}, as exported")
        return sentence

    try:
        yield name
    except DataError as error:
        raise DataError(name(str(error))) from error


def _joined(past: pa.Table, toys: Dataset, since: datetime | None) -> Dataset:
    from data.dataset import Dataset, Source
    from data.schema import EventColumn

    events = _since(past, EventColumn.TIME, since)
    if not events.num_rows:
        coming = ", which is still to come" if since and since > datetime.now(UTC) else ""
        raise ToyGuideError("There is no event" + (f" since {since.isoformat()}{coming}." if since else "."))
    return Dataset(toys.toys, events.combine_chunks(), Source("kiosk", toys.source.seed))


def _since(table: pa.Table, column: str, since: datetime | None) -> pa.Table:
    """The rows of a table from then on; of none that has no time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if since is None:
        return table
    recent = pc.greater_equal(table[column], pa.scalar(since, table.schema.field(column).type))
    return table.filter(pc.fill_null(recent, False))


def _of_dataset(folder: Path, toys: Dataset, unknown: Counter[str]) -> pa.Table:
    """The events of a dataset on toys that `toys` has; the others are counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from data.dataset import load_fit_dataset
    from data.schema import EventColumn

    events = load_fit_dataset(folder).events
    known = pc.is_in(events[EventColumn.TOY], value_set=pa.array(toys.index.ids))
    strange = events.filter(pc.invert(known))[EventColumn.TOY].value_counts()
    unknown.update({each["values"]: each["counts"] for each in strange.to_pylist()})
    found = events.filter(known)
    if events.num_rows and not found.num_rows:
        raise DataError(
            f"{folder}: none of {events.num_rows:,} events is on a toy that is known. Is it of another shop?"
        )
    return found


def _export(file: Path, copy: Path) -> Path:
    """`file` where it is an export; where it is a kiosk's database, an export of it in `copy`."""
    with file.open("rb") as stream:
        if stream.read(len(_SQLITE)) != _SQLITE:
            return file
    from app.cli.kiosk_export import write_export
    from app.kiosk.settings import load_settings

    ERR.print(f"Reading the kiosk's database {file}", markup=False)
    if not write_export(load_settings(None, database=file), copy, None)["events"]:
        raise ToyGuideError(f"{file}: this kiosk has kept no event, or none that may leave it.")
    return copy
