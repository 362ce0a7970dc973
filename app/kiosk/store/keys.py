"""Staff keys: who may change what the shop shows. A key is shown once, when it is made; here lies its digest alone.

A key is 256 random bits, so a plain SHA-256 of it tells nothing: slow hashes are for what people think up.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final

from app.kiosk.store.audit import note
from app.kiosk.store.database import Database, milliseconds, moment
from data.errors import ToyGuideError, parameter_error

PREFIX: Final = "toyguide_"
"""A key that strays into a file or a log can be searched for."""
COMMAND_LINE: Final = "command line"
NOBODYS: Final = frozenset({COMMAND_LINE, "publish", "watch"})
"""Who changed what where it was nobody with a key; see `app.kiosk.published`."""
MAX_NAME: Final = 80
MAX_DAYS: Final = 3650


class Role(IntEnum):
    """What a key allows; the higher includes the lower."""

    CLERK = 1
    MANAGER = 2


@dataclass(frozen=True, slots=True)
class StaffKey:
    """A key as it is listed; created and expires in RFC 3339, None for one that never expires."""

    name: str
    role: Role
    created: str
    expires: str | None = None

    def expired(self, at: datetime) -> bool:
        """Whether it is of no use any more."""
        return self.expires is not None and self.expires <= moment(milliseconds(at))


class KeyStore:
    """The staff keys of one kiosk."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, name: str, role: Role, days: int | None = None) -> str:
        """Make a key and return it: nobody can ask for it again. It works for `days`, or until it is removed.

        Raises ToyGuideError if the name is taken or unfit, or for days out of bounds.
        """
        if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name != name.strip() or name in NOBODYS:
            must_be = f"1 to {MAX_NAME} printable characters, no space at an end, and none of {sorted(NOBODYS)}"
            raise parameter_error("name", "a staff key", must_be, name)
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise parameter_error("days", "a staff key", f"an int in [1, {MAX_DAYS}]", days)
        now = datetime.now(UTC)
        key = PREFIX + secrets.token_urlsafe(32)
        expires = None if days is None else milliseconds(now + timedelta(days=days))
        row = (name, role.name.lower(), _digest(key), milliseconds(now), expires)
        with self.database.writing() as connection:
            if connection.execute("SELECT 1 FROM staff_keys WHERE name = ?", (name,)).fetchone() is not None:
                raise ToyGuideError(f"There is a staff key called {name!r} already. Remove it, or choose another.")
            connection.execute(
                "INSERT INTO staff_keys (name, role, digest, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?)", row
            )
            note(connection, COMMAND_LINE, "key.add", {"name": name, "role": role.name.lower(), "days": days})
        return key

    def remove(self, name: str) -> None:
        """Take the key of that name out of use, at once. Raises ToyGuideError if there is none."""
        with self.database.writing() as connection:
            if not connection.execute("DELETE FROM staff_keys WHERE name = ?", (name,)).rowcount:
                raise ToyGuideError(f"There is no staff key called {name!r}. See 'toyguide kiosk key list'.")
            note(connection, COMMAND_LINE, "key.remove", {"name": name})

    def list(self) -> tuple[StaffKey, ...]:
        """All keys by name."""
        with self.database.reading() as connection:
            return tuple(map(_key, connection.execute("SELECT * FROM staff_keys ORDER BY name")))

    def find(self, key: str) -> StaffKey | None:
        """Whose key this is, expired or not. Each is compared in constant time: an answer's time tells nothing."""
        given = _digest(key)
        found = None
        with self.database.reading() as connection:
            for row in connection.execute("SELECT * FROM staff_keys"):
                if hmac.compare_digest(row["digest"], given):
                    found = _key(row)
        return found


def _key(row: sqlite3.Row) -> StaffKey:
    expires = None if row["expires_ms"] is None else moment(row["expires_ms"])
    return StaffKey(row["name"], Role[row["role"].upper()], moment(row["created_ms"]), expires)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
