"""What the shop itself says of its toys: recalls, and the stock of each store. The bundle knows nothing of it.

Ids and barcodes are kept whether or not the catalogue of today knows them: a recall that came before its toy must hold
when the toy comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from app.kiosk.store.audit import note
from app.kiosk.store.database import Database, milliseconds, moment
from app.kiosk.store.tables import RECALLS, STOCK, STOCK_LISTS

By = Literal["toy_id", "barcode"]
_SHOWN: Final = 20
"""As many entries of a change stand in its audit entry; of the rest, the count."""


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

    def __init__(self, database: Database) -> None:
        self.database = database

    def recall(self, recalls: Sequence[Recall], who: str) -> int:
        """Keep `recalls`; returns how many are new. A line that was there has its reason and source replaced."""
        now = milliseconds(datetime.now(UTC))
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
            before = _count(connection, RECALLS)
            statement = insert(RECALLS)
            renewed = {"reason": statement.excluded.reason, "source": statement.excluded.source}
            kept = statement.on_conflict_do_update(index_elements=["by", "value"], set_=renewed)
            connection.execute(kept, list(rows.values()))
            added = _count(connection, RECALLS) - before
            shown = [{by: value} for by, value in list(rows)[:_SHOWN]]
            note(connection, who, "recall.import", {"lines": len(rows), "new": added, "first": shown})
        return added

    def lift(self, by: By, value: str, who: str) -> bool:
        """Take a recall back; False if there is none."""
        with self.database.writing() as connection:
            gone = connection.execute(sa.delete(RECALLS).where(RECALLS.c.by == by, RECALLS.c.value == value)).rowcount
            if gone:
                note(connection, who, "recall.lift", {by: value})
        return bool(gone)

    def recalls(self) -> tuple[Recall, ...]:
        """Every recall, newest first."""
        order = (RECALLS.c.added_ms.desc(), RECALLS.c.by, RECALLS.c.value)
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(RECALLS).order_by(*order)).all()
        return tuple(Recall(row.by, row.value, row.reason, row.source, moment(row.added_ms)) for row in rows)

    def stock_up(self, store_id: str, counts: Mapping[str, int], whole: bool, who: str) -> None:
        """Keep what a store has. whole: it is all that the store has, and what was said before is forgotten."""
        now = milliseconds(datetime.now(UTC))
        rows = [
            {"store_id": store_id, "toy_id": toy, "count": count, "changed_ms": now} for toy, count in counts.items()
        ]
        with self.database.writing() as connection:
            if whole:
                connection.execute(sa.delete(STOCK).where(STOCK.c.store_id == store_id))
                loaded = insert(STOCK_LISTS).values(store_id=store_id, loaded_ms=now)
                connection.execute(
                    loaded.on_conflict_do_update(
                        index_elements=["store_id"], set_={"loaded_ms": loaded.excluded.loaded_ms}
                    )
                )
            statement = insert(STOCK)
            renewed = {"count": statement.excluded.count, "changed_ms": statement.excluded.changed_ms}
            kept = statement.on_conflict_do_update(index_elements=["store_id", "toy_id"], set_=renewed)
            if rows:
                connection.execute(kept, rows)
            shown = dict(list(counts.items())[:_SHOWN])
            details = {"store_id": store_id, "whole": whole, "toys": len(counts), "first": shown}
            note(connection, who, "stock.set", details)

    def stock(self, store_id: str) -> Stock:
        """What is known of a store; of one that never spoke, nothing, and nothing is out of stock there."""
        with self.database.reading() as connection:
            asked = sa.select(STOCK.c.toy_id, STOCK.c.count).where(STOCK.c.store_id == store_id)
            counts = {row[0]: row[1] for row in connection.execute(asked)}
            whole = connection.scalar(sa.select(STOCK_LISTS.c.loaded_ms).where(STOCK_LISTS.c.store_id == store_id))
        return Stock(counts, whole is not None)


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
