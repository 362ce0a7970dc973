"""What a kiosk kept, as lines for analysts: a head, events, lists that were shown, and an end that says how many.

Ids of people are pseudonyms: HMAC-SHA256 under a key that this database made for itself and never gives away. So a
shopper is one and the same in every export of a store, and can be joined with nothing outside it.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.kiosk.store.database import Database, milliseconds, moment
from app.kiosk.store.marks import read_mark, write_mark
from app.kiosk.store.tables import ANSWERS, EVENTS, IMPRESSIONS

FORMAT: Final = 1
KEY: Final = "export.key"
_AT_ONCE: Final = 1000
Alias = Callable[[str, str | None], str | None]


def export_lines(
    database: Database, store_id: str, now: datetime, since: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """Every line of an export, all of one moment of the database, in the order of arrival.

    since: what the kiosk received from then on. What is kept for its session only (child mode) is left out.
    Raises StoreFullError or StoreUnavailableError.
    """
    alias = _aliases(_key(database))
    first = None if since is None else milliseconds(since)
    yield {
        "type": "kiosk",
        "format": FORMAT,
        "store_id": store_id,
        "exported": moment(milliseconds(now)),
        "since": None if first is None else moment(first),
    }
    counts = {"events": 0, "lists": 0}
    with database.reading() as connection:
        connection.exec_driver_sql("BEGIN")
        for name, lines in (("events", _events(connection, first, alias)), ("lists", _lists(connection, first, alias))):
            for line in lines:
                counts[name] += 1
                yield line
    yield {"type": "end", **counts}


def _events(connection: sa.Connection, first: int | None, alias: Alias) -> Iterator[dict[str, Any]]:
    asked = sa.select(EVENTS).where(~EVENTS.c.session_only).order_by(EVENTS.c.id)
    if first is not None:
        asked = asked.where(EVENTS.c.received_ms >= first)
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(asked):
        yield {
            "type": "event",
            "event_id": alias("event", row.event_id),
            "session_id": alias("session", row.session_id),
            "shopper_id": alias("shopper", row.shopper_id),
            "toy_id": row.toy_id,
            "kind": row.kind,
            "time": moment(row.time_ms),
            "received": moment(row.received_ms),
            "skew_ms": row.skew_ms,
            "recommendation_id": alias("list", row.recommendation_id),
            "recipient_id": alias("recipient", row.recipient_id),
            "recipient_age": row.recipient_age,
            "recipient_interests": json.loads(row.recipient_interests),
        }


def _lists(connection: sa.Connection, first: int | None, alias: Alias) -> Iterator[dict[str, Any]]:
    asked = (
        sa.select(ANSWERS, IMPRESSIONS)
        .outerjoin(IMPRESSIONS, IMPRESSIONS.c.answer_id == ANSWERS.c.id)
        .where(~ANSWERS.c.session_only)
        .order_by(ANSWERS.c.id, IMPRESSIONS.c.position)
    )
    if first is not None:
        asked = asked.where(ANSWERS.c.time_ms >= first)
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(asked)
    for _, toys in itertools.groupby(rows, key=lambda row: row.id):
        shown = list(toys)
        row = shown[0]
        yield {
            "type": "list",
            "recommendation_id": alias("list", row.recommendation_id),
            "session_id": alias("session", row.session_id),
            "shopper_id": alias("shopper", row.shopper_id),
            "time": moment(row.time_ms),
            "model": row.model,
            "recipient_age": row.recipient_age,
            "youngest_age": row.youngest_age,
            "occasion": row.occasion,
            "purpose": row.purpose,
            "language": row.language,
            "toys": [
                {"toy_id": toy.toy_id, "score": toy.score, "propensity": toy.propensity, "pinned": toy.pinned}
                for toy in shown
                if toy.toy_id is not None
            ],
        }


def _key(database: Database) -> bytes:
    """The key of the pseudonyms, made at the first export."""
    with database.writing() as connection:
        key = read_mark(connection, KEY)
        if key is None:
            key = secrets.token_bytes(32)
            write_mark(connection, KEY, key)
    return key


def _aliases(key: bytes) -> Alias:
    def alias(kind: str, name: str | None) -> str | None:
        if name is None:
            return None
        return hmac.new(key, f"{kind}:{name}".encode(), hashlib.sha256).hexdigest()[:32]

    return alias
