"""Lines of a text file, plain or gzipped, in any encoding, one at a time.

A byte that the encoding does not know becomes a surrogate (as `surrogateescape` does), so that the reader of a row can
name its column and leave out that row alone.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from data.errors import DataError, parameter_error

LONGEST_LINE: Final = 1 << 26
"""Bytes in one line: a limit on memory; a longer one is no line of text."""

_MARKS: Final = (  # the longer first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_FILES: Final = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7")
"""Codecs of Python that are not made for files of text."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its end, its number from 1 and the byte of the unpacked file at which it starts."""

    number: int
    text: str
    start: int
    encoding: str | None

    def bad_byte(self) -> int | None:
        """How many bytes into the line the first byte is that its encoding does not know; None if there is none."""
        for at, char in enumerate(self.text):
            if 0xDC80 <= ord(char) <= 0xDCFF:
                return len(self.text[:at].encode(self.encoding or "utf-8", "surrogateescape"))
        return None


def read_lines(file: Path, encoding: str | None, on_bytes: Callable[[int], None]) -> Iterator[Line]:
    """Every line of `file`; the encoding is that of its byte order mark, else the one given, else UTF-8.

    Raises DataError if the file is missing, empty, cut short or damaged as gzip; ToyGuideError for an unknown encoding.
    """
    name = encoding or "utf-8"
    try:
        "".encode(name)
        if codecs.lookup(name).name in _NO_FILES:
            raise LookupError(name)
    except (LookupError, UnicodeError) as error:
        raise parameter_error("--encoding", "data import table", "an encoding that Python knows", name) from error
    number = 0
    try:
        with file.open("rb") as raw:
            size = file.stat().st_size
            if size == 0:
                raise DataError(f"{file} is empty: it has 0 bytes. Export it again.")
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: io.BufferedReader[Any] = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
            done = 0
            for line in _decoded(file, stream, name):
                number = line.number
                yield line
                if number % 1024 == 0:
                    on_bytes(raw.tell() - done)
                    done = raw.tell()
            on_bytes(size - done)
    except FileNotFoundError as error:
        raise DataError(f"{file} does not exist; give the path of a file.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{file}: cut short or damaged after line {number}: {error}. Fetch or pack it again; nothing was imported."
        ) from error
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}.") from error


def _decoded(file: Path, stream: io.BufferedReader[Any], name: str) -> Iterator[Line]:
    mark = next(((mark, found) for mark, found in _MARKS if stream.peek(4).startswith(mark)), None)
    if mark is not None:
        name = mark[1]
    if "\n".encode(name) != b"\n":  # UTF-16 and its like: a line cannot be cut out before it is decoded
        yield from _decoded_whole(file, stream, name)
        return
    start = stream.tell() if mark is None else len(stream.read(len(mark[0])))
    number = 0
    while raw := stream.readline(LONGEST_LINE):
        number += 1
        if len(raw) == LONGEST_LINE and not raw.endswith(b"\n"):
            raise DataError(
                f"{file}, line {number}: must hold at most {LONGEST_LINE:,} bytes. It begins {raw[:60]!r}; "
                "is this a text file with a row a line?"
            )
        yield Line(number, raw.decode(name, "surrogateescape"), start, name)
        start += len(raw)


def _decoded_whole(file: Path, stream: io.BufferedReader[Any], name: str) -> Iterator[Line]:
    number = 0
    try:
        for text in io.TextIOWrapper(stream, encoding=name, newline=""):
            number += 1
            yield Line(number, text, 0, None)
    except UnicodeError as error:
        raise DataError(
            f"{file}, after line {number}: must be {name} text: {error}. Export it as UTF-8, or give its --encoding."
        ) from error
