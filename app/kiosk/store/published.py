"""What a folder of published bundles says is in force, and what this kiosk made of it so far.

The second is a file beside the bundles and no mark of the database, for the reason that `activated.json` is one: a
database that is lost or put back from a backup must not bring back a model that was refused because it was bad.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from app.kiosk.store.bundles import bundle_name, is_model
from data.atomic import atomic_file
from data.errors import ToyGuideError
from recommender.serving.bundle import MANIFEST
from recommender.serving.publish import CURRENT

MEMORY: Final = "published.json"
MOST_BYTES: Final = 4096
"""As long `current.json` may be; it has about 150."""
MOST_REFUSED: Final = 20
_MOST_FILES: Final = 2000
_log = structlog.get_logger("kiosk")


@dataclass(frozen=True, slots=True)
class Publication:
    """What `current.json` says. name: the bundle's folder beside it; published: RFC 3339, new with every publishing."""

    name: str
    model: str
    published: str


@dataclass(frozen=True, slots=True)
class Picked:
    """The publication that was dealt with last, and is not to be taken again.

    at_ms: since when its bundle answers; before: the model that answered until then, None if it was the same one
    judged: how often its live rate was compared with that of the one before; watched: it will be, again
    """

    publication: Publication
    at_ms: int
    before: str | None
    judged: int = 0
    watched: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """A publication that is not taken. files: how they lay there (`files_stamp`); None = whatever they are now."""

    publication: Publication
    at_ms: int
    why: str
    files: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What was made of publications so far; refused: the newest last."""

    picked: Picked | None = None
    refused: tuple[Refused, ...] = ()

    def refusal(self, publication: Publication) -> Refused | None:
        """Why that one is not taken, if it was refused."""
        return next((each for each in self.refused if each.publication == publication), None)

    def with_picked(self, picked: Picked) -> Memory:
        """Now with that one picked; if it had been refused, it no longer is."""
        return Memory(picked, tuple(each for each in self.refused if each.publication != picked.publication))

    def with_refused(self, refused: Refused) -> Memory:
        """Now with that one refused, of which the last word counts; very old refusals are forgotten."""
        others = tuple(each for each in self.refused if each.publication != refused.publication)
        return replace(self, refused=(*others, refused)[-MOST_REFUSED:])


def read_current(folder: Path) -> Publication | None:
    """What is published in `folder`; None if nothing was yet.

    Raises OSError where the folder or the file cannot be read, ValueError with one sentence where it holds nonsense.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there: is its disk mounted?")
    file = folder / CURRENT
    try:
        # Without NONBLOCK a pipe would keep us waiting for somebody to write into it.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{file} must be a plain file.")
        told = stream.read(MOST_BYTES + 1)
    if len(told) > MOST_BYTES:
        raise ValueError(f"{file} must have at most {MOST_BYTES} bytes.")
    try:
        return _publication(json.loads(told.decode("utf-8")))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise ValueError(f"{file} cannot be used: {str(error).rstrip('.')}.") from error


def _publication(told: Any) -> Publication:
    keys = list(Publication.__dataclass_fields__)
    if not isinstance(told, dict) or sorted(told) != sorted(keys):
        raise ValueError(f"it must be an object with {', '.join(keys)} and nothing else")
    if not all(isinstance(value, str) for value in told.values()):
        raise ValueError("all its values must be text")
    found = Publication(**told)
    try:
        bundle_name(found.name)
    except ValueError as error:
        raise ValueError(f"name {error}") from error
    if not is_model(found.model):
        raise ValueError(f"model must be a digest of 16 or more hex digits; it is {found.model[:80]!r}")
    if datetime.fromisoformat(found.published).tzinfo is None:
        raise ValueError("published must be a time with an offset")
    return found


def published_bundle(folder: Path, publication: Publication) -> Path | None:
    """Where the bundle of `publication` lies in `folder`; None while it is not there, or is a link."""
    place = folder / bundle_name(publication.name)
    return None if place.is_symlink() or not (place / MANIFEST).is_file() else place


def files_stamp(bundle: Path) -> str:
    """How the files of a bundle lie there now: other bytes, sizes or rights are another stamp. Raises OSError."""
    digest = hashlib.sha256()
    for count, (name, found) in enumerate(_files(bundle, bundle)):
        if count == _MOST_FILES:
            break
        told = (name, found.st_size, found.st_mode, found.st_mtime_ns, found.st_ctime_ns)
        digest.update(repr(told).encode())
    return digest.hexdigest()


def _files(folder: Path, top: Path) -> Iterator[tuple[str, os.stat_result]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        yield os.path.relpath(entry.path, top), entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), top)


def read_memory(folder: Path) -> Memory:
    """What was written down in `folder`; nothing, and a line in the log, where that cannot be read."""
    file = folder / MEMORY
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        picked = told["picked"]
        return Memory(
            None if picked is None else Picked(**{**picked, "publication": Publication(**picked["publication"])}),
            tuple(Refused(**{**each, "publication": Publication(**each["publication"])}) for each in told["refused"]),
        )
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _log.error("what was picked up and refused cannot be read", file=str(file), reason=str(error))
        return Memory()


def write_memory(folder: Path, memory: Memory) -> bool:
    """Write it down, whole or not at all; False, and a line in the log, if the disk cannot be written."""
    try:
        with atomic_file(folder / MEMORY) as temporary:
            temporary.write_text(json.dumps(asdict(memory), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except ToyGuideError as error:
        _log.warning("what was picked up and refused cannot be written down", reason=str(error))
        return False
    return True
