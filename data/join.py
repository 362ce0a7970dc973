"""New events joined to a dataset: toys keep their numbers, new ones come behind, what no person did is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.dataset import Dataset, seeded_key
from data.errors import DataError
from data.people import MOST_OF_A_SESSION, of_people
from data.schema import EventColumn, ToyColumn
from data.tables import EVENT_TABLE, TOY_TABLE
from data.validate.ages import AGE_CHECKS
from data.validate.check import Tables
from data.validate.refuse import first_error
from data.validate.toys import TOY_CHECKS


@dataclass(frozen=True, slots=True)
class JoinReport:
    """What became of the new events and toys.

    repeated: events that the dataset held already; clashing: events of an id that one of another toy or kind has, which
    came first; robots: events of `robot_sessions`, which were no person's: sessions, or days of a shopper who says a
    new session, or none, at each event
    unknown: events on toys that neither has; changed_toys: toys whose row is another now
    """

    events: int
    repeated: int
    robots: int
    robot_sessions: int
    unknown: int
    new_toys: int
    changed_toys: int
    clashing: int = 0

    @property
    def told(self) -> int:
        """How many events were given."""
        return self.events + self.repeated + self.clashing + self.robots + self.unknown


def join_events(
    before: Dataset,
    events: pa.Table,
    catalogue: Dataset | None = None,
    most_of_a_session: int = MOST_OF_A_SESSION,
) -> tuple[Dataset, JoinReport]:
    """(`before` with `events`, schema `EVENT_TABLE`, behind its own; what became of them).

    catalogue: the toys of today; a toy that both have is as it says, one that it lacks stays as it was
    most_of_a_session: the events of a session, or of a shopper's day, that has more are left out
    Raises DataError where no event is left, or a toy of the catalogue has an error of `data.validate`.
    """
    toys, new_toys, changed = _joined_toys(before, catalogue)
    told = events.num_rows
    events, clashing = _fresh(events, before.events)
    repeated, told = told - events.num_rows - clashing, events.num_rows
    known = pc.is_in(events[EventColumn.TOY], value_set=toys[ToyColumn.ID].combine_chunks())
    events = events.filter(known)
    unknown, told = told - events.num_rows, events.num_rows
    events, robot_sessions = of_people(events, most_of_a_session)
    if not events.num_rows:
        raise DataError(
            f"No new event is left: {repeated:,} were there already, {clashing:,} have an id that another event "
            f"has, {unknown:,} are on toys that nobody knows, "
            f"{told:,} came from sessions, or days of one shopper, with more than {most_of_a_session} events."
        )
    report = JoinReport(
        events.num_rows, repeated, told - events.num_rows, robot_sessions, unknown, new_toys, len(changed), clashing
    )
    options = {"joined_to": before.digest, "was": before.source.options, **asdict(report)}
    source = replace(before.source, options=options)
    together = pa.concat_tables([before.events, events.cast(EVENT_TABLE)]).combine_chunks()
    return Dataset(toys, together, source), report


def _joined_toys(before: Dataset, catalogue: Dataset | None) -> tuple[pa.Table, int, list[str]]:
    """(the rows of both, how many are new, the ids of those that changed)."""
    if catalogue is None:
        return before.toys, 0, []
    if error := first_error(Tables(catalogue.toys, EVENT_TABLE.empty_table()), [*TOY_CHECKS, *AGE_CHECKS]):
        raise DataError(f"The catalogue cannot be joined: {error}")
    today: dict[str, dict[str, Any]] = {row[ToyColumn.ID]: row for row in catalogue.toys.to_pylist()}
    was = before.toys.to_pylist()
    changed = [row[ToyColumn.ID] for row in was if today.get(row[ToyColumn.ID], row) != row]
    known = {row[ToyColumn.ID] for row in was}
    new = sorted(today.keys() - known, key=lambda toy: seeded_key(toy, before.source.seed))
    rows = [*(today.get(row[ToyColumn.ID], row) for row in was), *(today[toy] for toy in new)]
    return pa.Table.from_pylist(rows, schema=TOY_TABLE), len(new), changed


def _fresh(events: pa.Table, known: pa.Table) -> tuple[pa.Table, int]:
    """(events whose id neither `known` nor an earlier row has; of the others, how many say something else)."""
    again = known.filter(pc.is_in(known[EventColumn.ID], value_set=events[EventColumn.ID].combine_chunks()))
    first = dict(_said(again))
    rows, clashing = [], 0
    for row, (event, what) in enumerate(_said(events)):
        if event not in first:
            first[event] = what
            rows.append(row)
        else:
            clashing += first[event] != what
    return events.take(pa.array(rows, pa.int64())), clashing


def _said(events: pa.Table) -> Iterator[tuple[str, tuple[str, str]]]:
    """(id, (toy, kind)) of each."""
    ids, toys, kinds = (events[name].to_pylist() for name in (EventColumn.ID, EventColumn.TOY, EventColumn.KIND))
    return zip(ids, zip(toys, kinds, strict=True), strict=True)
