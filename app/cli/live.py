"""What kiosks took, however it comes: exports, datasets that were imported, or a kiosk's own database."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.cli.console import ERR
from data.errors import ToyGuideError, parameter_error

if TYPE_CHECKING:
    import pyarrow as pa

    from data.dataset import Dataset

_NAMED: Final = 20
_SQLITE: Final = b"SQLite format 3\x00"
EventsOption = Annotated[
    list[Path],
    typer.Option("--events", help="An export of a kiosk, a kiosk's database, or a dataset; may be given again."),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Only what came from then on: 2026-01-31, or 2026-01-31T09:30:00Z.")
]


@dataclass(frozen=True)
class Live:
    """Events of now, with the toys and the numbering of the training data.

    shown: the lists that were shown (`data.importers.kiosk.SHOWN_TABLE`); None where only datasets were given
    unknown_events: on toys that the training data does not hold, which are left out
    unknown_toys: the commonest of those toys, each with its events
    """

    dataset: Dataset
    shown: pa.Table | None
    unknown_events: int
    unknown_toys: tuple[tuple[str, int], ...]


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
    from app.cli.understood import Faults
    from data.importers.kiosk import import_kiosk

    folders = [path for path in paths if path.is_dir()]
    files = [path for path in paths if not path.is_dir()]
    if missing := next((file for file in files if not file.is_file()), None):
        raise parameter_error("--events", command, "an export, a kiosk's database or a dataset", str(missing))
    faults = Faults(stop=False)
    unknown: Counter[str] = Counter()
    shown = None
    parts = [_of_dataset(folder, toys, unknown) for folder in folders]
    lost = unknown.total()
    if files:
        with tempfile.TemporaryDirectory() as work:
            exports = [_export(file, Path(work) / f"{place}.ndjson") for place, file in enumerate(files)]
            found = import_kiosk(exports, toys, on_fault=faults)
        parts.append(found.dataset.events)
        lost += found.dataset.source.options["unknown_events"]
        unknown.update(found.dataset.source.options["unknown_toys"])
        shown = found.shown
    faults.print()
    return Live(_joined(parts, toys, since), shown, lost, tuple(unknown.most_common(_NAMED)))


def _joined(parts: list[pa.Table], toys: Dataset, since: datetime | None) -> Dataset:
    import pyarrow as pa
    import pyarrow.compute as pc

    from data.dataset import Dataset, Source
    from data.schema import EventColumn

    events = pa.concat_tables(parts)
    if since is not None:
        recent = pc.greater_equal(
            events[EventColumn.TIME], pa.scalar(since, events.schema.field(EventColumn.TIME).type)
        )
        events = events.filter(pc.fill_null(recent, False))
    if not events.num_rows:
        raise ToyGuideError("There is no event" + (f" since {since.isoformat()}." if since else "."))
    return Dataset(toys.toys, events.combine_chunks(), Source("kiosk", toys.source.seed))


def _of_dataset(folder: Path, toys: Dataset, unknown: Counter[str]) -> pa.Table:
    """The events of a dataset on toys that `toys` has; the others are counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from data.dataset import load_dataset
    from data.schema import EventColumn

    events = load_dataset(folder).events
    known = pc.is_in(events[EventColumn.TOY], value_set=pa.array(toys.index.ids))
    strange = events.filter(pc.invert(known))[EventColumn.TOY].value_counts()
    unknown.update({each["values"]: each["counts"] for each in strange.to_pylist()})
    return events.filter(known)


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
