"""From new events to a bundle that may take the place of the one that runs: join, train on, distil, check, judge.

Every stage leaves its result in the folder of the retraining; one that was interrupted goes on where it stood. The
teacher begins where the last one ended, the student is made by the recipe of the running bundle, and the verdict says
in words which gates were passed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from data.atomic import alone_in, atomic_file
from data.dataset import Dataset, load_dataset, save_dataset
from data.errors import BundleError, ToyGuideError
from data.join import JoinReport, join_events
from data.people import MOST_OF_A_SESSION
from data.protocol import Protocol, SplitPlan, split_dataset
from data.schema import EventColumn
from data.split import Split
from distillation.distill import DistilOptions, load_student, save_student
from distillation.gates import Gate, running_student
from distillation.judging import Report, gates_of
from distillation.package import build_bundle
from distillation.standing import Rival, rivals_as_before
from distillation.student import StudentConfig
from distillation.teach import teach
from distillation.teachers import Teacher, teacher_of
from recommender.evaluation.shown import Seen
from recommender.learning.checkpoint import remove_unfinished, unfinished_of
from recommender.learning.runs import WEIGHTS
from recommender.learning.teacher import load_teacher, save_teacher, train_teacher
from recommender.learning.warm import WarmStart, read_start
from recommender.records import RECORD, dataset_record, read_record, write_record
from recommender.serving.bundle import Manifest, verify_bundle

KEY: Final = "retrain.json"
DATASET, TEACHER, STUDENT, BUNDLE, SCORES = "dataset", "teacher", "student", "bundle", "scores"
HALF_LIFE: Final = 30.0
"""Days."""


@dataclass(frozen=True)
class Before:
    """What runs now. data: what its teacher learned from; teacher: that teacher's run; bundle: what kiosks run."""

    data: Path
    teacher: Path
    bundle: Path


@dataclass(frozen=True)
class RetrainOptions:
    """How to train on; the student is made by the recipe of the running bundle.

    epochs, rate: of the teacher, by default a third and a half of its own
    half_life: days after which an event weighs half for teacher and student, see `recommender.learning.recency`;
    0 = all weigh alike
    most_bytes: of the student as it ships; most_of_a_session: see `data.people`
    """

    epochs: int | None = None
    rate: float | None = None
    half_life: float = HALF_LIFE
    most_bytes: int = 2_000_000
    most_of_a_session: int = MOST_OF_A_SESSION


@dataclass(frozen=True)
class Verdict:
    """What came of a retraining. running, model: digests of the bundle that runs and of the new one.

    later: events that came after it was begun, where it was interrupted and went on; they are for the next one
    """

    passed: bool
    says: str
    running: str
    model: str | None
    gates: tuple[Gate, ...]
    joined: JoinReport
    later: int = 0

    def record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def retrain(
    folder: Path,
    before: Before,
    events: pa.Table,
    catalogue: Dataset | None = None,
    options: RetrainOptions | None = None,
    report: Report = lambda _: lambda *_: None,
    seen: Seen | None = None,
) -> Verdict:
    """Make a bundle in `folder` from what runs now and from new events, and judge it against what runs.

    events: schema `EVENT_TABLE`; catalogue: the toys of today, see `join_events`
    seen: the lists that came with the events, for what kiosks had on trial, and all that shoppers had done until then
    Raises ToyGuideError where there is nothing to learn, the folder holds another retraining or one is at work there,
    or what runs now does not fit together.
    """
    options = options or RetrainOptions()
    base = load_dataset(before.data)
    running = verify_bundle(before.bundle)
    running_student(before.bundle, base)
    recipe_of(running)  # both are asked for later: what is wrong with them is said before hours of training
    start = read_start(before.teacher, base, options.epochs, options.rate, options.half_life)
    if start.plan.protocol is not Protocol.LEAVE_ONE_OUT:
        raise ToyGuideError(
            f"{before.teacher} was trained on the {start.plan.protocol} protocol; it must be leave-one-out."
        )
    with alone_in(folder, "retraining"):
        _claim(folder, _key(base, events, catalogue, start, running, options), base, events)
        dataset, joined = _joined(folder, base, events, catalogue, options, report)
        plan = start.plan  # the running bundle must not be asked what it has learned
        split = split_dataset(dataset, plan)
        teacher = _taught(folder, dataset, split, plan, start, report)
        try:
            manifest = _bundled(folder, dataset, split, plan, teacher, running, options.half_life, report)
        except BundleError as error:
            gates: tuple[Gate, ...] = (Gate("bundle", False, str(error)),)
            model = None
        else:
            gates = gates_of(folder / BUNDLE, before.bundle, dataset, split, manifest, options.most_bytes, seen, report)
            model = manifest.model
        verdict = _verdict(gates, running.model, model, joined, _later(events, joined))
        record = {"dataset": dataset_record(dataset, plan), "verdict": verdict.record(), "options": asdict(options)}
        write_record(folder / RECORD, "retraining", record)
        return verdict


def _key(
    base: Dataset,
    events: pa.Table,
    catalogue: Dataset | None,
    start: WarmStart,
    running: Manifest,
    options: RetrainOptions,
) -> dict[str, Any]:
    return {
        "data": base.digest,
        "events": _table_digest(events),
        "catalogue": None if catalogue is None else catalogue.digest,
        "teacher": start.digest,
        "bundle": running.model,
        "options": asdict(options),
    }


def _table_digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(memoryview(sink.getvalue())).hexdigest()


def _claim(folder: Path, key: dict[str, Any], base: Dataset, events: pa.Table) -> None:
    """Say in `folder` which retraining it holds.

    A kiosk goes on serving while it is trained: one that was interrupted goes on with the events that it has joined,
    if there are only more of them now. Raises ToyGuideError if it is another, or something else is there.
    """
    file = folder / KEY
    if file.is_file():
        try:
            found = dict(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ToyGuideError(f"{file} cannot be read: {error}. Give another folder.") from error
        differ = [name for name in key if found.get(name) != key[name]] or sorted(found.keys() - key.keys())
        if not differ or (differ == ["events"] and _goes_on(folder, base, events)):
            return
        if differ != ["events"] or (folder / DATASET).is_dir():
            raise ToyGuideError(
                f"{folder} holds a retraining of other {', '.join(differ)}{_ended(folder)}. Give another folder, or "
                "remove it."
            )
    elif strangers := sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".")):
        raise ToyGuideError(f"{folder} must be a new or empty folder, or one of an earlier retraining. It holds "
                            f"{strangers[0]!r}.")  # fmt: skip
    with atomic_file(file) as temporary:
        temporary.write_text(json.dumps(key, indent=2) + "\n", encoding="utf-8")


def _ended(folder: Path) -> str:
    """How the retraining in `folder` ended, if it did: one that is killed then may not have been published yet."""
    try:
        verdict = read_record(folder).record["verdict"]
        passed, says = bool(verdict["passed"]), str(verdict["says"]).rstrip(".")
    except (ToyGuideError, KeyError, TypeError):
        return ""
    by_hand = f"; by hand: toyguide bundle publish {folder / BUNDLE} --to DIR" if passed else ""
    return f", which came to its end ({says}{by_hand})"


def _goes_on(folder: Path, base: Dataset, events: pa.Table) -> bool:
    """Whether the retraining in `folder` is not at its end, and all that it joined is among `events`."""
    if not (folder / DATASET).is_dir() or (folder / RECORD).exists():
        return False
    joined = load_dataset(folder / DATASET).events[EventColumn.ID].slice(base.events.num_rows)
    return bool(pc.all(pc.is_in(joined, value_set=events[EventColumn.ID].combine_chunks())).as_py())


def _later(events: pa.Table, joined: JoinReport) -> int:
    """How many of the events came since it was begun, at least: a kiosk forgets what is old meanwhile."""
    return max(0, int(events.num_rows) - joined.told)


def _joined(
    folder: Path, base: Dataset, events: pa.Table, catalogue: Dataset | None, options: RetrainOptions, report: Report
) -> tuple[Dataset, JoinReport]:
    told = report("Joining the events")
    at = folder / DATASET
    if at.is_dir():
        dataset = load_dataset(at)
        names = [each.name for each in fields(JoinReport)]
        told("up to date", 1, 1)
        return dataset, JoinReport(**{name: dataset.source.options[name] for name in names})
    dataset, joined = join_events(base, events, catalogue, options.most_of_a_session)
    save_dataset(dataset, at)
    told(f"{joined.events:,} new events", 1, 1)
    return load_dataset(at), joined


def _taught(folder: Path, dataset: Dataset, split: Split, plan: SplitPlan, start: WarmStart, report: Report) -> Teacher:
    told = report("Training the teacher on")
    at = folder / TEACHER
    if not at.is_dir():
        _, weights, record = train_teacher(dataset, split, plan, start.preset, told, unfinished_of(at), start=start)
        save_teacher(at, weights, record)
    else:
        told("up to date", 1, 1)
    remove_unfinished(at)
    teacher, record = load_teacher(at, dataset)
    return teacher_of(teacher, record, record["preset"]["name"])


def _bundled(
    folder: Path,
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    teacher: Teacher,
    running: Manifest,
    half_life: float,
    report: Report,
) -> Manifest:
    told = report("Distilling the student")
    at = folder / STUDENT
    config, options, near = recipe_of(running)
    options = replace(options, half_life=half_life)
    if not at.is_dir():
        scores, unfinished = folder / SCORES, unfinished_of(at)
        _, weights, record = teach(dataset, split, plan, teacher, config, options, scores, told, near, unfinished)
        save_student(at, weights, record)
    else:
        told("up to date", 1, 1)
    shutil.rmtree(folder / SCORES, ignore_errors=True)
    remove_unfinished(at)
    student, record = load_student(at, dataset)
    told = report("Building the bundle")
    if (folder / BUNDLE).is_dir():
        manifest = verify_bundle(folder / BUNDLE)
    else:
        weights_bytes = (folder / TEACHER / WEIGHTS).stat().st_size
        rivals = rivals_as_before(running.metrics, dataset, split, Rival(teacher.recommender, "teacher", weights_bytes))
        manifest = build_bundle(
            dataset, split, student, record, folder / BUNDLE, lambda step: told(step, 0, 1), rivals=rivals
        )
    told("", 1, 1)
    return manifest


def recipe_of(manifest: Manifest) -> tuple[StudentConfig, DistilOptions, int]:
    """(shape, how it was distilled, near toys) of the student in a bundle. Raises BundleError if it does not say."""
    shape = {each.name for each in fields(StudentConfig)}
    try:
        config = StudentConfig(**{name: value for name, value in manifest.student.items() if name in shape})
        options = DistilOptions(**manifest.student["distillation"])
    except (KeyError, TypeError) as error:
        raise BundleError(
            f"The running bundle does not say how its student was made ({error}). Distil one by hand, and build it."
        ) from error
    return config, options, int(manifest.student.get("near", 0))


def _verdict(gates: tuple[Gate, ...], running: str, model: str | None, joined: JoinReport, later: int = 0) -> Verdict:
    held = [gate.name for gate in gates if not gate.passed]
    if held:
        says = f"Held back by {', '.join(held)}: the running bundle {running[:12]} stays."
    else:
        says = f"All gates passed: {str(model)[:12]} may take the place of {running[:12]}."
    return Verdict(not held, says, running, model, gates, joined, later)
