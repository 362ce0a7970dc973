"""Lists that kiosks showed, as values: from the tables of an export to what `replay` makes anew."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.people import of_people
from data.schema import WANTED_KINDS, EventColumn, EventKind
from recommender.base import MAX_HISTORY, Contact
from recommender.evaluation.replay import Recalled, ShownList
from recommender.serving.recalls import By

MOST_OF_A_VISIT: Final = 20
"""Of one visit no more lists count, as for the positive rate of a kiosk: a machine must not speak for all shoppers."""
MOST_LISTS: Final = 10_000
_COLUMNS: Final = (
    EventColumn.STORE,
    EventColumn.SESSION,
    EventColumn.SHOPPER,
    EventColumn.TIME,
    EventColumn.TOY,
    EventColumn.KIND,
    EventColumn.RECIPIENT_INTERESTS,
)


@dataclass(frozen=True)
class Seen:
    """What kiosks showed, and what came with it, all of the same exports.

    lists, recalls: schemas `data.importers.kiosk.SHOWN_TABLE` and `RECALL_TABLE`; events: `data.tables.EVENT_TABLE`
    """

    lists: pa.Table
    events: pa.Table
    recalls: pa.Table


def shown_lists(seen: Seen, model: str, most: int = MOST_LISTS) -> list[ShownList]:
    """The newest `most` lists of a model, oldest first, with what the visit and the shopper had done before.

    Lists that were asked for, or quoted, by who was no person (`data.people`) are left out.
    """
    mine = seen.lists.filter(pc.equal(seen.lists["model"], model))
    mine = mine.sort_by([(name, "ascending") for name in ("time", "store_id", "recommendation_id", "position")])
    past, recalls = _Past(seen.events), _Recalls(seen.recalls)
    met: Counter[str] = Counter()
    found = []
    for _, rows in itertools.groupby(mine.to_pylist(), key=lambda row: (row["store_id"], row["recommendation_id"])):
        toys = list(rows)
        visit = _visit(toys[0]["store_id"], toys[0]["session_id"])
        if visit in past.robots or any(not past.strange.isdisjoint(row["quoted_by"]) for row in toys):
            continue
        if visit is not None:
            met[visit] += 1
            if met[visit] > MOST_OF_A_VISIT:
                continue
        found.append(_list(toys, visit, past, recalls))
    return found[-most:]


def shoppers_shown(shown: pa.Table, model: str) -> frozenset[str]:
    """Ids, as a dataset has them, of the shoppers to whom lists of a model were shown: see `data.importers.kiosk`.

    shown: schema `data.importers.kiosk.SHOWN_TABLE`
    """
    mine = shown.filter(pc.equal(shown["model"], model))
    return frozenset(pc.unique(pc.coalesce(mine["shopper_id"], mine["session_id"])).drop_null().to_pylist())


@dataclass
class _Story:
    """What one visit, or one shopper, did, oldest first. said: the interests that came with each contact."""

    times: list[datetime] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    said: list[tuple[str, ...]] = field(default_factory=list)
    visits: list[str | None] = field(default_factory=list)

    def until(self, time: datetime) -> int:
        """How many contacts came before `time`."""
        return bisect_left(self.times, time)


class _Past:
    """What was done before: `visits` and `shoppers`, by names that hold the store's.

    robots: visits of no person; strange: ids of their events
    """

    def __init__(self, events: pa.Table) -> None:
        self.visits: defaultdict[str, _Story] = defaultdict(_Story)
        self.shoppers: defaultdict[str, _Story] = defaultdict(_Story)
        people, _ = of_people(events)
        strange = events.filter(pc.invert(pc.is_in(events[EventColumn.ID], people[EventColumn.ID].combine_chunks())))
        self.strange = frozenset(strange[EventColumn.ID].to_pylist())
        self.robots = frozenset(
            map(_visit, strange[EventColumn.STORE].to_pylist(), strange[EventColumn.SESSION].to_pylist())
        ) - {None}
        dated = people.filter(pc.is_valid(people[EventColumn.TIME])).sort_by(EventColumn.TIME)
        columns = [dated[name].to_pylist() for name in _COLUMNS]
        for store, session, shopper, time, toy, kind, interests in zip(*columns, strict=True):
            visit = _visit(store, session)
            stories = [self.shoppers[f"{store} {shopper}"]]
            if visit is not None:
                stories.append(self.visits[visit])
            contact = Contact(toy, EventKind(kind))
            for story in stories:
                story.times.append(time)
                story.contacts.append(contact)
                story.said.append(tuple(interests or ()))
                story.visits.append(visit)

    def earlier(self, store: str, shopper: str | None, visit: str | None, time: datetime) -> tuple[Contact, ...]:
        """What a shopper had done in other visits, oldest first, the newest `MAX_HISTORY`."""
        story = None if shopper is None else self.shoppers.get(f"{store} {shopper}")
        if story is None:
            return ()
        before = zip(story.contacts[: story.until(time)], story.visits, strict=False)
        return tuple(contact for contact, of in before if of != visit or of is None)[-MAX_HISTORY:]


class _Recalls:
    """What each store had recalled, and since when."""

    def __init__(self, recalls: pa.Table) -> None:
        self._times: defaultdict[str, list[datetime]] = defaultdict(list)
        self._recalls: defaultdict[str, list[tuple[By, str]]] = defaultdict(list)
        self._made: dict[tuple[str, int], Recalled] = {}
        for row in recalls.sort_by("time").to_pylist():
            self._times[row["store_id"]].append(row["time"])
            self._recalls[row["store_id"]].append((row["by"], row["value"]))

    def at(self, store: str, time: datetime) -> Recalled:
        """What was recalled then; the same set for lists between the same recalls."""
        count = bisect_right(self._times[store], time)
        if (store, count) not in self._made:
            self._made[store, count] = frozenset(self._recalls[store][:count])
        return self._made[store, count]


def _visit(store: str | None, session: str | None) -> str | None:
    return None if session is None else f"{store} {session}"


def _list(toys: list[dict[str, Any]], visit: str | None, past: _Past, recalls: _Recalls) -> ShownList:
    first = toys[0]
    story = (past.visits.get(visit) if visit is not None else None) or _Story()
    done = story.until(first["time"])
    if first["interests"] is None:  # a kiosk of before: what the visit had said of it last, or nothing
        likings: tuple[tuple[str, ...], ...] = (story.said[done - 1] if done else (), ())
    else:
        likings = (tuple(first["interests"]),)
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
        tuple(story.contacts),
        done,
        past.earlier(first["store_id"], first["shopper_id"], visit, first["time"]),
        likings,
        first["budget"],
        recalls.at(first["store_id"], first["time"]),
    )
