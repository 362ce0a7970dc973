"""How much of the shelf is seen, and how far lists lean on what is popular anyway."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.report.charts import percent, tenths
from app.report.document import Plot, Points, Section, Table, Words
from app.report.dots import Series, dot_plot
from app.report.figures import Estimate, estimate, share, sure
from app.report.model.judged import Judged, Kind
from data.schema import Toy
from data.sequences import Sequences
from data.split import Holdout
from recommender.evaluation.beyond import K, beyond_each, gini
from recommender.evaluation.report import head_of


@dataclass(frozen=True)
class Variety:
    """The first ten toys of every list of one recommender; see `Beyond` for the first five figures.

    head, tail, unmet: share of a list's places on the most met fifth of the catalogue, on other toys that were met in
    training, and on toys that nobody met there
    """

    name: str
    kind: Kind
    coverage: float
    gini: float
    novelty: Estimate
    diversity: Estimate
    calibration: Estimate
    head: Estimate
    tail: Estimate
    unmet: Estimate


@dataclass(frozen=True)
class Varieties:
    """Those of all recommenders; chosen: the shares of what shoppers took next, as (head, tail, unmet)."""

    rows: tuple[Variety, ...]
    chosen: tuple[Estimate, Estimate, Estimate]


def measure_varieties(every: Sequence[Judged], holdout: Holdout, learned: Sequences, toys: Sequence[Toy]) -> Varieties:
    """Of all that were judged on `holdout`; learned: what they learned from; toy i of `toys` has index i + 1."""
    met = np.bincount(learned.toys, minlength=len(toys) + 1)
    kinds = np.where(met == 0, 2, np.where(head_of(met), 0, 1))
    rows = []
    for each in every:
        top = each.judgement.top[:, :K]
        shown = np.bincount(top[top > 0], minlength=len(toys) + 1)[1:]
        lists = beyond_each(each.judgement, holdout, learned, toys)
        rows.append(
            Variety(
                each.name,
                each.kind,
                float((shown > 0).mean()),
                gini(shown),
                _known(lists.novelty),
                _known(lists.diversity),
                _known(lists.calibration),
                *_shares(kinds, top),
            )
        )
    return Varieties(tuple(rows), _shares(kinds, holdout.targets[holdout.bounds[:-1], None]))


def _known(values: NDArray[np.float64]) -> Estimate:
    return estimate(values[~np.isnan(values)])


def _shares(kinds: NDArray[np.int64], lists: NDArray[np.int32]) -> tuple[Estimate, Estimate, Estimate]:
    """The mean share of a list's places on toys of each kind; lists: int32 [Q, k], −1 where there is no toy."""
    found = np.where(lists > 0, kinds[np.maximum(lists, 0)], -1)
    length = np.maximum((lists > 0).sum(axis=1), 1)
    head, tail, unmet = (estimate((found == kind).sum(axis=1) / length) for kind in range(3))
    return head, tail, unmet


def variety_section(varieties: Varieties) -> Section:
    """The table and the plot of what is popular anyway."""
    rows, chosen = varieties.rows, varieties.chosen[0]
    shipped = next(row for row in rows if row.kind == "shipped")
    plot = Plot(
        f"{percent(shipped.head.value)} of the student's places go to the best-known fifth; shoppers took "
        f"{percent(chosen.value)} there",
        "Share of the first ten places on the most met fifth of the catalogue, with its 95 % interval. Dashed: what "
        "shoppers took next. To the right of it a recommender leans on what is popular more than shoppers do.",
        dot_plot(
            [(row.name, [row.head]) for row in rows],
            [Series("head", "dot-0")],
            "Share of list places on the most met fifth of the toys",
            "share of the first ten places",
            percent,
            chosen.value,
        ),
        Table(
            ("recommender", "head", "tail", "met by nobody in training"),
            tuple(
                (name, *map(share, shares))
                for name, shares in (
                    *((row.name, (row.head, row.tail, row.unmet)) for row in rows),
                    ("what shoppers took next", varieties.chosen),
                )
            ),
        ),
    )
    table = Table(
        ("recommender", "coverage", "Gini", "novelty, bits", "diversity", "calibration, KL"),
        tuple(
            (
                row.name,
                tenths(row.coverage),
                f"{row.gini:.3f}",
                *(_bits(each) for each in (row.novelty, row.diversity, row.calibration)),
            )
            for row in rows
        ),
        strong=frozenset({rows.index(shipped)}),
    )
    return Section(
        "How much of the shelf is seen",
        (
            Words(
                f"The student shows {percent(shipped.coverage)} of the toys on some list, counting the first ten "
                "places of every list."
            ),
            Points(
                (
                    "Coverage: share of the toys that are on any list. Gini: how unequally they are shown, 0 all "
                    "alike, 1 one toy alone. Both are of just these lists and so many of them, and have no interval.",
                    "Novelty: how few shoppers met a shown toy; each bit more, half as many met it.",
                    "Diversity: how little the categories of a list have in common, 0 one category, 1 all different.",
                    "Calibration: how far the categories of a list are from those of the shopper's history (the "
                    "divergence of Kullback and Leibler), 0 is the same mix.",
                )
            ),
            table,
            plot,
        ),
    )


def _bits(each: Estimate) -> str:
    return "–" if math.isnan(each.value) else sure(each, lambda value: f"{value:.2f}")
