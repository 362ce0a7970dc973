"""Checks of the event table, and of how events and toys fit together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.schema import EventColumn, EventKind, ToyColumn
from data.validate.check import NO_ROWS, Check, Found, Rows, Severity, Tables
from data.validate.toys import blank, repeated, where

_FIRST_SHOP: Final = datetime(1995, 1, 1, tzinfo=UTC)  # before it no shop kept such data: the unit was misread
_MANY_EVENTS: Final = 1000
_MANY_TIMES: Final = 50
_LONG_SESSION_DAYS: Final = 7
_OLDEST_MONTHS: Final = 120 * 12


def _first_rows(groups: pd.Series) -> Rows:
    """Sorted rows at which the groups of `groups` (a mark a row, NaN = none) begin."""
    return np.flatnonzero((groups.notna() & ~groups.duplicated()).to_numpy()).astype(np.int64)


def _orphans(tables: Tables) -> Found:
    known = tables.toys[ToyColumn.ID].combine_chunks()
    return Found(where(pc.invert(pc.is_in(tables.events[EventColumn.TOY], known))))


def _unknown_kind(tables: Tables) -> Found:
    names = pa.array([str(kind) for kind in EventKind])
    return Found(where(pc.invert(pc.is_in(tables.events[EventColumn.KIND], names))))


def _moment(value: datetime) -> pa.Scalar:
    return pa.scalar(value.astimezone(UTC), pa.timestamp("ms", tz="UTC"))


def _absurd_counts(tables: Tables) -> Found:
    shoppers = tables.events[EventColumn.SHOPPER].to_pandas()
    counts = shoppers.value_counts()
    if counts.empty:
        return Found(NO_ROWS)
    absurd = counts[(counts > _MANY_EVENTS) & (counts > _MANY_TIMES * counts.median())]
    rows = _first_rows(shoppers.where(shoppers.isin(absurd.index)))
    return Found(rows, [f"{shoppers[row]}: {absurd[shoppers[row]]} events" for row in rows])


def _one_instant(tables: Tables) -> Found:
    """Days of a shopper with several toys, all at one and the same instant."""
    events = tables.events.select([EventColumn.SHOPPER, EventColumn.TOY, EventColumn.TIME])
    frame = pd.DataFrame(
        {
            "shopper": pd.factorize(events[EventColumn.SHOPPER].to_pandas())[0],
            "toy": pd.factorize(events[EventColumn.TOY].to_pandas())[0],
            "time": events[EventColumn.TIME].cast(pa.int64()).to_pandas(),
        }
    ).dropna()
    frame["day"] = frame["time"] // 86_400_000
    day = ["shopper", "day"]
    frame = frame[frame.duplicated(day, keep=False)]
    times = frame.groupby(day)["time"]
    frame = frame[times.transform("min") == times.transform("max")]
    several = frame.drop_duplicates([*day, "toy"]).groupby(day)["toy"].transform("size")
    several = several[several > 1]
    rows = several.index[~frame.loc[several.index].duplicated(day)].to_numpy(np.int64)
    taken = tables.events.take(pa.array(rows))
    pairs = zip(taken[EventColumn.SHOPPER].to_pylist(), taken[EventColumn.TIME].to_pylist(), strict=True)
    values = [
        f"{who}: {several[row]} toys at {time:%Y-%m-%d %H:%M:%S}" for row, (who, time) in zip(rows, pairs, strict=True)
    ]
    return Found(rows, values)


def _long_sessions(tables: Tables) -> Found:
    """Sessions of one shopper whose first and last event lie more than a week apart."""
    events = tables.events.select([EventColumn.SHOPPER, EventColumn.SESSION, EventColumn.TIME]).to_pandas()
    events = events.dropna()
    if events.empty:
        return Found(NO_ROWS)
    groups = events.groupby([EventColumn.SHOPPER, EventColumn.SESSION])[EventColumn.TIME]
    length = groups.transform("max") - groups.transform("min")
    long = events[length > pd.Timedelta(days=_LONG_SESSION_DAYS)]
    rows = long.index[~long.duplicated([EventColumn.SHOPPER, EventColumn.SESSION])].to_numpy(np.int64)
    return Found(rows, [f"{events[EventColumn.SESSION][row]}: {length[row].days} days" for row in rows])


def _shared_sessions(tables: Tables) -> Found:
    events = tables.events.select([EventColumn.SHOPPER, EventColumn.SESSION]).to_pandas().dropna()
    owners = events.drop_duplicates()
    shared = owners[owners.duplicated(EventColumn.SESSION)]
    return Found(shared.index.to_numpy(np.int64))


def _return_of_nothing(tables: Tables) -> Found:
    events = tables.events.select([EventColumn.SHOPPER, EventColumn.TOY, EventColumn.KIND]).to_pandas()
    pairs = pd.MultiIndex.from_frame(events[[EventColumn.SHOPPER, EventColumn.TOY]])
    bought = pairs[(events[EventColumn.KIND] == EventKind.PURCHASE).to_numpy()]
    returned = (events[EventColumn.KIND] == EventKind.RETURN).to_numpy()
    return Found(np.flatnonzero(returned & ~pairs.isin(bought)).astype(np.int64))


def _recipient_age(tables: Tables) -> Found:
    age = tables.events[EventColumn.RECIPIENT_AGE]
    return Found(where(pc.or_(pc.less(age, 0), pc.greater(age, _OLDEST_MONTHS))))


def _younger(tables: Tables) -> Found:
    """Events at which a recipient is younger than at an earlier one."""
    columns = [EventColumn.RECIPIENT, EventColumn.RECIPIENT_AGE, EventColumn.TIME]
    events = tables.events.select(columns).to_pandas().dropna().sort_values(EventColumn.TIME, kind="stable")
    oldest = events.groupby(EventColumn.RECIPIENT)[EventColumn.RECIPIENT_AGE].cummax()
    rows = np.sort(events.index[events[EventColumn.RECIPIENT_AGE] < oldest].to_numpy(np.int64))
    return Found(
        rows, [f"{int(events[EventColumn.RECIPIENT_AGE][row])} months, was {int(oldest[row])}" for row in rows]
    )


def _bad_budget(tables: Tables) -> Found:
    budget = tables.events[EventColumn.BUDGET]
    return Found(where(pc.and_(pc.is_valid(budget), pc.invert(pc.greater(budget, 0.0)))))


EVENT_CHECKS: Final = (
    Check(
        "event without an id",
        Severity.ERROR,
        "events",
        EventColumn.ID,
        "has no id",
        "give every event an id, so that it is counted once",
        lambda tables: Found(blank(tables.events[EventColumn.ID])),
    ),
    Check(
        "duplicate event ids",
        Severity.ERROR,
        "events",
        EventColumn.ID,
        "has an id that an earlier event has",
        "leave out what was exported twice",
        lambda tables: Found(repeated(tables.events[EventColumn.ID])),
    ),
    Check(
        "event without a shopper",
        Severity.ERROR,
        "events",
        EventColumn.SHOPPER,
        "has no shopper",
        "leave it out: events of nobody would become one shopper who met everything",
        lambda tables: Found(blank(tables.events[EventColumn.SHOPPER])),
    ),
    Check(
        "orphan event",
        Severity.ERROR,
        "events",
        EventColumn.TOY,
        "names a toy that the toy table does not hold",
        "export both files on one day, or see that both spell toy ids alike",
        _orphans,
    ),
    Check(
        "unknown kind",
        Severity.ERROR,
        "events",
        EventColumn.KIND,
        "is of a kind that the schema does not know",
        f"use one of {', '.join(EventKind)}",
        _unknown_kind,
    ),
    Check(
        "future date",
        Severity.ERROR,
        "events",
        EventColumn.TIME,
        "is of a time that has not come yet",
        "see whether the source's times are seconds or milliseconds, and in which time zone",
        lambda tables: Found(where(pc.greater(tables.events[EventColumn.TIME], _moment(tables.now)))),
    ),
    Check(
        "date before shops kept data",
        Severity.WARNING,
        "events",
        EventColumn.TIME,
        f"is of a time before {_FIRST_SHOP.year}",
        "see whether the source's times are seconds or milliseconds; leave unknown times empty",
        lambda tables: Found(where(pc.less(tables.events[EventColumn.TIME], _moment(_FIRST_SHOP)))),
    ),
    Check(
        "event without a time",
        Severity.NOTE,
        "events",
        EventColumn.TIME,
        "has no time",
        "map the column that holds the time to 'time'; without it no split by date is possible",
        lambda tables: Found(where(pc.is_null(tables.events[EventColumn.TIME]))),
    ),
    Check(
        "whole day at one instant",
        Severity.WARNING,
        "events",
        EventColumn.TIME,
        "begins a day of several toys all at one instant: they have no order",
        "export times to the second; else judge with the 'no tie' slice and the hashed order",
        _one_instant,
    ),
    Check(
        "shopper with absurd counts",
        Severity.WARNING,
        "events",
        EventColumn.SHOPPER,
        f"is of a shopper with more than {_MANY_EVENTS} events and {_MANY_TIMES} times the median",
        "leave out tills, test accounts and robots",
        _absurd_counts,
    ),
    Check(
        "session spanning weeks",
        Severity.WARNING,
        "events",
        EventColumn.SESSION,
        f"begins a session longer than {_LONG_SESSION_DAYS} days",
        "see whether the session column holds a device or a cookie; leave it empty if so",
        _long_sessions,
    ),
    Check(
        "session of several shoppers",
        Severity.WARNING,
        "events",
        EventColumn.SESSION,
        "is of a session that another shopper has already",
        "make session ids unique in the shop, or leave them empty",
        _shared_sessions,
    ),
    Check(
        "return of what was not bought",
        Severity.WARNING,
        "events",
        EventColumn.KIND,
        "returns a toy that the shopper has not bought in this dataset",
        "export a longer period, or see that shopper ids are the same for both",
        _return_of_nothing,
    ),
    Check(
        "recipient's age out of range",
        Severity.ERROR,
        "events",
        EventColumn.RECIPIENT_AGE,
        "states an age below 0 or above 120 years",
        "give ages in months, or leave them empty",
        _recipient_age,
    ),
    Check(
        "recipient grows younger",
        Severity.WARNING,
        "events",
        EventColumn.RECIPIENT_AGE,
        "states a lower age than the same recipient had before",
        "see that a recipient id stands for one child",
        _younger,
    ),
    Check(
        "budget not above 0",
        Severity.WARNING,
        "events",
        EventColumn.BUDGET,
        "states a budget of 0 or less",
        "leave the budget empty where none was stated",
        _bad_budget,
    ),
)
