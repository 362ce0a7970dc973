"""What changed against the bundle before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from app.report.charts import number, percent
from app.report.document import Section, Table, Words
from app.report.figures import Estimate, estimate, share, signed, sure, when
from app.report.model.judged import Judged
from app.report.model.slices import SliceRow, finding, measure_slices, slice_cards
from data.sequences import Sequences
from distillation.package import student_bytes
from distillation.student import StudentConfig
from recommender.evaluation.beyond import K
from recommender.serving.bundle import Manifest


@dataclass(frozen=True)
class Change:
    """This bundle against the one before.

    facts: (what, before, now); others: share of a shopper's first ten that the bundle before did not show
    same_first: share of the shoppers whose first toy is the same
    """

    facts: tuple[tuple[str, str, str], ...]
    slices: tuple[SliceRow, ...]
    others: Estimate
    same_first: Estimate


def measure_change(
    manifest: Manifest, before: Manifest, shipped: Judged, previous: Judged, learned: Sequences
) -> Change:
    """previous: the bundle before, judged on the same queries."""
    new, old = shipped.judgement.top[:, :K], previous.judgement.top[:, :K]
    common = np.array([len(np.intersect1d(a[a > 0], b[b > 0])) for a, b in zip(new, old, strict=True)])
    length = np.maximum((new > 0).sum(axis=1), 1)
    return Change(
        _facts(before, manifest),
        measure_slices(shipped, previous, learned),
        estimate(1 - common / length),
        estimate((new[:, 0] == old[:, 0]).astype(np.float64)),
    )


def _facts(before: Manifest, now: Manifest) -> tuple[tuple[str, str, str], ...]:
    def both(what: str, read: Any) -> tuple[str, str, str]:
        return what, str(read(before)), str(read(now))

    counts = [both(name, lambda one, name=name: _count(one.dataset, name)) for name in ("toys", "shoppers", "events")]
    recipe = _recipe(before), _recipe(now)
    differ = [name for name in dict.fromkeys((*recipe[0], *recipe[1])) if recipe[0].get(name) != recipe[1].get(name)]
    return (
        both("model", lambda one: one.model[:16]),
        both("built", lambda one: when(one.created or "–")),
        both("data", lambda one: str(one.dataset.get("digest", "–"))[:16]),
        *counts,
        both("teacher", lambda one: str(one.teacher.get("digest", "–"))[:16]),
        both("student, bytes", lambda one: number(student_bytes(one))),
        both("bundle, bytes", lambda one: number(sum(entry.bytes for entry in one.files.values()))),
        *((name, str(recipe[0].get(name, "–")), str(recipe[1].get(name, "–"))) for name in differ),
    )


def _count(dataset: Mapping[str, Any], name: str) -> str:
    found = dataset.get(name)
    return number(found) if isinstance(found, int) else "–"


def _recipe(manifest: Manifest) -> dict[str, Any]:
    """The student's shape, how it is stored and how it was distilled."""
    named = (*(each.name for each in fields(StudentConfig)), "table_bits", "near")
    shape = {name: manifest.student[name] for name in named if name in manifest.student}
    return shape | dict(manifest.student.get("distillation") or {})


def change_section(change: Change) -> Section:
    """Facts, slices and how many toys are others."""
    every: Sequence[SliceRow] = [row for row in change.slices if row.name == "all"]
    told = "".join(
        f" Over all queries NDCG@10 went from {sure(row.second)} to {sure(row.first)}, a paired difference of "
        f"{sure(row.difference, signed)}."
        for row in every
        if row.difference is not None
    )
    return Section(
        "What changed against the bundle before",
        (
            Words(
                f"{finding(change.slices, 'the new bundle', 'the one before')}.{told} Of a shopper's first ten toys "
                f"{share(change.others)} are others than before; {share(change.same_first)} of the shoppers have the "
                "same toy in the first place. The bundle before is asked about the toys of today: those that it lacks "
                "are placed by its toy encoder. Shoppers who were shown its lists are asked too, and were led by them; "
                "the quality gate of a retraining leaves them out."
            ),
            Table(("", "before", "now"), change.facts, 3),
            slice_cards(change.slices, "the new bundle", "the one before"),
        ),
    )


def changed(change: Change) -> str:
    """In a sentence, for those who read no more."""
    others = percent(change.others.value)
    found = finding(change.slices, "the new bundle", "the one before")
    return f"{found[0].lower()}{found[1:]}; {others} of the toys shown are others."
