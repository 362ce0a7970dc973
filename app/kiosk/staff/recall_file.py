"""A recall list as CSV: the columns toy_id or barcode or both, and where there are, reason and source.

Read as spreadsheets write it: with a mark of Unicode before it or none, any line ends, and commas, semicolons (where a
comma is in numbers) or tabs between the fields. The names of the columns hold none of these, so the first line tells.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from pydantic import ValidationError

from app.kiosk.problems import ProblemError, describe, shown
from app.kiosk.staff.models import MAX_LINES, RecallLine

_KEYS: Final = ("toy_id", "barcode")
_COLUMNS: Final = (*_KEYS, "reason", "source")
_SEPARATORS: Final = ",;\t"


def read_recalls(text: bytes) -> list[RecallLine]:
    """The lines of a CSV file in UTF-8. A line with both a toy id and a barcode recalls by both.

    Raises ProblemError that names the line.
    """
    try:
        whole = text.decode("utf-8-sig")
        first = whole.splitlines()[0] if whole else ""
        lines = csv.reader(io.StringIO(whole, newline=""), delimiter=max(_SEPARATORS, key=first.count), strict=True)
        return _read(lines)
    except UnicodeDecodeError as error:
        raise _wrong(f"must be UTF-8. Byte {error.start} is not. In a spreadsheet save it as 'CSV UTF-8'.") from error
    except csv.Error as error:
        raise _wrong(f"line {lines.line_num} cannot be read: {error}.") from error


def _read(lines: csv._reader) -> list[RecallLine]:  # type: ignore[name-defined]
    names = [name.strip().lower() for name in next(lines, [])]
    unfit = next((name for name in names if name not in _COLUMNS or names.count(name) > 1), None)
    if unfit is not None or not set(names) & set(_KEYS):
        got = ", ".join(names)
        raise _wrong(f"must begin with a line of names, each once: toy_id, barcode, reason, source. Got {shown(got)}.")
    found: list[RecallLine] = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise _wrong(f"line {lines.line_num} must have {len(names)} fields. Got {len(cells)}.")
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if cell.strip()}
        said = {name: row[name] for name in row if name not in _KEYS}
        named = [name for name in _KEYS if name in row]
        if not named:
            raise _wrong(f"line {lines.line_num} names no toy: toy_id and barcode are empty.")
        for name in named:
            try:
                found.append(RecallLine.model_validate({name: row[name], **said}))
            except ValidationError as error:
                first = error.errors()[0]
                field = ".".join(str(step) for step in first["loc"])
                raise _wrong(f"line {lines.line_num}: {field} {describe(first)}") from error
        if len(found) > MAX_LINES:
            raise _wrong(f"must name at most {MAX_LINES} toys.")
    if not found:
        raise _wrong("must name a toy. It has no line after the first.")
    return found


def _wrong(detail: str) -> ProblemError:
    return ProblemError("invalid_request", f"The recall list {detail}")
