"""Small things that the kiosk must remember: one value under one name."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from app.kiosk.store.tables import MARKS


def read_mark(connection: sa.Connection, name: str) -> bytes | None:
    """What is remembered under `name`; None if nothing is."""
    value: bytes | None = connection.scalar(sa.select(MARKS.c.value).where(MARKS.c.name == name))
    return value


def read_number(connection: sa.Connection, name: str) -> int | None:
    """A number that `write_mark` was given; None if there is none."""
    value = read_mark(connection, name)
    return None if value is None else int(value)


def write_mark(connection: sa.Connection, name: str, value: bytes | int | None) -> None:
    """Remember `value` within the transaction of `connection`; None forgets it."""
    if value is None:
        connection.execute(sa.delete(MARKS).where(MARKS.c.name == name))
        return
    statement = insert(MARKS).values(name=name, value=value if isinstance(value, bytes) else b"%d" % value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    )
