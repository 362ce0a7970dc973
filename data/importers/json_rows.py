"""JSON Lines as dictionaries, one at a time: memory holds a row, not a file. Python's own notation is read where asked.

A line that is no object is told in one sentence and left out. A file that is missing, empty or cut short is a
DataError at once: nobody knows what the rest of it would have said.
"""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from data.errors import DataError
from data.importers.lines import Line, read_lines
from data.importers.sequences import Count
from data.importers.text import OnFault

_SHOWN: Final = 60
_DECODER: Final = json.JSONDecoder(parse_constant=lambda _: None)  # NaN and Infinity are no JSON, and no price


def read_json_rows(
    file: Path,
    count: Count,
    on_fault: OnFault,
    on_bytes: Callable[[int], None],
    python_notation: bool = False,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line; `count.read` counts every line that is not blank.

    python_notation: also take a dictionary as Python prints it (`{'asin': …}`). It is read as a literal, never run.
    """
    before = count.read
    for line in read_lines(file, None, on_bytes):
        if line.text.isspace():
            continue
        count.read += 1
        row = _parse(line.text.rstrip("\r\n"), python_notation)
        if isinstance(row, str):
            on_fault(f"{file}, line {line.number}: must be a JSON object. {row}")
        elif bad := _undecoded(line, row):
            on_fault(f"{file}, line {line.number}{bad}")
        else:
            yield line.number, row
    if count.read == before:
        raise DataError(f"{file} is empty; it must hold a JSON object a line.")


def _parse(text: str, python_notation: bool) -> dict[str, Any] | str:
    """The object of a line, or what is wrong with it."""
    try:
        row = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        if text.startswith("{'"):
            return _literal(text) if python_notation else "Got Python's own notation, {'…': …}; write it as JSON first."
        near = text[max(0, error.pos - 20) : error.pos + 20].strip()
        return f"Got a fault at column {error.colno} ({error.msg}): {_shown(near)}."
    except RecursionError:
        return "Got lists or objects too deep inside one another."
    except ValueError as error:  # a whole number of thousands of digits
        return f"Got a fault: {error}."
    return row if isinstance(row, dict) else f"Got {_shown(text.strip())}."


def _literal(text: str) -> dict[str, Any] | str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of '\/' and its like, which mean themselves
            row = ast.literal_eval(text.strip())
    except SyntaxError as error:
        return f"Got Python's notation with a fault at column {error.offset} ({error.msg})."
    except (ValueError, RecursionError, MemoryError):
        return f"Got Python's notation that holds more than literal values: {_shown(text.strip())}."
    return row if isinstance(row, dict) else f"Got {_shown(text.strip())}."


def _undecoded(line: Line, row: dict[str, Any]) -> str:
    """What is wrong if the line, or a text in it, is not made of whole characters; "" if nothing is."""
    if not line.text.isascii():
        try:
            line.text.encode()
        except UnicodeEncodeError as error:
            at = error.start
            return (
                f", column {at + 1}: must be UTF-8 text. Got the byte {ord(line.text[at]) & 0xFF:#04x} "
                f"after {_shown(line.text[max(0, at - 20) : at])}; convert the file to UTF-8 first."
            )
    if "\\ud" in line.text or "\\uD" in line.text:
        for field, value in row.items():
            try:
                json.dumps(value, ensure_ascii=False, default=repr).encode()
            except UnicodeEncodeError:
                return f", field {field!r}: must be text. Got half a character (a lone surrogate)."
    return ""


def _shown(text: str) -> str:
    return repr(text[:_SHOWN].encode(errors="replace").decode())
