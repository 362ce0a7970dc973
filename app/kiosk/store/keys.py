"""Staff keys: who may change what the shop shows. A key is shown once, when it is made; here lies its digest alone.

A key is 256 random bits, so a plain SHA-256 of it tells nothing: slow hashes are for what people think up.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

import sqlalchemy as sa

from app.kiosk.store.audit import note
from app.kiosk.store.database import Database, milliseconds, moment
from app.kiosk.store.tables import STAFF_KEYS
from data.errors import ToyGuideError, parameter_error

PREFIX: Final = "toyguide_"
"""A key that strays into a file or a log can be searched for."""
COMMAND_LINE: Final = "command line"
MAX_NAME: Final = 80


class Role(IntEnum):
    """What a key allows; the higher includes the lower."""

    CLERK = 1
    MANAGER = 2


@dataclass(frozen=True, slots=True)
class StaffKey:
    """A key as it is listed; created in RFC 3339."""

    name: str
    role: Role
    created: str


class KeyStore:
    """The staff keys of one kiosk."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, name: str, role: Role) -> str:
        """Make a key and return it: nobody can ask for it again. Raises ToyGuideError if the name is taken or unfit."""
        if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name != name.strip() or name == COMMAND_LINE:
            must_be = f"1 to {MAX_NAME} printable characters, no space at an end, and not {COMMAND_LINE!r}"
            raise parameter_error("name", "a staff key", must_be, name)
        key = PREFIX + secrets.token_urlsafe(32)
        row = {
            "name": name,
            "role": role.name.lower(),
            "digest": _digest(key),
            "created_ms": milliseconds(datetime.now(UTC)),
        }
        with self.database.writing() as connection:
            if connection.scalar(sa.select(STAFF_KEYS.c.name).where(STAFF_KEYS.c.name == name)) is not None:
                raise ToyGuideError(f"There is a staff key called {name!r} already. Remove it, or choose another.")
            connection.execute(sa.insert(STAFF_KEYS).values(row))
            note(connection, COMMAND_LINE, "key.add", {"name": name, "role": row["role"]})
        return key

    def remove(self, name: str) -> None:
        """Take the key of that name out of use, at once. Raises ToyGuideError if there is none."""
        with self.database.writing() as connection:
            if not connection.execute(sa.delete(STAFF_KEYS).where(STAFF_KEYS.c.name == name)).rowcount:
                raise ToyGuideError(f"There is no staff key called {name!r}. See 'toyguide kiosk key list'.")
            note(connection, COMMAND_LINE, "key.remove", {"name": name})

    def list(self) -> tuple[StaffKey, ...]:
        """All keys by name."""
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(STAFF_KEYS).order_by(STAFF_KEYS.c.name)).all()
        return tuple(StaffKey(row.name, Role[row.role.upper()], moment(row.created_ms)) for row in rows)

    def find(self, key: str) -> StaffKey | None:
        """Whose key this is. Every key is compared, each in constant time: an answer's time tells nothing."""
        given = _digest(key)
        found = None
        with self.database.reading() as connection:
            for row in connection.execute(sa.select(STAFF_KEYS)):
                if hmac.compare_digest(row.digest, given):
                    found = StaffKey(row.name, Role[row.role.upper()], moment(row.created_ms))
        return found


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
