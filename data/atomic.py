"""Nothing half-written: files and folders appear under their name whole, or not at all.

While it is being written a thing is called `.<name>.<8 hex digits>.unfinished` and its writer holds a lock on it. A
writer that was killed leaves it behind without the lock; the next one that writes the same name clears it away, with
what SQLite kept beside it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import glob
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from data.errors import DataError

UNFINISHED: Final = ".unfinished"
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is fsynced and renamed to `path`, else removed.

    A link stays a link: what it leads to is replaced. Raises DataError if `path` is there and no plain file (a
    device must never be replaced), or cannot be written.
    """
    with _told(path):
        final = path.resolve()
        if final.exists() and not final.is_file():
            what = "a folder" if final.is_dir() else "a device or the like"
            raise DataError(f"{path} must be a new or a plain file. It is {what}.")
        with _reserved(final, Path.touch) as temporary:
            yield temporary
            _fsync(temporary)
            temporary.replace(final)
            _fsync(final.parent)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; on success it takes the place of `path`, else it is removed.

    A link stays a link, as above. Raises DataError if `path` cannot be written.
    """
    with _told(path):
        final = path.resolve()
        with _reserved(final, Path.mkdir) as temporary:
            yield temporary
            for entry in temporary.rglob("*"):
                _fsync(entry)
            _fsync(temporary)
            _take_place(temporary, final)
            _fsync(final.parent)


def replace_folder(new: Path, final: Path) -> None:
    """Give the folder `new`, whole and beside `final`, that name; what is there is afterwards called `new`, or gone.

    Raises DataError if it cannot be done.
    """
    with _told(final):
        _take_place(new, final)
        _fsync(final.parent)


@contextmanager
def alone_in(folder: Path, work: str) -> Iterator[None]:
    """Hold `folder` for one piece of work, such as "sweep". Raises DataError if another is at work there."""
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(f"Another {work} is at work in {folder}; wait for it, or give another folder.") from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the file system refuses is the user's to mend: a full disk, a folder that may not be written."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror or error}. What was there before is as it was; make room, or "
            "give another place."
        ) from error


@contextmanager
def _reserved(final: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """A new temporary thing beside `final`, locked; whatever is left under its name at the end is removed."""
    final.parent.mkdir(parents=True, exist_ok=True)
    _clear_stale(final)
    descriptor = None
    temporary = final
    while descriptor is None:
        temporary = final.with_name(f".{final.name}.{secrets.token_hex(4)}{UNFINISHED}")
        try:
            make(temporary)
            descriptor = _lock(temporary)
        except BaseException:
            _remove(temporary)
            raise
    try:
        yield temporary
    finally:
        _remove(temporary)
        os.close(descriptor)


def _lock(temporary: Path) -> int | None:
    """A descriptor that holds the lock on `temporary`; None if somebody cleared it away before it was locked."""
    try:
        descriptor = os.open(temporary, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with suppress(OSError):  # a file system without locks: nothing there is ever taken for stale
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    if temporary.exists():
        return descriptor
    os.close(descriptor)
    return None


def _clear_stale(final: Path) -> None:
    """Remove what killed writers of `final` left behind: it is called as theirs are, and nobody holds its lock."""
    left = re.compile(rf"\.{re.escape(final.name)}\.[0-9a-f]{{8}}{re.escape(UNFINISHED)}")
    for entry in final.parent.iterdir():
        if left.fullmatch(entry.name):
            with suppress(OSError):  # locked, or gone already
                descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    for log in final.parent.glob(f"{glob.escape(entry.name)}-*"):  # -wal, -shm, -journal
                        _remove(log)
                    _remove(entry)
                finally:
                    os.close(descriptor)


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()


def _take_place(temporary: Path, final: Path) -> None:
    """Give `temporary` the name `final`; a folder that is there is afterwards called `temporary`, or gone."""
    try:
        temporary.rename(final)  # nothing is there, or an empty folder
        return
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    if _exchange(temporary, final):
        return
    aside = temporary.with_suffix(".replaced")
    try:
        final.rename(aside)
        temporary.rename(final)
    except BaseException:
        if aside.exists() and not final.exists():
            aside.rename(final)
        raise
    _remove(aside)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change names in one step, so that there is no moment without one (Linux: renameat2).

    Returns False where the system or the file system cannot.
    """
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
