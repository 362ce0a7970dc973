"""The folder of bundles beside the kiosk: one folder a model, and a file that says which was activated.

It is not a table of the database: a database that is lost or put back from a backup must not bring back a model that
was replaced because it was bad.
"""

from __future__ import annotations

import json
import os
import shutil
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import structlog

from data.atomic import atomic_file, replace_folder
from data.errors import BundleError
from recommender.serving.archive import copy_bundle, unpack_bundle
from recommender.serving.bundle import MANIFEST, Manifest, read_manifest
from recommender.serving.names import is_inside

STATE: Final = "activated.json"
KEPT: Final = 3
"""As many bundles stay in the folder after a swap; what answers, and what was before, always do."""
ARCHIVE: Final = ".zip"
_INCOMING: Final = ".incoming"
_HEX: Final = frozenset("0123456789abcdef")
_log = structlog.get_logger("kiosk")


@dataclass(frozen=True, slots=True)
class Activated:
    """What was activated last, by name, and what before.

    instead_of: the model that the setting `bundle` named at that time; where it names another one since, somebody
        chose anew, and the setting rules
    """

    active: str | None = None
    previous: str | None = None
    instead_of: str | None = None


def bundle_name(name: str) -> str:
    """`name`, if it is one and no path. Raises ValueError with what it must be."""
    plain = is_inside(name) and "/" not in name and not name.startswith(".")
    if not plain or unicodedata.normalize("NFKC", name) != name:
        raise ValueError(
            "must be the name of a bundle, a folder's or a .zip's, and no path: no separators, no dot at an end, no "
            "letters that look like others or cannot be seen."
        )
    return name


class BundleFolder:
    """The bundles of one kiosk on its disk. Whoever writes takes turns; see `app.kiosk.bundles`."""

    def __init__(self, folder: Path, verify_key: Path | None = None) -> None:
        self.folder = folder
        self.verify_key = verify_key

    def path(self, name: str) -> Path:
        """Where the bundle of that name lies, or would."""
        return self.folder / bundle_name(name)

    def holds(self, name: str) -> bool:
        """Whether a bundle of that name lies here."""
        return is_model(name) and (self.path(name) / MANIFEST).is_file()

    def names(self) -> list[str]:
        """The bundles here, the one that came or was activated last first."""
        if not self.folder.is_dir():
            return []
        found = [entry for entry in self.folder.iterdir() if self.holds(entry.name)]
        return [entry.name for entry in sorted(found, key=lambda entry: (-entry.stat().st_mtime_ns, entry.name))]

    def manifest(self, name: str) -> Manifest:
        """What the bundle of that name says of itself. Raises BundleError."""
        return read_manifest(self.path(name), self.verify_key)

    def take(self, source: Path, in_use: Collection[str] = ()) -> str:
        """Copy the bundle in `source`, a folder or a zip, here, whole or not at all; returns its name, its model.

        in_use: names of bundles that answer now; another bundle of such a model is refused.
        Raises BundleError, or DataError if the disk cannot be written.
        """
        incoming = self.folder / _INCOMING
        try:
            get = copy_bundle if source.is_dir() else unpack_bundle
            manifest = get(source, incoming, self.verify_key)
            self._settle(incoming, manifest.model, source, in_use)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        return manifest.model

    def _settle(self, incoming: Path, name: str, source: Path, in_use: Collection[str]) -> None:
        place = self.path(name)
        if name in in_use and _bytes(place / MANIFEST) not in (None, _bytes(incoming / MANIFEST)):
            raise BundleError(
                f"{source} is the model that answers now, {name}, with other files. Build it again, or activate "
                "another bundle first."
            )
        replace_folder(incoming, place)

    def touch(self, name: str) -> None:
        """Let the bundle of that name count as the last one used."""
        os.utime(self.path(name))

    def prune(self, kept: Collection[str]) -> list[str]:
        """Remove all bundles but those `kept` and the newest ones, `KEPT` in all; returns the names of what went."""
        names = self.names()
        stays = [name for name in names if name in kept]
        stays += [name for name in names if name not in kept][: max(0, KEPT - len(stays))]
        gone = [name for name in names if name not in stays]
        for name in gone:
            shutil.rmtree(self.path(name), ignore_errors=True)
        return gone

    def activated(self) -> Activated:
        """What was remembered; nothing, and a line in the log, where that cannot be read."""
        file = self.folder / STATE
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
            found = Activated(**{name: told[name] for name in Activated.__dataclass_fields__})
            names = [name for name in asdict(found).values() if name is not None]
            if not all(isinstance(name, str) and is_model(name) for name in names):
                raise ValueError("it names no models")
        except FileNotFoundError:
            return Activated()
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            _log.error(
                "which bundle was activated cannot be read: the setting rules", file=str(file), reason=str(error)
            )
            return Activated()
        return found

    def remember(self, activated: Activated) -> None:
        """Write down what is activated, whole or not at all. Raises DataError if the disk cannot be written."""
        with atomic_file(self.folder / STATE) as temporary:
            temporary.write_text(json.dumps(asdict(activated), indent=2) + "\n", encoding="utf-8")


def lying_in(folder: Path | None) -> list[tuple[str, int]]:
    """Names and bytes of what may be bundles in a folder from outside, such as a stick: zips, and folders (0 bytes)."""
    if folder is None or not folder.is_dir():
        return []
    found = []
    with suppress(OSError):  # a stick that is pulled out while it is looked at
        for entry in sorted(folder.iterdir()):
            if not _named(entry.name) or entry.is_symlink():
                continue
            if entry.is_file() and entry.suffix.lower() == ARCHIVE:
                found.append((entry.name, entry.stat().st_size))
            elif (entry / MANIFEST).is_file():
                found.append((entry.name, 0))
    return found


def from_outside(folder: Path | None, name: str) -> Path | None:
    """The bundle of that name in a folder from outside, None where there is none."""
    return None if folder is None or name not in dict(lying_in(folder)) else folder / bundle_name(name)


def _named(name: str) -> bool:
    try:
        return bool(bundle_name(name))
    except ValueError:
        return False


def is_model(name: str) -> bool:
    """Whether `name` can be the digest of a model: hex digits, and enough of them."""
    return len(name) >= 16 and set(name) <= _HEX


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
