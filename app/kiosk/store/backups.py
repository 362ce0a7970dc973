"""The folder of backups that managers have made: whole copies of the database, by the time they were made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.kiosk.store.copies import back_up

KEPT: Final = 14
"""As many backups stay; the oldest make room. What a shopper had deleted is in them as long."""
_NAME: Final = re.compile(r"kiosk-\d{8}T\d{6}\.\d{3}Z\.sqlite", re.ASCII)


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy by its file's name."""

    name: str
    bytes: int


def list_backups(folder: Path) -> list[Backup]:
    """The newest first. Other files of the folder are not looked at; OSError if it cannot be read."""
    if not folder.is_dir():
        return []
    found = [file for file in folder.iterdir() if _NAME.fullmatch(file.name) and file.is_file()]
    return [Backup(file.name, file.stat().st_size) for file in sorted(found, key=lambda file: file.name, reverse=True)]


def make_backup(database: Path, folder: Path, at: datetime) -> Backup:
    """Copy `database`, in use or not, into `folder`, checked, and let the oldest beyond `KEPT` go.

    Raises ToyGuideError or OSError, and nothing is gone, if there can be no copy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"kiosk-{at.astimezone(UTC):%Y%m%dT%H%M%S}.{at.microsecond // 1000:03}Z.sqlite"
    size = back_up(database, folder / name)
    for old in list_backups(folder)[KEPT:]:
        (folder / old.name).unlink(missing_ok=True)
    return Backup(name, size)
