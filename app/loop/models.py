"""The models of the loop: the first one of a shop that has a year of events, and the one that each week makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.demo import TOP
from app.cli.kiosk_export import write_export
from app.cli.live import live_events
from app.kiosk.settings import load_settings
from data.dataset import Dataset, load_dataset, save_dataset
from data.importers.kiosk import import_kiosk
from data.protocol import plan_split, split_dataset
from distillation.distill import DistilOptions, save_student
from distillation.judging import Report
from distillation.package import build_bundle
from distillation.retrain import BUNDLE, DATASET, STUDENT, TEACHER, Before, retrain
from distillation.student import StudentConfig
from distillation.teach import teach
from distillation.teachers import teacher_of
from recommender.learning.presets import Preset
from recommender.learning.teacher import save_teacher, train_teacher
from recommender.serving.publish import publish


@dataclass(frozen=True)
class Retrained:
    """What a week's retraining came to. model: the digest of the new bundle, None where it was held back."""

    week: int
    model: str | None
    says: str
    seconds: float
    events: int
    new_toys: int
    gates: tuple[dict[str, Any], ...]


def first_model(database: Path, toys: Dataset, preset: Preset, folder: Path, report: Report) -> Before:
    """Teacher, student and bundle of what the kiosk of `database` has taken, in `folder`."""
    told = report("Importing the kiosk's export")
    export = folder / "export.ndjson"
    folder.mkdir(parents=True)
    write_export(load_settings(database=database), export, None)
    save_dataset(import_kiosk([export], toys).dataset, folder / DATASET)
    export.unlink()
    told("", 1, 1)
    dataset = load_dataset(folder / DATASET)
    plan = plan_split(dataset)
    split = split_dataset(dataset, plan)
    teacher, weights, record = train_teacher(dataset, split, plan, preset, report("Training the first teacher"))
    record = save_teacher(folder / TEACHER, weights, record)
    source = teacher_of(teacher, record, preset.name)
    config, options = StudentConfig(), DistilOptions(finish=1, top=TOP)
    student, weights, record = teach(
        dataset, split, plan, source, config, options, None, report("Distilling the first student")
    )
    record = save_student(folder / STUDENT, weights, record)
    told = report("Building the first bundle")
    build_bundle(dataset, split, student, record, folder / BUNDLE, lambda step: told(step, 0, 1))
    told("", 1, 1)
    return Before(folder / DATASET, folder / TEACHER, folder / BUNDLE)


def next_model(
    week: int,
    before: Before,
    database: Path,
    today: Dataset,
    folder: Path,
    publish_dir: Path,
    report: Report,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Before, Retrained]:
    """(what runs afterwards, how it went): what `toyguide retrain --events DATABASE --publish DIR` does.

    today: the toys on sale in week `week`
    """
    begin = clock()
    live = live_events([database], today, None, "retrain")
    found = retrain(folder, before, live.dataset.events, today, report=report, seen=live.seen)
    if found.passed:
        publish(folder / BUNDLE, publish_dir)
        before = Before(folder / DATASET, folder / TEACHER, folder / BUNDLE)
    gates = tuple({"name": gate.name, "passed": gate.passed, "says": gate.says} for gate in found.gates)
    done = Retrained(
        week,
        found.model if found.passed else None,
        found.says,
        clock() - begin,
        found.joined.events,
        found.joined.new_toys,
        gates,
    )
    return before, done
