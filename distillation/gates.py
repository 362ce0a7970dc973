"""What a newly trained bundle must pass before it takes the place of the one that runs, each gate in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.dataset import Dataset
from data.errors import BundleError
from data.ids import ToyIndex
from data.schema import ADULT_MONTHS, HAZARD_FLOOR_MONTHS, Audience, Recipient, Toy
from data.sequences import Sequences
from distillation.package import student_bytes
from recommender.base import QueryBatch
from recommender.evaluation.compare import bootstrap_interval
from recommender.evaluation.metrics import MAIN, per_query
from recommender.evaluation.ranking import Judgement
from recommender.evaluation.report import FEWEST_QUERIES, slices
from recommender.evaluation.trials import Trials
from recommender.serving.bundle import CATALOGUE, Manifest, verify_bundle
from recommender.serving.catalogue import read_catalogue
from recommender.serving.encoder import has_encoder, place_toys
from recommender.serving.engine import Engine
from recommender.serving.student import OnnxStudent, Student

HOUSEHOLDS: Final = 500
_SURE: Final = 0.95
_AGES: Final = (0, 6, 12, 18, 24, 35, 36, 48, 60, 84, 96, 120, 144, 168, 215)
_LONGEST: Final = 8
_LIST: Final = 20
_SMALLEST: Final = 36


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition. says: the finding, in one sentence; figures: what it rests on, as JSON can hold it."""

    name: str
    passed: bool
    says: str
    figures: dict[str, Any] = field(default_factory=dict)


def quality_gate(new: Judgement, running: Judgement, learned: Sequences) -> Gate:
    """NDCG@10 by slice: nowhere below the running bundle by more than chance explains.

    Both are judgements of the same queries; of each slice the paired differences get a bootstrap interval, as wide as
    it must be for all slices together to give a false alarm one time in twenty at most (Bonferroni; docs/adr, 28).
    """
    pairs = [
        (name, per_query(ours)[MAIN], per_query(theirs)[MAIN])
        for (name, ours), (_, theirs) in zip(slices(new, learned), slices(running, learned), strict=True)
        if len(ours) >= FEWEST_QUERIES
    ]
    level = 1 - (1 - _SURE) / max(1, len(pairs))
    rows: dict[str, dict[str, float]] = {}
    for name, ours, theirs in pairs:
        low, high = bootstrap_interval(ours - theirs, level)
        rows[name] = {
            "queries": len(ours), "new": float(ours.mean()), "running": float(theirs.mean()), "low": low, "high": high
        }  # fmt: skip
    worse = [name for name, row in rows.items() if row["high"] < 0]
    if not rows:
        return Gate("quality", False, f"Fewer than {FEWEST_QUERIES} queries can be judged: nothing is known.", rows)
    every = rows["all"] if "all" in rows else next(iter(rows.values()))
    said = f"NDCG@10 {every['running']:.4f} → {every['new']:.4f} ({every['low']:+.4f} to {every['high']:+.4f})"
    if worse:
        found = ", ".join(f"{name} ({rows[name]['running']:.4f} → {rows[name]['new']:.4f})" for name in worse)
        return Gate("quality", False, f"{said}; worse than the running bundle beyond chance on: {found}.", rows)
    return Gate("quality", True, f"{said}; on no slice worse than the running bundle beyond chance.", rows)


def safety_gate(engine: Engine, households: int = HOUSEHOLDS, seed: int = 0) -> Gate:
    """Lists for random households, each toy of them against the rules, which are said here a second time."""
    rng = Random(seed)
    shown = 0
    unsafe: list[str] = []
    for _ in range(households):
        age = rng.choice((None, *_AGES, 240, 480))
        youngest = rng.choice((None, *_AGES))
        history = [toy.id for toy in rng.sample(engine.toys, min(len(engine.toys), rng.randrange(_LONGEST)))]
        answer = engine.recommend(history, Recipient(age_months=age), youngest, k=_LIST)
        for item in answer.items:
            shown += 1
            if reason := _unsafe(item.toy, age, youngest, engine.default_youngest_months):
                unsafe.append(f"{item.toy.id} ({reason})")
    figures = {"households": households, "shown": shown, "unsafe": len(unsafe)}
    if unsafe:
        return Gate("safety", False, f"{len(unsafe)} of {shown:,} toys shown were unsafe, as {unsafe[0]}.", figures)
    if not shown:
        return Gate("safety", False, f"No toy was shown to any of {households} households.", figures)
    return Gate("safety", True, f"0 of {shown:,} toys shown to {households:,} households were unsafe.", figures)


def _unsafe(toy: Toy, age: int | None, youngest: int | None, default: int) -> str | None:
    children = [months for months in (age, youngest) if months is not None and months < ADULT_MONTHS]
    smallest = min(children, default=default)
    grown_up = age is not None and age >= ADULT_MONTHS and not children
    if toy.safety_min_age is None and smallest < _SMALLEST:
        return f"its safety age is unknown, and a child of {smallest} months is there"
    if toy.safety_min_age is not None and toy.safety_min_age > smallest:
        return f"from {toy.safety_min_age} months, and a child of {smallest} months is there"
    for hazard in toy.hazards:
        if HAZARD_FLOOR_MONTHS[hazard] > smallest:
            return f"{hazard.value}, and a child of {smallest} months is there"
    if toy.audience is Audience.ADULT and not grown_up:
        return "it is for adults, and nobody said that one is there alone"
    if children and toy.audience is Audience.UNKNOWN and toy.safety_min_age is None:
        return "nobody knows whom it is for, and a child is there"
    return None


def size_gate(manifest: Manifest, most_bytes: int) -> Gate:
    """The student as it ships must not outgrow what kiosks and phones were promised."""
    size = student_bytes(manifest)
    said = f"The student has {size / 1e6:.3f} MB; at most {most_bytes / 1e6:.3f} MB are allowed."
    return Gate("size", size <= most_bytes, said, {"bytes": size, "most": most_bytes})


def exposure_gate(found: Trials) -> Gate:
    """What the kiosks' toys on trial say; it holds back where less would be wanted beyond chance, and nothing else.

    The new bundle has learned from these very events, so what it would gain is flattered, and a loss is one indeed.
    """
    says = found.says
    if found.exposure is not None and not found.worse:
        says += " It has learned from these events: ask again with later ones before you believe a gain."
    return Gate("exposure", not found.worse, says, found.record())


class RunningStudent(OnnxStudent):
    """The student of a bundle that runs, asked about the toys of today: those that it lacks are placed by its encoder.

    index: of today, in which its own toys come first
    """

    def __init__(self, student: Student, index: ToyIndex, name: str) -> None:
        super().__init__(student, index, name)
        self._readable = student.readable

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        # A graph whose table of near toys ends where it was built cannot read a toy behind it.
        known = batch.toys < self._readable
        if known.all():
            return super()._score(batch)
        return super()._score(replace(batch, toys=np.where(known, batch.toys, 0)))


def running_student(folder: Path, dataset: Dataset) -> RunningStudent:
    """The bundle in `folder` as it would answer in the shop of `dataset`.

    Raises BundleError if its toys are not the first of `dataset`, or it cannot place the others.
    """
    manifest = verify_bundle(folder)
    known = [toy.id for toy in read_catalogue(folder / CATALOGUE, whole=False)]
    if list(dataset.index.ids[: len(known)]) != known:
        raise BundleError(f"The bundle in {folder} knows other toys, or numbers them otherwise. Is it of another shop?")
    student = Student.open(folder, manifest)
    added: Sequence[Toy] = dataset.toy_rows()[len(known) :]
    if added:
        if not has_encoder(manifest):
            raise BundleError(f"The bundle in {folder} has no toy encoder, and {len(added)} toys came since.")
        student = student.with_rows(place_toys(folder, manifest, added))
    return RunningStudent(student, dataset.index, f"running bundle {manifest.model[:12]}")
