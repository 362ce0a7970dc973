"""What the shop itself says of its toys: recalls, and the stock of each store. The bundle knows nothing of it.

Ids and barcodes are kept whether or not the catalogue of today knows them: a recall that came before its toy must hold
when the toy comes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.kiosk.clock import Clock
from app.kiosk.store.audit import note
from app.kiosk.store.database import Database, milliseconds, moment
from recommender.serving.recalls import By

_SHOWN: Final = 20
"""As many entries of a change stand in its audit entry; of the rest, the count."""
_RECALL: Final = """
    INSERT INTO recalls ("by", value, reason, source, added_ms) VALUES (:by, :value, :reason, :source, :added_ms)
    ON CONFLICT ("by", value) DO UPDATE SET reason = excluded.reason, source = excluded.source
"""
_COUNT: Final = """
    INSERT INTO stock (store_id, toy_id, count, changed_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (store_id, toy_id) DO UPDATE SET count = excluded.count, changed_ms = excluded.changed_ms
"""
_WHOLE_LIST: Final = """
    INSERT INTO stock_lists (store_id, loaded_ms) VALUES (?, ?)
    ON CONFLICT (store_id) DO UPDATE SET loaded_ms = excluded.loaded_ms
"""


@dataclass(frozen=True, slots=True)
class Recall:
    """One line of a recall list. value: a toy id, or a barcode as `barcode_key` has it; added: RFC 3339."""

    by: By
    value: str
    reason: str | None = None
    source: str | None = None
    added: str | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What a store has. counts: of the toys it spoke of; whole: all others are out of stock, for a whole list came."""

    counts: Mapping[str, int]
    whole: bool

    def count(self, toy_id: str) -> int | None:
        """How many of a toy there are; None where nobody said."""
        return self.counts.get(toy_id, 0 if self.whole else None)


class House:
    """Recalls and stock in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self._clock = clock

    def recall(self, recalls: Sequence[Recall], who: str) -> int:
        """Keep `recalls`; returns how many are new. A line that was there has its reason and source replaced."""
        now = milliseconds(self._clock())
        rows = {
            (each.by, each.value): {
                "by": each.by,
                "value": each.value,
                "reason": each.reason,
                "source": each.source,
                "added_ms": now,
            }
            for each in recalls
        }
        with self.database.writing() as connection:
            before = _recalls(connection)
            connection.executemany(_RECALL, rows.values())
            added = _recalls(connection) - before
            shown = [{by: value} for by, value in list(rows)[:_SHOWN]]
            note(connection, who, "recall.import", {"lines": len(rows), "new": added, "first": shown})
        return added

    def lift(self, by: By, value: str, who: str) -> bool:
        """Take a recall back; False if there is none."""
        with self.database.writing() as connection:
            gone = connection.execute('DELETE FROM recalls WHERE "by" = ? AND value = ?', (by, value)).rowcount
            if gone:
                note(connection, who, "recall.lift", {by: value})
        return bool(gone)

    def recalls(self) -> tuple[Recall, ...]:
        """Every recall, newest first."""
        with self.database.reading() as connection:
            rows = connection.execute('SELECT * FROM recalls ORDER BY added_ms DESC, "by", value').fetchall()
        return tuple(
            Recall(row["by"], row["value"], row["reason"], row["source"], moment(row["added_ms"])) for row in rows
        )

    def stock_up(self, store_id: str, counts: Mapping[str, int], whole: bool, who: str) -> None:
        """Keep what a store has. whole: it is all that the store has, and what was said before is forgotten."""
        now = milliseconds(self._clock())
        with self.database.writing() as connection:
            if whole:
                connection.execute("DELETE FROM stock WHERE store_id = ?", (store_id,))
                connection.execute(_WHOLE_LIST, (store_id, now))
            connection.executemany(_COUNT, ((store_id, toy, count, now) for toy, count in counts.items()))
            shown = dict(list(counts.items())[:_SHOWN])
            details = {"store_id": store_id, "whole": whole, "toys": len(counts), "first": shown}
            note(connection, who, "stock.set", details)

    def stock(self, store_id: str) -> Stock:
        """What is known of a store; of one that never spoke, nothing, and nothing is out of stock there."""
        with self.database.reading() as connection:
            kept = connection.execute("SELECT toy_id, count FROM stock WHERE store_id = ?", (store_id,))
            counts = {row["toy_id"]: row["count"] for row in kept}
            whole = connection.execute("SELECT 1 FROM stock_lists WHERE store_id = ?", (store_id,)).fetchone()
        return Stock(counts, whole is not None)


def _recalls(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM recalls").fetchone()[0])
