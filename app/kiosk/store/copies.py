"""Copies of the database: a whole backup, and the mirror of what the shop itself said, for the day the file breaks.

The mirror is a small SQLite file beside the database. It holds every table but those of shoppers and of what passes
(`PASSING`): recalls, rules, stock, staff keys, toys of the shop's own. Both copies are made from one moment of the
database while it is in use, and appear under their name whole or not at all.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from app.kiosk.store.tables import PASSING, TABLES, VERSION
from app.kiosk.store.upgrade import columns_of
from data.atomic import atomic_file
from data.errors import ToyGuideError

MIRROR_SUFFIX: Final = ".house"
HOUSE: Final = tuple(name for name in TABLES if name not in PASSING)
_BUSY_SECONDS: Final = 5.0


def mirror_of(file: Path) -> Path:
    """Where the mirror of the database `file` lies."""
    return file.with_name(file.name + MIRROR_SUFFIX)


def write_mirror(file: Path) -> int:
    """Copy the shop's own tables of the database `file` beside it; returns the last change (audit) that it holds.

    Raises DataError if the disk refuses it, sqlite3.Error if the database cannot be read.
    """
    with atomic_file(mirror_of(file)) as temporary, closing(_open(temporary)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # the rename makes it whole
        connection.execute("ATTACH ? AS kiosk", (str(file.absolute()),))
        connection.execute("BEGIN")  # one moment of the database for all tables
        for table in HOUSE:
            connection.execute(TABLES[table])
            _copy(connection, table, "kiosk", "main", "INSERT")
        last = connection.execute("SELECT coalesce(max(id), 0) FROM kiosk.audit").fetchone()[0]
        connection.execute("CREATE TABLE mirrored (change INTEGER NOT NULL)")
        connection.execute("INSERT INTO mirrored VALUES (?)", (last,))
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    return int(last)


def mirrored_change(mirror: Path) -> int | None:
    """The last change that the file `mirror` holds; None where it is none that can be read."""
    if not mirror.is_file():
        return None
    try:
        with closing(_open(mirror)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
            return int(connection.execute("SELECT change FROM mirrored").fetchone()[0])
    except (sqlite3.Error, TypeError):
        return None


def take_from_mirror(file: Path, mirror: Path, tables: tuple[str, ...] = HOUSE) -> bool:
    """Fill `tables` of the database `file`, which is not in use, from a mirror; what is there in both stays.

    Returns whether there was a mirror that can be read. Raises sqlite3.Error if the database cannot be written.
    """
    if mirrored_change(mirror) is None:
        return False
    with closing(_open(file)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("ATTACH ? AS mirror", (str(mirror.absolute()),))
        connection.execute("BEGIN IMMEDIATE")
        for table in tables:
            _copy(connection, table, "mirror", "main", "INSERT OR IGNORE")
        connection.execute("COMMIT")
    return True


def back_up(file: Path, out: Path) -> int:
    """Write a whole copy of the database `file`, in use or not, to `out`; returns its bytes.

    It is checked before it gets its name. Raises ToyGuideError if the database cannot be copied whole, DataError if
    `out` cannot be written.
    """
    if not file.is_file():
        raise ToyGuideError(f"There is no database {file}. Name the one the kiosk uses with --database.")
    check_apart("A backup", file, out)
    try:
        with atomic_file(out) as temporary:
            with closing(_open(file)) as source, closing(_open(temporary)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
                check_copy(copy, str(file))
            return temporary.stat().st_size
    except sqlite3.Error as error:
        raise ToyGuideError(f"{file} cannot be backed up: {error}.") from error


def check_apart(what: str, file: Path, out: Path) -> None:
    """Raise ToyGuideError if `out`, where `what` is to be written, is the database `file` itself or its mirror."""
    if out.resolve() in (file.resolve(), mirror_of(file).resolve()):
        raise ToyGuideError(f"{what} must not take the place of what it is made of. Choose another file than {out}.")


def check_kiosks(file: Path) -> None:
    """Raise ToyGuideError unless `file` is a kiosk's database, of a version we read. Nothing of it is changed."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        _check_tables(connection, str(file))


def check_copy(connection: sqlite3.Connection, name: str) -> None:
    """Raise ToyGuideError unless the open database, called `name`, is whole and a kiosk's, of a version we read."""
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise _unreadable(name, error) from error
    if found != "ok":
        raise ToyGuideError(f"{name} is damaged: {found}.")
    _check_tables(connection, name)


def _check_tables(connection: sqlite3.Connection, name: str) -> None:
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise _unreadable(name, error) from error
    if not {"recalls", "audit"} <= tables:
        raise ToyGuideError(f"{name} does not hold a kiosk's tables.")
    if version > VERSION:
        raise ToyGuideError(
            f"{name} was written by a newer toyguide (version {version}, this one reads up to {VERSION}). "
            "Update toyguide."
        )


def _unreadable(name: str, error: sqlite3.Error) -> ToyGuideError:
    return ToyGuideError(f"{name} cannot be read as a kiosk's database: {error}.")


def _copy(connection: sqlite3.Connection, table: str, source: str, target: str, verb: str) -> None:
    """Copy the columns that both have; a table that the source, of an earlier version, lacks stays empty."""
    there = columns_of(connection, table, source)
    names = ", ".join(f'"{name}"' for name in columns_of(connection, table, target) if name in there)
    if names:
        connection.execute(f"{verb} INTO {target}.{table} ({names}) SELECT {names} FROM {source}.{table}")


def _open(file: Path) -> sqlite3.Connection:
    """A connection that begins no transaction by itself."""
    return sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)
