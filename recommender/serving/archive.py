"""A bundle that comes from outside, as a folder or as one file: a zip that is the same bytes for the same bundle.

What comes from outside is trusted in nothing: no name leaves the folder, no size is believed, and nothing takes the
folder's place before all of it was verified there.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from data.atomic import atomic_file, atomic_folder
from data.errors import BundleError, parameter_error
from recommender.serving.bundle import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    SIGNATURE,
    SIGNATURE_BYTES,
    Manifest,
    read_manifest,
    verify_bundle,
)
from recommender.serving.names import clash, is_inside

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can tell: the times of files say nothing of a bundle."""
_MODE: Final = stat.S_IFREG | 0o644
_UNIX: Final = 3
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LOCATOR_64: Final = b"PK\x06\x07"
_LOCATOR_64_BYTES: Final = 20
_DIRECTORY_BYTES_PER_ENTRY: Final = 1024
_CHUNK: Final = 2**20
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
"""All that `zipfile` is known to raise for an archive that is not right."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold.

    entries: files; bytes: all of them together, unpacked; ratio: unpacked bytes a byte of the archive
    """

    entries: int = 1000
    bytes: int = 2 * 2**30
    ratio: int = 100


LIMITS: Final = Limits()


def zip_bundle(folder: Path, archive: Path) -> Manifest:
    """Write the bundle in `folder` to `archive`, whole or not at all.

    Files are stored, not deflated: so the bytes are the same whatever zlib a machine has, and one digest of the archive
    speaks for the bundle everywhere. Raises BundleError if the bundle is not whole or too large to be unpacked.
    """
    manifest = verify_bundle(folder)
    if archive.resolve().is_relative_to(folder.resolve()):
        raise parameter_error("archive", "zip_bundle", "a file outside the bundle", str(archive))
    names = {MANIFEST, *manifest.files, *([SIGNATURE] if (folder / SIGNATURE).exists() else [])}
    size = sum((folder / name).stat().st_size for name in names)
    if size > LIMITS.bytes or len(names) > LIMITS.entries:
        raise BundleError(
            f"The bundle in {folder} must have at most {LIMITS.bytes} bytes in {LIMITS.entries} files to be one zip. "
            f"It has {size} in {len(names)}."
        )
    with atomic_file(archive) as temporary, zipfile.ZipFile(temporary, "w") as target:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _MODE << 16
            with (folder / name).open("rb") as source, target.open(entry, "w") as sink:
                shutil.copyfileobj(source, sink, _CHUNK)
    return manifest


def unpack_bundle(archive: Path, folder: Path, verify_key: Path | None = None, limits: Limits = LIMITS) -> Manifest:
    """Unpack the bundle in `archive` to `folder`, verified before it takes that name; a bundle there is replaced.

    verify_key: a public key's file; with one, nothing is unpacked that it did not sign.
    Raises BundleError with one sentence if the archive is not whole, not safe, larger than `limits` or not that of a
    bundle; ToyGuideError if the key cannot be read or `folder` holds something else. Then `folder` is as it was.
    """
    if folder.exists() and not _may_be_replaced(folder):
        raise parameter_error("folder", "unpack_bundle", "new, empty or a bundle", str(folder))
    with _open(archive, limits) as source, atomic_folder(folder) as temporary, _called(archive, temporary):
        if MANIFEST not in source.entries:
            raise BundleError(
                f"{archive} is not a bundle: it has no {MANIFEST} at its top. Make it with 'toyguide bundle zip'."
            )
        source.copy(MANIFEST, temporary, MAX_MANIFEST_BYTES)
        if SIGNATURE in source.entries:
            source.copy(SIGNATURE, temporary, SIGNATURE_BYTES)
        manifest = read_manifest(temporary, verify_key)
        for name in sorted(source.entries.keys() - {MANIFEST, SIGNATURE}):
            if name not in manifest.files:
                raise BundleError(f"{archive} holds {name!r}, which its manifest does not name. Get it again.")
            source.copy(name, temporary, manifest.files[name].bytes)
        return verify_bundle(temporary, verify_key)


def copy_bundle(source: Path, folder: Path, verify_key: Path | None = None, limits: Limits = LIMITS) -> Manifest:
    """Copy the bundle in folder `source` to `folder`, verified before it takes that name; a bundle there is replaced.

    Only what the manifest names is read, each a plain file and no longer than the manifest says: a stick may hold
    links, pipes, and files that grow. Raises as `unpack_bundle` does.
    """
    if folder.exists() and not _may_be_replaced(folder):
        raise parameter_error("folder", "copy_bundle", "new, empty or a bundle", str(folder))
    told = read_manifest(source, verify_key)
    most = {MANIFEST: MAX_MANIFEST_BYTES, **{name: entry.bytes for name, entry in told.files.items()}}
    if os.path.lexists(source / SIGNATURE):
        most[SIGNATURE] = SIGNATURE_BYTES
    total = sum(entry.bytes for entry in told.files.values())
    if total > limits.bytes or len(most) > limits.entries:
        raise BundleError(
            f"{source} must have at most {limits.bytes} bytes in {limits.entries} files to be taken from outside. "
            f"It has {total} in {len(most)}."
        )
    with atomic_folder(folder) as temporary, _called(source, temporary):
        for name, size in most.items():
            _copy_file(source, name, temporary, size)
        return verify_bundle(temporary, verify_key)


def _copy_file(source: Path, name: str, folder: Path, most: int) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as sink:
        for chunk in _chunks_of(source, name):
            most -= len(chunk)
            if most < 0:
                raise BundleError(f"{source}: {name} is longer than it may be. Get it again.")
            sink.write(chunk)


def _chunks_of(source: Path, name: str) -> Iterator[bytes]:
    try:
        # Without NONBLOCK a pipe would keep us waiting for somebody to write into it.
        descriptor = os.open(source / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BundleError(f"{source}: {name} must be a plain file.")
            while chunk := stream.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise BundleError(f"{source}: {name} cannot be read: {error.strerror}. Get it again.") from error


class _Source:
    """An archive that is open: its entries by name, and how many bytes it may still give."""

    def __init__(self, archive: Path, source: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], left: int) -> None:
        self.archive = archive
        self.entries = entries
        self._zip = source
        self._left = left

    def copy(self, name: str, folder: Path, most: int) -> None:
        """Unpack one entry into `folder`. Raises BundleError beyond `most` bytes, or beyond what is left for all."""
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as sink:
            for chunk in self._chunks(name):
                most -= len(chunk)
                self._left -= len(chunk)
                if most < 0:
                    raise BundleError(f"{self.archive}: {name} is longer than it may be. Get it again.")
                if self._left < 0:
                    raise BundleError(
                        f"{self.archive} must not unpack to so much more than it is: {name} went beyond the limit. "
                        "Make it with 'toyguide bundle zip'."
                    )
                sink.write(chunk)

    def _chunks(self, name: str) -> Iterator[bytes]:
        with _readable(self.archive), self._zip.open(self.entries[name]) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk


@contextmanager
def _open(archive: Path, limits: Limits) -> Iterator[_Source]:
    """The archive, its directory checked: every name, kind and size that it claims."""
    if not archive.is_file():
        what = "It is a folder or a device" if archive.exists() else "There is no such file"
        raise BundleError(f"{archive} must be a bundle's zip. {what}.")
    with _readable(archive):
        stream = archive.open("rb")
    with stream:
        with _readable(archive):
            size = stream.seek(0, os.SEEK_END)
            _check_end(stream, size, archive, limits)
            source = zipfile.ZipFile(stream)
        with source:
            found = source.infolist()
            _check_entries(found, archive, limits)
            left = min(limits.bytes, limits.ratio * size)
            yield _Source(archive, source, {entry.filename: entry for entry in found}, left)


def _check_end(stream: BinaryIO, size: int, archive: Path, limits: Limits) -> None:
    """Bound the archive's directory before `zipfile` reads all of it into memory."""
    stream.seek(max(0, size - _LOCATOR_64_BYTES - _END.size))
    tail = stream.read()
    if len(tail) < _END.size or not tail[-_END.size :].startswith(_END_MARK) or not tail.endswith(b"\0\0"):
        raise BundleError(
            f"{archive} does not end as a zip does: it is none, or only the beginning of one. Get it again."
        )
    _, _, _, _, entries, directory, _, _ = _END.unpack(tail[-_END.size :])
    if tail.startswith(_LOCATOR_64) or entries > limits.entries:
        raise BundleError(f"{archive} must hold at most {limits.entries} files. It says that it holds more.")
    if directory > limits.entries * _DIRECTORY_BYTES_PER_ENTRY:
        raise BundleError(f"{archive}: its list of files is too long for a bundle. Make it with 'toyguide bundle zip'.")


def _check_entries(entries: list[zipfile.ZipInfo], archive: Path, limits: Limits) -> None:
    def need(condition: bool, entry: zipfile.ZipInfo, must_be: str) -> None:
        if not condition:
            raise BundleError(f"{archive}: the entry {entry.orig_filename[:80]!r} must be {must_be}. Get it again.")

    if len(entries) > limits.entries:
        raise BundleError(f"{archive} must hold at most {limits.entries} files. It holds {len(entries)}.")
    for entry in entries:
        name = entry.orig_filename  # `filename` was cut at a NUL and had its separators changed
        need(is_inside(name) and entry.filename == name, entry, "a relative path inside the bundle")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        need(kind in (0, stat.S_IFREG), entry, "a plain file, not a link or a device")
        need(not entry.flag_bits & _ENCRYPTED, entry, "a file that is not encrypted")
        need(entry.compress_type in _METHODS, entry, "stored or deflated")
    if two := clash(entry.filename for entry in entries):
        raise BundleError(
            f"{archive}: the entries {two[0]!r} and {two[1]!r} are one file on some system. Get it again."
        )
    if (total := sum(entry.file_size for entry in entries)) > limits.bytes:
        raise BundleError(f"{archive} must unpack to at most {limits.bytes} bytes. It says that it has {total}.")


def _may_be_replaced(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MANIFEST).is_file() or not any(folder.iterdir()))


@contextmanager
def _readable(archive: Path) -> Iterator[None]:
    """Whatever is wrong with an archive while it is read, as one sentence."""
    try:
        yield
    except _BROKEN as error:
        reason = str(error).rstrip(".") or "it ends too early"
        raise BundleError(f"{archive} cannot be unpacked: {reason}. Get the file again.") from error


@contextmanager
def _called(archive: Path, temporary: Path) -> Iterator[None]:
    """Let errors name the archive: the folder that was being filled is gone by the time anybody reads them."""
    try:
        yield
    except BundleError as error:
        raise BundleError(str(error).replace(str(temporary), str(archive))) from error
