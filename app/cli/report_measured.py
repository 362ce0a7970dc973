"""All figures of `toyguide report`: everyone judged once, everything measured from those judgements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.cli.contestants import contestants, note_judged, rival_of
from app.cli.report_parts import Given, Parts
from app.report.model.again import read_again
from app.report.model.change import measure_change
from app.report.model.cost import measure_costs
from app.report.model.examples import gather_examples
from app.report.model.judged import Judged, Kind, first_of, judged, named
from app.report.model.mix import measure_mixes
from app.report.model.page import Report
from app.report.model.protocol import read_judging
from app.report.model.safety import HOUSEHOLDS, read_safety
from app.report.model.scores import measure_scores
from app.report.model.slices import measure_slices
from app.report.model.variety import measure_varieties
from data.origins import origin_of
from data.stats import describe
from distillation.gates import safety_gate
from distillation.package import means, part_bytes, student_bytes
from recommender.base import Query, Recommender

if TYPE_CHECKING:
    from rich.progress import Progress

_NAMES: Final[dict[Kind, str]] = {
    "shipped": "student as it ships",
    "student": "student in torch",
    "teacher": "teacher",
    "previous": "the bundle before",
}


def measure_report(parts: Parts, progress: Progress) -> Report:
    """Judge and measure everything."""
    given, manifest, split = parts.given, parts.manifest, parts.split
    task = progress.add_task("Counting the data", total=4, note="")
    stats = describe(parts.dataset)
    every = list(_everyone(parts, progress))
    shipped, teacher = next(each for each in every if each.kind == "shipped"), first_of(every, "teacher")
    previous = None
    if parts.previous is not None:
        previous = _judge(parts.previous.student, "previous", None, parts, progress)
    learned, toys = split.learned("test"), parts.dataset.toy_rows()
    progress.update(task, completed=1, description="Looking for unsafe toys")
    safety = read_safety(safety_gate(parts.engine, HOUSEHOLDS))
    progress.update(task, completed=2, description="Working out how sure the figures are")
    scores = measure_scores(every, shipped)
    slices = None if teacher is None else measure_slices(shipped, teacher, learned)
    change = None
    if parts.previous is not None and previous is not None:
        change = measure_change(manifest, parts.previous.manifest, shipped, previous, learned)
    progress.update(task, completed=3, description="Looking at the lists")
    beside = [each for each in (teacher, named(every, "popularity")) if each is not None]
    standing = manifest.metrics.get("standing")
    report = Report(
        name=_name(given.bundle),
        model=manifest.model,
        created=manifest.created,
        simulated=origin_of(parts.dataset.source).simulated,
        stats=stats,
        judging=read_judging(split, parts.plan, len(toys)),
        scores=scores,
        slices=slices,
        costs=measure_costs(every, standing if isinstance(standing, dict) else None),
        parts=part_bytes(manifest),
        swept=parts.swept,
        safety=safety,
        varieties=measure_varieties(every, split.test, learned, toys),
        mixes=measure_mixes(every, split.test, toys, manifest.currency),
        examples=gather_examples(parts.engine, shipped, beside, split.test),
        change=change,
        retraining=parts.retraining,
        again=read_again(parts.runs, parts.retrained, parts.dataset.source, asdict(manifest), _folders(given)),
    )
    progress.update(task, completed=4, description="Measured")
    return report


def _name(bundle: Path) -> str:
    """A bundle within the folder of its shop goes by that folder's name."""
    found = bundle.resolve()
    return found.parent.name if found.name == "bundle" else found.name


def _folders(given: Given) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(given).items() if isinstance(value, Path)}


def _everyone(parts: Parts, progress: Progress) -> Iterator[Judged]:
    """Baselines, teacher, student and bundle, each judged in its turn; models are noted as judged on the test part."""
    given = parts.given
    kinds: dict[Path, Kind] = {given.bundle: "shipped"}
    kinds |= {folder: "teacher" for folder in (given.teacher, given.blend) if folder is not None}
    if given.student is not None:
        kinds[given.student] = "student"
    labels = {"protocol": str(parts.plan.protocol), "part": "test", "order": parts.plan.order}
    for recommender, folder in contestants(parts.dataset, parts.split, parts.plan, "test", given.asked):
        found = _judge(recommender, "baseline" if folder is None else kinds[folder], folder, parts, progress)
        if folder is not None:
            note_judged(folder, labels, means(found.judgement))
        yield found


def _judge(recommender: Recommender, kind: Kind, folder: Path | None, parts: Parts, progress: Progress) -> Judged:
    name = _NAMES.get(kind, recommender.name)
    task = progress.add_task(f"Judging {name}", total=len(parts.split.test), note="")
    size, ask = rival_of(recommender, folder).bytes, None
    if kind == "shipped":
        size, ask = student_bytes(parts.manifest), _asking(parts)
    return judged(name, kind, recommender, parts.split.test, size, partial(progress.advance, task), ask)


def _asking(parts: Parts) -> Callable[[Query], Any]:
    """One request as a kiosk answers it: with rules and reasons."""
    return lambda query: parts.engine.recommend(query.history, query.recipient, k=10)
