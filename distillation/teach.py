"""From a teacher to a student in one call: score once, distil, say what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch import Tensor

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.protocol import Protocol, SplitPlan
from data.split import Split
from distillation.distill import STAGES, DistilOptions, describe, distil
from distillation.lessons import Lessons, cached_scores, open_views, prepare_lessons, score_key
from distillation.near import beside, check_near
from distillation.score_cache import RECORD as SCORES_RECORD
from distillation.student import StudentConfig, StudentRecommender
from distillation.teachers import Teacher
from recommender.features import fit_schema
from recommender.learning.checkpoint import Checkpoint, checkpoints, went_before
from recommender.learning.fit import Reporter
from recommender.learning.meter import Meter
from recommender.learning.processes import agree, folder_of_machine, one_of_machine
from recommender.records import dataset_record


def teach(
    dataset: Dataset,
    split: Split,
    plan: SplitPlan,
    teacher: Teacher | None,
    config: StudentConfig,
    options: DistilOptions,
    scores: Path | None = None,
    report: Reporter | None = None,
    near: int = 0,
    unfinished: Path | None = None,
) -> tuple[StudentRecommender, dict[str, Tensor], dict[str, Any]]:
    """A student of `teacher`, its weights and its run record; where `torchrun` started several, they distil together.

    teacher: None distils from nobody; then α must be 1 and the table its own
    scores: folder that keeps the teacher's scores for the next student; None keeps them while they are needed
    near: toys beside each toy that the student is given when it has learned, see `distillation.near`
    unfinished: a folder for checkpoints, from which a killed distillation goes on. Who has kept the student removes it.
    Raises ToyGuideError if the teacher learned the validation part, `scores` holds those of another one, or
    `unfinished` belongs to another distillation.
    """
    if plan.protocol is not Protocol.LEAVE_ONE_OUT:
        raise ToyGuideError(f"The teacher was trained on the {plan.protocol} protocol; it must be leave-one-out.")
    meter = Meter()
    report = meter.watching(report)
    key = {
        "dataset": dataset_record(dataset, plan),
        "teacher": {"digest": teacher.digest if teacher else None},
        "student": asdict(config),
        "distillation": asdict(options),
        "near": near,
    }
    agree(key | {"toyguide": version("toyguide")})
    kept = checkpoints(unfinished, key, STAGES)
    left_out = went_before(kept)
    interests = teacher.interests if teacher else tuple(fit_schema(dataset.toy_rows()).interests)
    lessons = prepare_lessons(dataset, split, config.max_history, interests, options.half_life)
    check_near(near, len(dataset.index))
    if teacher is None or options.alpha == 1.0:
        student, weights, record = distil(lessons, teacher, (), config, options, report, kept)
        record = describe(record, lessons, plan, teacher, None)
    elif scores is not None:
        if (scores / SCORES_RECORD).is_file():
            left_out.append("the teacher's scores, which were there already")
        student, weights, record = _with_scores(scores, lessons, plan, teacher, config, options, report, kept)
    else:
        with folder_of_machine("toyguide-scores-") as folder:
            at = folder / "scores"
            student, weights, record = _with_scores(at, lessons, plan, teacher, config, options, report, kept)
    if near:
        student, found = beside(student, dataset, split, near)
        weights, record = dict(student.model.state_dict()), record | {"near": found}
    record["spent"] = meter.read(left_out).record()
    return student, weights, record


def _with_scores(
    folder: Path,
    lessons: Lessons,
    plan: SplitPlan,
    teacher: Teacher,
    config: StudentConfig,
    options: DistilOptions,
    report: Reporter | None,
    kept: Sequence[Checkpoint | None],
) -> tuple[StudentRecommender, dict[str, Tensor], dict[str, Any]]:
    top = options.depth(len(lessons.dataset.index))
    key = score_key(teacher, config.max_history, top, options.outside)
    said = one_of_machine(lambda: cached_scores(folder, lessons, teacher, key, options.dreams, report))
    views = open_views(folder, lessons, key, options.temperature, options.dreams)
    student, weights, record = distil(lessons, teacher, views, config, options, report, kept)
    return student, weights, describe(record, lessons, plan, teacher, said)
