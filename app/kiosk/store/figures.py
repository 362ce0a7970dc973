"""How the shop's lists do: what was shown, what was wanted of it, what the rules took away."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.kiosk.store.database import Database
from app.kiosk.store.impressions import HOUR_MS, hour_of
from app.kiosk.store.tables import ANSWERS, EVENTS, HOURS, IMPRESSIONS
from data.schema import WANTED_KINDS

_MASKED = "masked."


@dataclass(frozen=True, slots=True)
class ShownToy:
    """How often a toy was shown, and on how many of those lists it was wanted."""

    toy_id: str
    shown: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of whole hours, the current one included.

    answers, impressions, lost, masked: counted as they happened. lists, toys_shown: what is kept of them now, of which
    something was wanted on `lists_wanted` and in `toys_wanted` places; kinds: the places that had an event of a kind
    """

    since_ms: int
    until_ms: int
    answers: int
    impressions: int
    lost: int
    masked: dict[str, int]
    lists: int
    toys_shown: int
    lists_wanted: int
    toys_wanted: int
    kinds: dict[str, int]
    top: tuple[ShownToy, ...]


def figures(database: Database, now_ms: int, hours: int, top: int = 10) -> Figures:
    """The figures of the last `hours`. Raises StoreUnavailableError.

    A toy of a list was wanted if an event (like, cart, purchase) quotes the list and names the toy, whenever it came.
    """
    until = hour_of(now_ms) + HOUR_MS
    since = until - hours * HOUR_MS
    in_time = ANSWERS.c.time_ms.between(since, until - 1)
    shown = sa.select(IMPRESSIONS).join(ANSWERS, ANSWERS.c.id == IMPRESSIONS.c.answer_id).where(in_time).subquery()
    came = (
        sa.select(IMPRESSIONS.c.answer_id, IMPRESSIONS.c.position, IMPRESSIONS.c.toy_id, EVENTS.c.kind)
        .distinct()
        .select_from(EVENTS)
        .join(ANSWERS, ANSWERS.c.recommendation_id == EVENTS.c.recommendation_id)
        .join(
            IMPRESSIONS,
            (IMPRESSIONS.c.answer_id == ANSWERS.c.id) & (IMPRESSIONS.c.toy_id == EVENTS.c.toy_id),
        )
        .where(in_time, EVENTS.c.received_ms >= since)  # what quotes a list comes after it; this one has an index
    )
    with database.reading() as connection:
        connection.exec_driver_sql("BEGIN")  # all of one moment
        counted = connection.execute(
            sa.select(HOURS.c.name, sa.func.sum(HOURS.c.count))
            .where(HOURS.c.hour_ms.between(since, until - 1))
            .group_by(HOURS.c.name)
        )
        counts = {name: int(count) for name, count in counted}
        lists = connection.scalar(sa.select(sa.func.count()).select_from(ANSWERS).where(in_time)) or 0
        places = [tuple(row) for row in connection.execute(came)]
        often = sa.func.count()
        most = connection.execute(
            sa.select(shown.c.toy_id, often).group_by(shown.c.toy_id).order_by(often.desc(), shown.c.toy_id).limit(top)
        ).all()
        toys_shown = connection.scalar(sa.select(often).select_from(shown)) or 0
    wanted = {(answer, position): toy for answer, position, toy, kind in places if kind in WANTED_KINDS}
    toys = list(wanted.values())
    kinds = [kind for *_, kind in places]
    return Figures(
        since,
        until,
        counts.get("answers", 0),
        counts.get("impressions", 0),
        counts.get("lost", 0),
        {name.removeprefix(_MASKED): count for name, count in sorted(counts.items()) if name.startswith(_MASKED)},
        lists,
        toys_shown,
        len({answer for answer, _ in wanted}),
        len(wanted),
        {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        tuple(ShownToy(toy, count, toys.count(toy)) for toy, count in most),
    )
