"""Lists that kiosks showed, as values: from the tables of an export to what `replay` makes anew."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.schema import WANTED_KINDS, EventColumn, EventKind
from recommender.base import Contact
from recommender.evaluation.replay import ShownList

MOST_OF_A_VISIT: Final = 20
"""Of one visit no more lists count, as for the positive rate of a kiosk: a machine must not speak for all shoppers."""
MOST_LISTS: Final = 10_000


def shown_lists(shown: pa.Table, events: pa.Table, model: str, most: int = MOST_LISTS) -> list[ShownList]:
    """The newest `most` lists of a model, oldest first, with what each visit had done before.

    shown: schema `data.importers.kiosk.SHOWN_TABLE`; events: `data.dataset.EVENT_TABLE`, of the same exports
    """
    mine = shown.filter(pc.equal(shown["model"], model))
    mine = mine.sort_by([(name, "ascending") for name in ("time", "store_id", "recommendation_id", "position")])
    past = _past(events)
    met: Counter[str] = Counter()
    found = []
    for _, rows in itertools.groupby(mine.to_pylist(), key=lambda row: (row["store_id"], row["recommendation_id"])):
        toys = list(rows)
        visit = _visit(toys[0]["store_id"], toys[0]["session_id"])
        if visit is not None:
            met[visit] += 1
            if met[visit] > MOST_OF_A_VISIT:
                continue
        found.append(_list(toys, visit, past))
    return found[-most:]


def shoppers_shown(shown: pa.Table, model: str) -> frozenset[str]:
    """Ids, as a dataset has them, of the shoppers to whom lists of a model were shown: see `data.importers.kiosk`.

    shown: schema `data.importers.kiosk.SHOWN_TABLE`
    """
    mine = shown.filter(pc.equal(shown["model"], model))
    return frozenset(pc.unique(pc.coalesce(mine["shopper_id"], mine["session_id"])).drop_null().to_pylist())


_Past = dict[str, tuple[list[datetime], list[Contact], list[tuple[str, ...]]]]


def _past(events: pa.Table) -> _Past:
    """Of each visit, oldest first: times, contacts, and the interests said with each."""
    names = [EventColumn.STORE, EventColumn.SESSION, EventColumn.TIME, EventColumn.TOY, EventColumn.KIND]
    dated = events.filter(pc.is_valid(events[EventColumn.TIME])).sort_by(EventColumn.TIME)
    columns = [dated[name].to_pylist() for name in (*names, EventColumn.RECIPIENT_INTERESTS)]
    past: _Past = defaultdict(lambda: ([], [], []))
    for store, session, time, toy, kind, interests in zip(*columns, strict=True):
        visit = _visit(store, session)
        if visit is not None:
            times, contacts, said = past[visit]
            times.append(time)
            contacts.append(Contact(toy, EventKind(kind)))
            said.append(tuple(interests or ()))
    return past


def _visit(store: str | None, session: str | None) -> str | None:
    return None if session is None else f"{store} {session}"


def _list(toys: list[dict[str, Any]], visit: str | None, past: _Past) -> ShownList:
    first = toys[0]
    before: tuple[Contact, ...] = ()
    interests: tuple[str, ...] = ()
    if visit is not None and visit in past:
        times, contacts, said = past[visit]
        until = bisect_left(times, first["time"])
        before = tuple(contacts[:until])
        interests = said[until - 1] if until else ()
    return ShownList(
        visit or f"{first['store_id']} list {first['recommendation_id']}",
        first["model"],
        first["time"],
        first["recipient_age"],
        first["youngest_age"],
        first["purpose"],
        tuple(row["toy_id"] for row in toys),
        np.array([row["score"] for row in toys], np.float32),
        np.array([row["propensity"] for row in toys], np.float64),
        sum(row["pinned"] for row in toys),
        np.array([bool(WANTED_KINDS.intersection(row["kinds"])) for row in toys]),
        before,
        interests,
    )
