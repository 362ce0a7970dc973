"""How to make it all again: commands, seeds, digests, and where and with what it was made."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from app.report.document import Code, Section, Table, Words
from distillation.distill import DistilOptions
from distillation.student import StudentConfig
from recommender.records import Run

_OPTIONS: Final = {"learning_rate": "rate"}
_FIXED: Final = ("targets_per_batch", "start")


@dataclass(frozen=True)
class Made:
    """One thing that was made: its digest, when, in how many seconds, from which seed and code, with what."""

    what: str
    digest: str
    time: str
    seconds: float | None
    seed: int | None
    code: str
    platform: str
    libraries: str


@dataclass(frozen=True)
class Again:
    """All that it takes. commands: in order"""

    commands: tuple[str, ...]
    made: tuple[Made, ...]
    digests: tuple[tuple[str, str], ...]


def read_again(runs: Sequence[Run], manifest: Mapping[str, Any], folders: Mapping[str, str]) -> Again:
    """runs: the records of teacher and student; folders: what the report was told, by the name of the option"""
    commands = [line for run in runs if (line := _command(run, folders))]
    if "student" in folders and "data" in folders:
        commands.append(
            f"toyguide bundle build --data {folders['data']} --student {folders['student']} --out {folders['bundle']}"
        )
    digests = (
        ("data", str(manifest["dataset"].get("digest", ""))),
        ("teacher", str(manifest["teacher"].get("digest", ""))),
        ("student", str(manifest["student"].get("digest", ""))),
        ("model", str(manifest["model"])),
    )
    told = " ".join(f"--{name} {shlex.quote(folder)}" for name, folder in folders.items())
    return Again((*commands, f"toyguide report {told} --out report.html"), tuple(map(_made, runs)), digests)


def _command(run: Run, folders: Mapping[str, str]) -> str | None:
    record, data = run.record, folders.get("data", "DATA")
    if run.kind == "teacher":
        if record.get("started_from"):
            return None  # a retraining made it
        preset = record.get("preset") or {}
        return (
            f"toyguide train --data {data} --preset {preset.get('name')} --seed {preset.get('seed')} "
            f"--epochs {preset.get('epochs')} --out {folders['teacher']}"
        )
    if run.kind != "student":
        return None
    options, shape = asdict(DistilOptions()), asdict(StudentConfig())
    lesson, student = record.get("distillation") or {}, record.get("student") or {}
    said = [
        f"--{_OPTIONS.get(name, name)} {lesson[name]}"
        for name in options
        if name in lesson
        and name not in _FIXED
        and (name in ("alpha", "temperature", "seed", "finish") or lesson[name] != options[name])
    ]
    said += [
        f"--{name} {student[name]}"
        for name in ("width", "family", "bits", "dropout")
        if name in student and student[name] != shape[name]
    ]
    said += ["--no-start"] if lesson.get("start") is False else []
    if near := (record.get("near") or {}).get("count"):
        said.append(f"--near {near}")
    return f"toyguide distill --data {data} {_taught(folders)} {' '.join(said)} --out {folders['student']}"


def _taught(folders: Mapping[str, str]) -> str:
    return f"--blend {folders['blend']}" if "blend" in folders else f"--teacher {folders.get('teacher', 'TEACHER')}"


def _made(run: Run) -> Made:
    record = run.record
    where = record.get("environment") or {}
    settings = record.get("preset") or record.get("distillation") or {}
    libraries = ", ".join(f"{name} {version}" for name, version in (where.get("libraries") or {}).items() if version)
    seconds = record.get("seconds")
    return Made(
        run.kind,
        run.digest,
        run.time,
        float(seconds) if isinstance(seconds, int | float) else None,
        settings.get("seed"),
        str(where.get("git") or "unknown")[:48],
        f"{where.get('platform', 'unknown')}, Python {where.get('python', '?')}, {where.get('threads', '?')} threads",
        libraries,
    )


def again_section(again: Again) -> Section:
    """Commands to copy, and what they ran on."""
    facts: tuple[tuple[str, Callable[[Made], str]], ...] = (
        ("made", lambda each: each.time),
        ("in seconds", lambda each: "–" if each.seconds is None else f"{each.seconds:,.0f}"),
        ("from seed", lambda each: "–" if each.seed is None else str(each.seed)),
        ("with the code of commit", lambda each: each.code),
        ("on", lambda each: each.platform),
        ("with", lambda each: each.libraries),
    )
    rows = tuple((what, *(read(each) for each in again.made)) for what, read in facts)
    made = [Table(("", *(each.what for each in again.made)), rows, 1 + len(again.made))] if again.made else []
    return Section(
        "How to make it again",
        (
            Words(
                "The same seed, data, code and machine give the same digests; another processor or number of threads "
                "may round otherwise. What the records do not name is at its default."
            ),
            Code("\n".join(again.commands)),
            *made,
            Table(("digest of", "SHA-256"), again.digests, 2),
        ),
    )
