"""What a kiosk kept, as lines for analysts: a head, events, lists that were shown, recalls, an end that says how many.

Ids of people are pseudonyms: HMAC-SHA256 under a key that this database made for itself and never gives away. So a
shopper is one and the same in every export of a store, and can be joined with nothing outside it.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any, Final

from app.kiosk.store.database import Database, milliseconds, moment
from app.kiosk.store.marks import read_mark, write_mark

FORMAT: Final = 1
KEY: Final = "export.key"
Alias = Callable[[str, str | None], str | None]


def export_lines(
    database: Database, store_id: str, now: datetime, since: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """Every line of an export, all of one moment of the database, in the order of arrival.

    since: what the kiosk received from then on; recalls are told all, for they hold. What is kept for its session only
    (child mode) is left out.
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
    counts = {"events": 0, "lists": 0, "recalls": 0}
    with database.reading() as connection:
        parts = {
            "events": _events(connection, first, alias),
            "lists": _lists(connection, first, alias),
            "recalls": _recalls(connection),
        }
        for name, lines in parts.items():
            for line in lines:
                counts[name] += 1
                yield line
    yield {"type": "end", **counts}


def _events(connection: sqlite3.Connection, first: int | None, alias: Alias) -> Iterator[dict[str, Any]]:
    asked = "SELECT * FROM events WHERE session_only = 0 AND (:first IS NULL OR received_ms >= :first) ORDER BY id"
    with closing(connection.execute(asked, {"first": first})) as rows:
        for row in rows:
            yield {
                "type": "event",
                "event_id": alias("event", row["event_id"]),
                "session_id": alias("session", row["session_id"]),
                "shopper_id": alias("shopper", row["shopper_id"]),
                "toy_id": row["toy_id"],
                "kind": row["kind"],
                "time": moment(row["time_ms"]),
                "received": moment(row["received_ms"]),
                "skew_ms": row["skew_ms"],
                "recommendation_id": alias("list", row["recommendation_id"]),
                "recipient_id": alias("recipient", row["recipient_id"]),
                "recipient_age": row["recipient_age"],
                "recipient_interests": json.loads(row["recipient_interests"]),
            }


def _lists(connection: sqlite3.Connection, first: int | None, alias: Alias) -> Iterator[dict[str, Any]]:
    asked = """
        SELECT answers.*, toy_id, score, propensity, pinned
        FROM answers LEFT JOIN impressions ON answer_id = id
        WHERE session_only = 0 AND (:first IS NULL OR time_ms >= :first)
        ORDER BY id, position
    """
    with closing(connection.execute(asked, {"first": first})) as rows:
        for _, toys in itertools.groupby(rows, key=lambda row: row["id"]):
            shown = list(toys)
            row = shown[0]
            yield {
                "type": "list",
                "recommendation_id": alias("list", row["recommendation_id"]),
                "session_id": alias("session", row["session_id"]),
                "shopper_id": alias("shopper", row["shopper_id"]),
                "time": moment(row["time_ms"]),
                "model": row["model"],
                "recipient_age": row["recipient_age"],
                "youngest_age": row["youngest_age"],
                "occasion": row["occasion"],
                "purpose": row["purpose"],
                "language": row["language"],
                "interests": None if row["interests"] is None else json.loads(row["interests"]),
                "budget": row["budget"],
                "toys": [
                    {
                        "toy_id": toy["toy_id"],
                        "score": toy["score"],
                        "propensity": toy["propensity"],
                        "pinned": bool(toy["pinned"]),
                    }
                    for toy in shown
                    if toy["toy_id"] is not None
                ],
            }


def _recalls(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    for row in connection.execute('SELECT "by", value, added_ms FROM recalls ORDER BY added_ms, "by", value'):
        yield {"type": "recall", "by": row["by"], "value": row["value"], "added": moment(row["added_ms"])}


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
