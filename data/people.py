"""Who was no person: a program that likes everything, or a screen that hangs."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from data.schema import EventColumn

MOST_OF_A_SESSION: Final = 300
"""Events of one session, or of one shopper in a day, that a person may have."""


def of_people(events: pa.Table, most: int = MOST_OF_A_SESSION) -> tuple[pa.Table, int]:
    """(events of sessions, and of shoppers' days in UTC, with at most `most` of them; how many had more).

    Days are for those who say a new session, or none, at each event. A day is looked at after its long sessions are
    gone: of a screen that hung the rest of the day is a person's.
    """
    events, sessions = _without_crowds(events, events[EventColumn.SESSION], most)
    events, days = _without_crowds(events, pc.floor_temporal(events[EventColumn.TIME], unit="day"), most)
    return events, sessions + days


def _without_crowds(events: pa.Table, of: pa.ChunkedArray, most: int) -> tuple[pa.Table, int]:
    """(events of which at most `most` share store, shopper and the value in `of`, or have none; how many had more)."""
    named = events.append_column("of", of).append_column("row", pa.array(range(events.num_rows), pa.int64()))
    keys = [EventColumn.STORE, EventColumn.SHOPPER, "of"]
    groups = named.filter(pc.is_valid(named["of"])).group_by(keys).aggregate([("row", "list")])
    crowds = groups.filter(pc.greater(pc.list_value_length(groups["row_list"]), most))
    rows = pc.list_flatten(crowds["row_list"])
    return events.filter(pc.invert(pc.is_in(named["row"], value_set=rows.combine_chunks()))), crowds.num_rows
