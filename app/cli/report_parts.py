"""What `toyguide report` tells of: read, and found to fit together before anything slow begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.cli.contestants import Asked, check_held_out
from app.report.model.retraining import Retraining, read_retraining
from data.dataset import Dataset, load_fit_dataset
from data.errors import BundleError, ToyGuideError
from data.protocol import Protocol, SplitPlan, plan_from, split_dataset
from data.split import Split
from distillation.gates import RunningStudent, running_student
from distillation.study import rows_of
from distillation.study_file import STUDY, load_study
from distillation.sweep import Sweep
from recommender.records import Run, read_record
from recommender.serving.bundle import Manifest, read_manifest, verify_bundle
from recommender.serving.engine import Engine
from recommender.serving.load import load_bundle


@dataclass(frozen=True)
class Given:
    """Folders, and names of baselines; None is what is not given, of names the quick ones."""

    data: Path
    bundle: Path
    teacher: Path | None
    blend: Path | None
    student: Path | None
    names: tuple[str, ...] | None
    sweep: Path | None
    against: Path | None
    retraining: Path | None

    @property
    def asked(self) -> Asked:
        """Whom to judge."""
        teachers, blends, students = ([each] if each else [] for each in (self.teacher, self.blend, self.student))
        return Asked(list(self.names) if self.names else None, teachers, blends, students, [self.bundle])


@dataclass(frozen=True)
class Previous:
    """The bundle before, as it would answer in the shop of today."""

    manifest: Manifest
    student: RunningStudent


@dataclass(frozen=True)
class Parts:
    """What is given, read, and found to fit together."""

    given: Given
    manifest: Manifest
    engine: Engine
    dataset: Dataset
    plan: SplitPlan
    split: Split
    runs: tuple[Run, ...]
    swept: Sweep | None
    previous: Previous | None
    retrained: Run | None
    retraining: Retraining | None


def read_parts(given: Given) -> Parts:
    """Read everything. Raises ToyGuideError with one sentence that says what is missing or does not fit."""
    _ = given.asked.baselines
    manifest = verify_bundle(given.bundle)
    runs = tuple(_runs(given, manifest))
    retrained = None if given.retraining is None else read_record(given.retraining)
    retraining = None if retrained is None else read_retraining(retrained, manifest.model)
    dataset = load_fit_dataset(given.data)
    made_from = str(manifest.dataset.get("digest"))
    if made_from != dataset.digest:
        raise ToyGuideError(
            f"{given.bundle} was made from dataset {made_from[:12]}, but {given.data} is {dataset.digest[:12]}. Give "
            "the dataset it was made from."
        )
    plan = _plan(given.bundle, manifest)
    swept = None if given.sweep is None else _swept(given.sweep, dataset)
    previous = None if given.against is None else _previous(given.against, manifest, dataset, plan)
    return Parts(
        given,
        manifest,
        load_bundle(given.bundle),
        dataset,
        plan,
        split_dataset(dataset, plan),
        runs,
        swept,
        previous,
        retrained,
        retraining,
    )


def _runs(given: Given, manifest: Manifest) -> Iterator[Run]:
    """The records of teacher and student. Raises ToyGuideError if they are not those of the bundle."""
    wanted = (
        ("teacher", given.teacher, manifest.teacher),
        ("blend", given.blend, manifest.teacher),
        ("student", given.student, manifest.student),
    )
    for kind, folder, made in wanted:
        if folder is None:
            continue
        run = read_record(folder)
        if run.kind != kind:
            raise ToyGuideError(
                f"The '--{kind}' option of report must name a {kind}'s run. {folder} holds a {run.kind}."
            )
        if run.digest != made.get("digest"):
            whose = "taught by" if kind != "student" else "made from"
            raise ToyGuideError(
                f"The bundle {given.bundle} was {whose} {str(made.get('digest'))[:12]}, but the {kind} in {folder} is "
                f"{run.digest[:12]}."
            )
        yield run


def _plan(folder: Path, manifest: Manifest) -> SplitPlan:
    try:
        plan = plan_from(dict(manifest.dataset["split"]))
    except (KeyError, ValueError, TypeError) as error:
        raise BundleError(
            f"{folder} does not say what was held out when it was made, so it cannot be judged ({error})."
        ) from error
    if plan.protocol is not Protocol.LEAVE_ONE_OUT:
        raise BundleError(f"{folder} was made on the {plan.protocol} protocol; it must be leave-one-out.")
    return plan


def _swept(folder: Path, dataset: Dataset) -> Sweep:
    if not (folder / STUDY).is_file():
        raise ToyGuideError(f"{folder} holds no sweep: it has no {STUDY}. Make one with 'toyguide sweep'.")
    study = load_study(folder)
    about = dict(study.user_attrs.get("about", {}))
    if about.get("dataset") != dataset.digest:
        raise ToyGuideError(
            f"The sweep in {folder} is of dataset {str(about.get('dataset'))[:12]}, but the bundle's is "
            f"{dataset.digest[:12]}."
        )
    return Sweep(about, tuple(rows_of(study)))


def _previous(folder: Path, manifest: Manifest, dataset: Dataset, plan: SplitPlan) -> Previous:
    """The bundle before. Raises ToyGuideError where it may have learned what is to be found."""
    before = read_manifest(folder)
    if before.model == manifest.model:
        raise ToyGuideError(f"{folder} is the very bundle that the report is about: nothing changed.")
    check_held_out(folder, before.dataset, plan, "test")
    events = before.dataset.get("events")
    if isinstance(events, int) and events > dataset.events.num_rows:
        raise ToyGuideError(
            f"{folder} was made from {events:,} events, the bundle of the report from {dataset.events.num_rows:,}: "
            "it is not the one before, and may have learned what is to be found."
        )
    return Previous(before, running_student(folder, dataset))
