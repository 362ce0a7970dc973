"""How to make it all again: commands, seeds, digests, and where and with what it was made."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from app.report.document import Code, Section, Table, Words
from app.report.figures import when
from data.dataset import Source
from distillation.distill import DistilOptions
from distillation.student import StudentConfig
from recommender.learning.meter import spent_from
from recommender.records import Run

_OPTIONS: Final = {"learning_rate": "rate"}
_SHAPE: Final = ("width", "family", "bits", "dropout")
_LESSON: Final = ("alpha", "temperature", "seed", "epochs", "learning_rate", "average", "patience", "finish")
_TEACHING: Final = ("top", "own", "outside", "dreams")
_ALWAYS: Final = ("alpha", "temperature", "seed")
_SIMULATED: Final = "world"
_WORLD: Final = ("toys", "shoppers", "events")


@dataclass(frozen=True)
class Made:
    """One thing that was made: its digest, when, what it cost, from which seed and code, where and with what.

    joules: of the whole machine meanwhile, None without a meter
    """

    what: str
    digest: str
    time: str
    seconds: float | None
    cpu_seconds: float | None
    joules: float | None
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


def read_again(
    runs: Sequence[Run], retraining: Run | None, source: Source, manifest: Mapping[str, Any], folders: Mapping[str, str]
) -> Again:
    """runs: the records of teacher and student; folders: what the report was told, by the name of the option"""
    paths = {name: shlex.quote(folder) for name, folder in folders.items()}
    by_kind = {run.kind: run.record for run in runs}
    if any(record.get("started_from") for record in by_kind.values()):
        commands = [_retrain(retraining.record if retraining else {})]
    else:
        commands = [
            *([_simulate(source, paths)] if source.name == _SIMULATED else []),
            *([_train(by_kind["teacher"], paths)] if "teacher" in by_kind else []),
            *([_distill(by_kind["student"], paths), _build(paths)] if "student" in by_kind else []),
        ]
    told = " ".join(f"--{name} {path}" for name, path in paths.items())
    digests = (
        ("data", str(manifest["dataset"].get("digest", ""))),
        ("teacher", str(manifest["teacher"].get("digest", ""))),
        ("student", str(manifest["student"].get("digest", ""))),
        ("model", str(manifest["model"])),
    )
    return Again((*commands, f"toyguide report {told} --out report.html"), tuple(map(_made, runs)), digests)


def _retrain(record: Mapping[str, Any]) -> str:
    options = record.get("options") or {}
    said = "".join(f" --{name} {options[name]}" for name in ("epochs", "rate") if options.get(name) is not None)
    return f"toyguide retrain --from BEFORE --events EVENTS{said} --out FOLDER"


def _simulate(source: Source, paths: Mapping[str, str]) -> str:
    said = " ".join(f"--{name} {source.options[name]}" for name in _WORLD if name in source.options)
    return f"toyguide data simulate {said} --seed {source.seed} --out {paths['data']}"


def _train(record: Mapping[str, Any], paths: Mapping[str, str]) -> str:
    preset = record.get("preset") or {}
    said = f"--preset {preset.get('name')} --seed {preset.get('seed')} --epochs {preset.get('epochs')}"
    return f"toyguide train --data {paths['data']} {said} --out {paths['teacher']}"


def _distill(record: Mapping[str, Any], paths: Mapping[str, str]) -> str:
    """What differs from the defaults is named, and what everybody asks for."""
    lesson, student = record.get("distillation") or {}, record.get("student") or {}
    usual = asdict(DistilOptions()) | asdict(StudentConfig()) | {"finish": 1}  # the command's, not the class's
    chosen = {name: value for name, value in {**student, **lesson}.items() if name in (*_SHAPE, *_LESSON, *_TEACHING)}
    said = [
        f"--{_OPTIONS.get(name, name)} {value}"
        for name, value in chosen.items()
        if name in _ALWAYS or value != usual.get(name)
    ]
    said += ["--no-start"] if lesson.get("start") is False else []
    if near := (record.get("near") or {}).get("count"):
        said.append(f"--near {near}")
    return f"toyguide distill --data {paths['data']} {_taught(paths)} {' '.join(said)} --out {paths['student']}"


def _build(paths: Mapping[str, str]) -> str:
    return f"toyguide bundle build --data {paths['data']} --student {paths['student']} --out {paths['bundle']}"


def _taught(paths: Mapping[str, str]) -> str:
    return f"--blend {paths['blend']}" if "blend" in paths else f"--teacher {paths.get('teacher', 'TEACHER')}"


def _made(run: Run) -> Made:
    record = run.record
    where = record.get("environment") or {}
    settings = record.get("preset") or record.get("distillation") or {}
    libraries = ", ".join(f"{name} {version}" for name, version in (where.get("libraries") or {}).items() if version)
    seconds, spent = record.get("seconds"), spent_from(record.get("spent"))
    return Made(
        run.kind,
        run.digest,
        run.time,
        float(seconds) if isinstance(seconds, int | float) else None,
        None if spent is None else spent.cpu_seconds,
        None if spent is None else spent.joules,
        settings.get("seed"),
        str(where.get("git") or "unknown")[:48],
        f"{where.get('platform', 'unknown')}, Python {where.get('python', '?')}, {where.get('threads', '?')} threads",
        libraries,
    )


def _energy(each: Made) -> str:
    if each.cpu_seconds is None:
        return "not recorded"
    return "no meter" if each.joules is None else f"{each.joules / 3600:,.2f} Wh"


def again_section(again: Again) -> Section:
    """Commands to copy, and what they ran on."""
    facts: tuple[tuple[str, Callable[[Made], str]], ...] = (
        ("made", lambda each: when(each.time)),
        ("in seconds", lambda each: "–" if each.seconds is None else f"{each.seconds:,.0f}"),
        ("in CPU seconds", lambda each: "not recorded" if each.cpu_seconds is None else f"{each.cpu_seconds:,.0f}"),
        ("with energy", _energy),
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
            Table(("of", "fingerprint"), again.digests, 2),
        ),
    )
