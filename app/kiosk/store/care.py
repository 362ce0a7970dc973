"""A database that is damaged is kept aside, and the kiosk comes up with a fresh one that knows what the shop said.

What is kept aside keeps its name, with the word "damaged" and the time behind it: nothing is thrown away. The shop's
own lists (recalls above all: coming up without them would show what must not be shown) come from the mirror, see
`copies.py`. Where there is none that can be read, the kiosk says so until somebody has given it recalls anew.

At the start all but the largest tables are checked, which takes milliseconds; these, which may hold a million rows, are
checked beside the first requests (`damage_in`). What is found there is kept aside at the next start.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from app.kiosk.store.audit import note, number_after
from app.kiosk.store.copies import check_copy, mirror_of, mirrored_change, take_from_mirror
from app.kiosk.store.database import Database, StoreFullError, StoreUnavailableError
from app.kiosk.store.marks import read_mark, write_mark
from data.atomic import atomic_file
from data.errors import ToyGuideError

LARGE: Final = frozenset(("events", "answers", "impressions"))
LOST: Final = "house_lost"
"""The mark of a database that came up without what the shop had said."""
_MAGIC: Final = b"SQLite format 3\0"
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY_SECONDS: Final = 5.0
_SYSTEM: Final = "kiosk"
_log = logging.getLogger("kiosk")  # not structlog: what a command finds goes to stderr too


def open_database(file: Path, in_use: IO[bytes]) -> Database:
    """Open the database `file`, or a fresh one in its place if it is damaged; either knows the shop's own lists.

    in_use: the lock of `hold`. Raises ToyGuideError if the database is somebody else's or newer, cannot be opened for
    another reason, or must be replaced while somebody else has it open.
    """
    fault = _fault(file)
    there = file.exists() and file.stat().st_size > 0
    if not fault and (there or not mirror_of(file).exists()):
        if not there:
            _marker(file).unlink(missing_ok=True)  # it spoke of one that somebody took away
        return Database(file)
    _take_alone(in_use, f"The database {file} is {'damaged' if fault else 'gone'}, and in use. Stop the kiosk first.")
    try:
        _begin_anew(file, fault)
    finally:
        fcntl.flock(in_use, fcntl.LOCK_SH)
    return Database(file)


def _begin_anew(file: Path, fault: str | None) -> None:
    """A fresh database called `file`, with all that the mirror knows; there is no moment at which it knows less."""
    aside = None
    if fault or any(log.exists() for log in _logs(file.resolve())):
        aside = _aside(file, "damaged")
        if fault:
            _log.critical("the database is damaged: it is kept aside as %s, and a fresh one begun (%s)", aside, fault)
    mirror = mirror_of(file)
    mirrored = mirror.exists()
    with _as_one_sentence(file), atomic_file(file) as temporary:
        database = Database(temporary)
        try:
            found = take_from_mirror(temporary, mirror)
            _tell(database, aside, fault, found)
        finally:
            database.close()
        if aside is not None:
            _keep(file, aside)
        _marker(file).unlink(missing_ok=True)
    if mirrored and not found:
        kept = mirror.rename(_aside(mirror, "damaged"))
        _log.critical("the mirror of recalls, rules, stock and keys cannot be read: it is kept as %s", kept)


@contextmanager
def _as_one_sentence(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, StoreFullError, StoreUnavailableError) as error:
        cause = error.__cause__ or error
        raise ToyGuideError(f"The database {file} cannot be written: {cause}. Make room, then try again.") from error


def _aside(file: Path, word: str) -> Path:
    """A free name for what is to be kept of `file`: beside it, or what it is a link to, with `word` and the time."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{file.name}.{word}-{stamp}{more}" for more in ("", *(f".{number}" for number in range(2, 100))))
    return next(path for path in map(file.resolve().with_name, names) if not path.exists())


def _keep(file: Path, aside: Path) -> None:
    """Let the database `file`, with the logs beside it, be called `aside`, just before another takes its place.

    Until then it has its own name too: whoever is killed in between leaves no kiosk without a database, which would
    come up as one that was never told of a recall.
    """
    real = file.resolve()
    for log, kept in zip(_logs(real), _logs(aside), strict=True):  # first: or they are read into the next database
        if log.exists():
            log.rename(kept)
    if real.exists():
        try:
            aside.hardlink_to(real)
        except OSError:  # a file system on which a file has one name
            real.rename(aside)


def _logs(file: Path) -> list[Path]:
    """What SQLite may keep beside the database `file`."""
    return [file.with_name(file.name + suffix) for suffix in ("-wal", "-shm")]


def restore(copy: Path, file: Path) -> Path | None:
    """Put the backup `copy` in the place of the database `file`; returns where that is kept, None if there was none.

    Recalls that the mirror knows and the backup does not stay in force: a restore takes no recall back. Raises
    ToyGuideError if `file` is in use, or `copy` is damaged, somebody else's or newer; DataError if the disk refuses it.
    """
    with hold(file, alone=True):
        if not copy.is_file():
            raise ToyGuideError(f"There is no backup {copy}.")
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as backup:
            check_copy(backup, str(copy))
        real = file.resolve()
        restoring = real.with_name(real.name + ".restoring")
        with _as_one_sentence(file), atomic_file(restoring) as temporary:
            shutil.copyfile(copy, temporary)
            database = Database(temporary)
            try:
                with database.writing() as connection:
                    # A number that the mirror cannot have: it is known by its last change, and is behind now.
                    number_after(connection, mirrored_change(mirror_of(file)) or 0)
                    note(connection, "command line", "database.restored", {"from": copy.name})
            finally:
                database.close()
            take_from_mirror(temporary, mirror_of(file), ("recalls",))  # before it has its name: see `_begin_anew`
        aside = _aside(file, "replaced") if file.exists() else None
        if aside is not None:
            _fold(file)
            _keep(file, aside)
        _marker(file).unlink(missing_ok=True)
        restoring.rename(real)
    return aside


def _fold(file: Path) -> None:
    """Bring what a killed kiosk left in the log of the database `file` into it, as far as it can be read."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(file, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def damage_in(file: Path) -> str | None:
    """What is wrong anywhere in the database `file`, in use or not; None where it is whole.

    A million events take half a second. What is found is also left beside the file, for the next start.
    """
    fault = _checked(file, whole=True)
    if fault:
        try:
            _marker(file).write_text(fault, encoding="utf-8")
        except OSError as error:
            _log.warning("the next start will not know of the damage: %s", error)
    return fault


def house_lost(database: Database) -> bool:
    """Whether the database came up without what the shop had said, and has been told of no recall since."""
    with database.reading() as connection:
        if read_mark(connection, LOST) is None:
            return False
        return connection.execute("SELECT 1 FROM recalls LIMIT 1").fetchone() is None


def hold(file: Path, alone: bool = False) -> IO[bytes]:
    """A lock that says that the database is in use; closing it lets go. alone: that nobody else uses it.

    Raises ToyGuideError if it cannot be had.
    """
    lock = _open_beside(file, ".lock")
    try:
        if alone:
            _take_alone(lock, f"The database {file} is in use. Stop the kiosk first.")
        else:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ToyGuideError(f"The database {file} is being replaced. Try again in a moment.") from error
    except ToyGuideError:
        lock.close()
        raise
    return lock


def hold_as_kiosk(file: Path) -> IO[bytes]:
    """A lock for the one kiosk of the database `file`; closing it lets go. Commands go on beside it.

    Two kiosks would each know half: a recall that one was told of would not be in force in the other. Raises
    ToyGuideError if another kiosk runs.
    """
    lock = _open_beside(file, ".kiosk")
    try:
        _take_alone(lock, f"Another kiosk runs with the database {file}. Stop it first, or give this one a --database.")
    except ToyGuideError:
        lock.close()
        raise
    return lock


def _open_beside(file: Path, suffix: str) -> IO[bytes]:
    """The file of a lock. Raises ToyGuideError if there cannot be one: there could be no database either."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.with_name(file.name + suffix).open("ab")
    except OSError as error:
        raise ToyGuideError(
            f"The database {file} cannot be used: {file.parent} cannot be written ({error.strerror}). Choose another "
            "file with --database."
        ) from error


def _take_alone(lock: IO[bytes], otherwise: str) -> None:
    """Let nobody else hold the lock. Raises ToyGuideError with the sentence `otherwise` if somebody does."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ToyGuideError(otherwise) from error


def _fault(file: Path) -> str | None:
    """What makes a file that is there no database of ours any more; None where there is nothing to say, or to check."""
    if not file.is_file() or not file.stat().st_size:
        return None
    if _marker(file).exists():
        return _marker(file).read_text(encoding="utf-8", errors="replace")[:500] or "found while it was in use"
    with file.open("rb") as stream:
        begins = stream.read(len(_MAGIC))
    if begins != _MAGIC:
        # Ours, if what only a kiosk leaves lies beside it. Else it may be anybody's notes, and is not touched.
        ours = mirror_of(file).exists() or file.with_name(file.name + "-wal").exists()
        return "it does not begin as an SQLite file does" if ours else None
    return _checked(file, whole=False)


def _checked(file: Path, whole: bool) -> str | None:
    try:
        with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS)) as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            for name in tables:
                if whole or name not in LARGE:
                    found = connection.execute(f"PRAGMA quick_check('{name.replace(chr(39), chr(39) * 2)}')").fetchone()
                    if found != ("ok",):
                        return f"table {name}: {found[0]}"
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            return str(error)
    return None


def _tell(database: Database, aside: Path | None, fault: str | None, found: bool) -> None:
    """Write down what happened, where staff can read it."""
    details = {"kept": aside.name if aside else None, "fault": fault, "from_mirror": found}
    with database.writing() as connection:
        note(connection, _SYSTEM, "database.replaced", details)
        if not found:
            write_mark(connection, LOST, 1)
    if found:
        _log.warning("recalls, rules, stock and keys were taken from the mirror")
    else:
        _log.critical("RECALLS ARE LOST: give the kiosk the recall list again before it shows toys to anybody")


def _marker(file: Path) -> Path:
    return file.with_name(file.name + ".is-damaged")
