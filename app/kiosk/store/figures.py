"""How the shop's lists do: what was shown, what was wanted of it, what the rules took away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.kiosk.store.database import Database
from app.kiosk.store.impressions import HOUR_MS, hour_of
from data.schema import WANTED_KINDS

_MASKED: Final = "masked."
_COUNTED: Final = "SELECT name, sum(count) FROM hours WHERE hour_ms BETWEEN :since AND :last GROUP BY name"
_LISTS: Final = "SELECT count(*) FROM answers WHERE time_ms BETWEEN :since AND :last"
_SHOWN: Final = """
    SELECT count(*), count(DISTINCT toy_id) FROM impressions JOIN answers ON id = answer_id
    WHERE time_ms BETWEEN :since AND :last
"""
_MOST_SHOWN: Final = """
    SELECT toy_id, count(*) FROM impressions JOIN answers ON id = answer_id WHERE time_ms BETWEEN :since AND :last
    GROUP BY toy_id ORDER BY count(*) DESC, toy_id LIMIT :top
"""
# What quotes a list comes after it, and when it was received has an index.
_CAME: Final = """
    SELECT DISTINCT answer_id, position, impressions.toy_id, kind
    FROM events
    JOIN answers ON answers.recommendation_id = events.recommendation_id
    JOIN impressions ON answer_id = answers.id AND impressions.toy_id = events.toy_id
    WHERE answers.time_ms BETWEEN :since AND :last AND received_ms >= :since
"""


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
    something was wanted on `lists_wanted` and in `toys_wanted` places; kinds: the places that had an event of a kind;
    different: how many toys `toys_shown` are
    """

    since_ms: int
    until_ms: int
    answers: int
    impressions: int
    lost: int
    masked: dict[str, int]
    lists: int
    toys_shown: int
    different: int
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
    asked = {"since": since, "last": until - 1, "top": top}
    with database.reading() as connection:
        counts = {name: int(count) for name, count in connection.execute(_COUNTED, asked)}
        (lists,) = connection.execute(_LISTS, asked).fetchone()
        toys_shown, different = connection.execute(_SHOWN, asked).fetchone()
        most = connection.execute(_MOST_SHOWN, asked).fetchall()
        places = connection.execute(_CAME, asked).fetchall()
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
        different,
        len({answer for answer, _ in wanted}),
        len(wanted),
        {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        tuple(ShownToy(toy, count, toys.count(toy)) for toy, count in most),
    )
