"""Who changed what, written in the transaction of the change itself: neither is there without the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from app.kiosk.store.database import Database, milliseconds, moment
from app.kiosk.store.tables import AUDIT


@dataclass(frozen=True, slots=True)
class Change:
    """One entry. who: the name of a staff key, or "command line"; time: RFC 3339."""

    id: int
    time: str
    who: str
    action: str
    details: dict[str, Any]


def note(connection: sa.Connection, who: str, action: str, details: Mapping[str, Any]) -> None:
    """Write an entry within the transaction of `connection`."""
    row = {
        "time_ms": milliseconds(datetime.now(UTC)),
        "who": who,
        "action": action,
        "details": json.dumps(details, ensure_ascii=False),
    }
    connection.execute(sa.insert(AUDIT).values(row))


def changed_now(who: str) -> dict[str, Any]:
    """The columns of a row that say who changed it last, and when."""
    return {"changed_ms": milliseconds(datetime.now(UTC)), "changed_by": who}


def changes(database: Database, limit: int, before: int | None = None) -> tuple[Change, ...]:
    """The newest `limit` entries, newest first; with `before`, those with a lower id."""
    asked = sa.select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if before is not None:
        asked = asked.where(AUDIT.c.id < before)
    with database.reading() as connection:
        rows = connection.execute(asked).all()
    return tuple(map(_change, rows))


def newest_change(connection: sa.Connection, action: str, **details: str | int) -> Change | None:
    """The newest entry of `action` with these details, within the transaction of `connection`."""
    wanted = [sa.func.json_extract(AUDIT.c.details, f"$.{name}") == value for name, value in details.items()]
    asked = sa.select(AUDIT).where(AUDIT.c.action == action, *wanted).order_by(AUDIT.c.id.desc()).limit(1)
    row = connection.execute(asked).one_or_none()
    return None if row is None else _change(row)


def _change(row: sa.Row[Any]) -> Change:
    return Change(row.id, moment(row.time_ms), row.who, row.action, json.loads(row.details))
