"""Output folders and files: what may be replaced, and whether it can be written, said before anything slow begins."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal

from app.page.names import PAGE_NAMES
from data.errors import ToyGuideError, parameter_error

JUDGED: Final = "judged.jsonl"
"""Beside a model: every time that it was judged on a test part."""
SHEET: Final = "DATA_SHEET.md"
"""In a dataset: its data sheet, if somebody had it written there."""
Kind = Literal["dataset", "teacher", "blend", "student", "bundle", "page"]
_MARKERS: Final[dict[Kind, str]] = {
    "dataset": "dataset.json",
    "teacher": "run.json",
    "blend": "run.json",
    "student": "run.json",
    "bundle": "manifest.json",
    "page": "page.json",
}


def check_output(folder: Path, kind: Kind, command: str, option: str = "--out") -> None:
    """Raise ToyGuideError unless `folder` can be made, is empty, or holds something of `kind` and nothing else.

    Whatever is in a folder that is replaced is lost: so a stranger's file in it, or a teacher where a student is to
    be written, is a reason to refuse.
    """
    final = folder.resolve()
    if final == Path.cwd() or final in Path.cwd().parents:
        raise parameter_error(option, command, "a folder of its own, not the current one or one above it", str(folder))
    if not folder.exists():
        _check_can_be_made(final, folder, command, option)
        return
    ours = _files_of(folder, kind) if folder.is_dir() else None
    found = {entry.name for entry in folder.iterdir()} if folder.is_dir() else {""}
    if found and ours is None:
        raise parameter_error(
            option, command, f"a new or empty folder, or one that holds a {kind} and nothing else", str(folder)
        )
    if strangers := sorted(found - (ours or set())):
        raise ToyGuideError(
            f"The '{option}' parameter of {command} names {folder}, which is to be replaced but also holds "
            f"{strangers[0]!r}. Move that away, or give another folder."
        )
    _check_writable(final.parent, folder, command, option)


def check_file(file: Path, command: str, option: str = "--out", read: Iterable[Path] = ()) -> None:
    """Raise ToyGuideError if `file` is one of those that are `read`, or a part of a dataset, model, bundle or page.

    A dataset's sheet alone may be written anew: nothing vouches for its content.
    """
    final = file.resolve()
    if final in {other.resolve() for other in read}:
        raise parameter_error(option, command, "another file than those that are read", str(file))
    for kind in _MARKERS:
        parts = _files_of(final.parent, kind) or set()
        if final.name in parts - ({SHEET} if kind == "dataset" else set()):
            raise parameter_error(option, command, f"no part of the {kind} in {file.parent}", str(file))


def _check_can_be_made(final: Path, folder: Path, command: str, option: str) -> None:
    above = next(parent for parent in final.parents if parent.exists())
    if not above.is_dir():
        raise parameter_error(option, command, f"a folder, but {above} on its way is a file", str(folder))
    _check_writable(above, folder, command, option)


def _check_writable(above: Path, folder: Path, command: str, option: str) -> None:
    if not os.access(above, os.W_OK | os.X_OK):
        raise parameter_error(option, command, f"a folder that can be written, but {above} cannot", str(folder))


def _files_of(folder: Path, kind: Kind) -> set[str] | None:
    """The names in a folder that holds something of `kind`; None if it holds no such thing."""
    marker = _MARKERS[kind]
    try:
        record = json.loads((folder / marker).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    names = _parts(record, kind)
    return None if names is None else {marker, *names}


def _parts(record: dict[str, Any], kind: Kind) -> set[str] | None:
    if kind == "dataset":
        return {"toys.parquet", "events.parquet", SHEET} if record.keys() >= {"format", "source", "digest"} else None
    if kind == "bundle":
        files = record.get("files")
        whole = record.keys() >= {"format", "model", "student"} and isinstance(files, dict)
        return {name.split("/")[0] for name in files} | {"manifest.sig"} if whole and files else None
    if record.get("kind") != kind:
        return None
    if kind == "page":
        return set(PAGE_NAMES)
    if kind == "blend":
        members = record.get("members")
        return {JUDGED, *(f"member-{place}" for place in range(len(members)))} if isinstance(members, list) else None
    return {"weights.safetensors", JUDGED}
