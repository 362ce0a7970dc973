"""Downloads that survive a broken line: resumed where they stopped, checked, and named only when whole.

Addresses: Amazon reviews by the McAuley lab (https://amazon-reviews-2023.github.io for 2023, its older pages for 2018);
the files of 2014 are kept by Stanford's SNAP. The lab publishes no checksums, so each file's SHA-256 is told, and one
that the user knows is held against it.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from data.atomic import atomic_file
from data.errors import DataError, parameter_error

_LAB: Final = "https://mcauleylab.ucsd.edu/public_datasets/data/"
_SNAP: Final = "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/"
_BLOCK: Final = 1 << 18
_TIMEOUT: Final = 60.0  # seconds without a byte
TRIES: Final = 5
"""Broken connections in a row, none of which brought a byte, before a download is given up."""


@dataclass(frozen=True)
class Collection:
    """Files that belong together: where they are, and their paths from there."""

    base: str
    reviews: str
    metadata: str


COLLECTIONS: Final[Mapping[str, Collection]] = {
    "amazon-toys-2014": Collection(_SNAP, "reviews_Toys_and_Games_5.json.gz", "meta_Toys_and_Games.json.gz"),
    "amazon-toys-2018": Collection(
        f"{_LAB}amazon_v2/", "categoryFilesSmall/Toys_and_Games_5.json.gz", "metaFiles2/meta_Toys_and_Games.json.gz"
    ),
    "amazon-toys-2023": Collection(
        f"{_LAB}amazon_2023/raw/",
        "review_categories/Toys_and_Games.jsonl.gz",
        "meta_categories/meta_Toys_and_Games.jsonl.gz",
    ),
}
"""2014 and 2018 are the 5-core reviews (every shopper and toy has five); 2023 is all of them, 16 million."""


class Progress(Protocol):
    """Told how a download goes."""

    def __call__(self, done: int, total: int | None) -> None:
        """`done` bytes are on disk, of `total` if the server says."""


@dataclass(frozen=True)
class Fetched:
    """A whole file on disk."""

    file: Path
    bytes: int
    sha256: str
    resumed_from: int  # bytes that were there before this call


class _BrokenOffError(Exception):
    """The connection ended before the file did."""


def fetch_file(
    address: str,
    file: Path,
    sha256: str | None = None,
    on_progress: Progress | None = None,
    tries: int = TRIES,
    pause: float = 1.0,
) -> Fetched:
    """Download `address` to `file` by way of `<file>.part`, which a broken download leaves to be continued.

    sha256: what the file must have, in hex
    tries: connections in a row that may bring nothing
    pause: seconds to wait after the first of them; twice as long after each further one

    A `file` that is there already is not fetched again, only checked. Raises DataError with address and reason.
    """
    if not address.startswith(("http://", "https://")):
        raise parameter_error("address", "fetch_file", "an http or https address", address)
    if file.exists():
        found = _digest(file)
        _check(file, found, sha256, "Delete it to fetch it again.")
        return Fetched(file, file.stat().st_size, found, file.stat().st_size)
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        resumed_from = part.stat().st_size if part.exists() else 0
        _fetch_all(address, part, on_progress or (lambda done, total: None), tries, pause)
        found = _digest(part)
        try:
            _check(file, found, sha256, "What came was thrown away; fetch it again or correct the checksum.")
        except DataError:
            part.unlink()
            _tag_of(part).unlink(missing_ok=True)
            raise
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(file)
        _tag_of(part).unlink(missing_ok=True)  # last: bytes without it would be gone on with, whatever the server has
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror or error}.") from error
    return Fetched(file, file.stat().st_size, found, resumed_from)


def _fetch_all(address: str, part: Path, on_progress: Progress, tries: int, pause: float) -> None:
    """Connect again and again until `part` is whole."""
    barren = 0
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            _fetch_once(address, part, on_progress)
            return
        except _BrokenOffError as error:
            have = part.stat().st_size if part.exists() else 0
            barren = 0 if have > before else barren + 1
            if barren >= tries:
                raise DataError(
                    f"{address}: broke off {barren} times without a further byte ({error}). "
                    f"{have:,} bytes are kept in {part}; the same command goes on from there."
                ) from error
            if barren:
                time.sleep(pause * 2 ** (barren - 1))  # a server that is busy is not helped by asking at once


def _fetch_once(address: str, part: Path, on_progress: Progress) -> None:
    """One connection, from where `part` ends. Raises _BrokenOffError if the file is not whole after it."""
    have = part.stat().st_size if part.exists() else 0
    validator = _tag_of(part)
    headers = {"User-Agent": "toyguide", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if validator.exists():  # a file that changed meanwhile comes whole again
            headers["If-Range"] = validator.read_text(encoding="utf-8")
    try:
        reply = urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416 and have:
                _settle_416(error.headers.get("Content-Range", ""), part, have)
                return
            if error.code in (429, 500, 502, 503, 504):
                raise _BrokenOffError(f"the server answered {error.code} {error.reason}") from error
            raise DataError(
                f"{address}: the server answered {error.code} {error.reason}; give another address with --base."
            ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOffError(str(getattr(error, "reason", error))) from error
    with reply:
        continues = reply.status == 206 and reply.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if reply.status == 206 and not continues:
            raise DataError(
                f"{address}: was asked for bytes from {have:,} and sent others; delete {part} and try again."
            )
        start = have if continues else 0
        length = reply.headers.get("Content-Length")
        total = start + int(length) if length is not None and length.isdigit() else None
        tag = reply.headers.get("ETag") or reply.headers.get("Last-Modified")
        if not continues:  # first: the bytes of one version must never lie beside the tag of another
            part.unlink(missing_ok=True)
            validator.unlink(missing_ok=True)
            if tag and not tag.startswith("W/"):  # a weak tag may not be asked for a range
                with atomic_file(validator) as temporary:
                    temporary.write_text(tag, encoding="utf-8")
        _copy(reply, part, start, total, on_progress)


def _tag_of(part: Path) -> Path:
    """The file that says of which version on the server the bytes in `part` are."""
    return part.with_name(part.name + ".tag")


def _copy(reply: http.client.HTTPResponse, part: Path, start: int, total: int | None, on_progress: Progress) -> None:
    done = start
    with part.open("ab" if start else "wb") as stream:
        on_progress(done, total)
        while True:
            try:
                block = reply.read1(_BLOCK)
            except (OSError, http.client.HTTPException) as error:
                raise _BrokenOffError(str(error) or type(error).__name__) from error
            if not block:
                break
            stream.write(block)
            done += len(block)
            on_progress(done, total)
    if total is not None and done < total:
        raise _BrokenOffError(f"{done:,} of {total:,} bytes came")


def _settle_416(content_range: str, part: Path, have: int) -> None:
    """There is nothing after what we have: it is whole, or it is not what the server has now."""
    size = content_range.rpartition("/")[2]
    if size.isdigit() and int(size) == have:
        return
    part.unlink()
    raise _BrokenOffError(f"{have:,} bytes were there, but the server's file has {size or 'another number of'} bytes")


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check(file: Path, found: str, wanted: str | None, way_out: str) -> None:
    if wanted is not None and found != wanted.lower():
        raise DataError(f"{file}: must have the SHA-256 {wanted.lower()}. Got {found}. {way_out}")
