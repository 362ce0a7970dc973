"""How good they are: every recommender on the same queries, and the shipped student against each, paired."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.report.document import Plot, Section, Table, Words
from app.report.dots import Series, dot_plot
from app.report.figures import Estimate, estimate, share, signed, sure
from app.report.model.judged import Judged, Kind
from app.report.plots import short
from recommender.evaluation.compare import compare
from recommender.evaluation.metrics import MAIN, per_query


@dataclass(frozen=True)
class Score:
    """One recommender. ahead: NDCG@10 of the shipped student minus that of this one, None for itself; p: of that"""

    name: str
    kind: Kind
    queries: int
    recall_5: Estimate
    ndcg_5: Estimate
    recall_10: Estimate
    ndcg_10: Estimate
    ahead: Estimate | None
    p: float | None


def measure_scores(every: Sequence[Judged], shipped: Judged) -> tuple[Score, ...]:
    """A score for each, in the order given."""
    found = []
    for each in every:
        values = per_query(each.judgement.ranks)
        pair = None if each is shipped else compare(shipped.judgement, each.judgement)
        found.append(
            Score(
                each.name,
                each.kind,
                len(each.judgement),
                estimate(values["recall@5"]),
                estimate(values["ndcg@5"]),
                estimate(values["recall@10"]),
                estimate(values[MAIN]),
                None if pair is None else Estimate(pair.difference, pair.low, pair.high),
                None if pair is None else pair.p,
            )
        )
    return tuple(found)


def score_of(scores: Sequence[Score], kind: Kind) -> Score | None:
    """The first of a kind, if there is one."""
    return next((each for each in scores if each.kind == kind), None)


def kept_of(shipped: Score, teacher: Score) -> Estimate:
    """NDCG@10 of the student as a share of its teacher's, the interval that of the paired difference; teacher's > 0."""
    whole, ahead = teacher.ndcg_10.value, teacher.ahead
    low, high = (math.nan, math.nan) if ahead is None else (1 + ahead.low / whole, 1 + ahead.high / whole)
    return Estimate(shipped.ndcg_10.value / whole, low, high)


def scores_section(scores: Sequence[Score]) -> Section:
    """The table and its plot."""
    shipped = next(each for each in scores if each.kind == "shipped")
    order = sorted(scores, key=lambda each: -each.ndcg_10.value)
    strong = frozenset({order.index(shipped)})
    ahead = [each for each in scores if each.ahead is not None and each.ahead.is_above]
    behind = [each for each in scores if each.ahead is not None and each.ahead.is_below]
    told = f"ahead of {_names(ahead)}" if ahead else "ahead of none of the others"
    if behind:
        told += f", behind {_names(behind)}"
    return Section(
        "How good it is",
        (
            Words(
                f"Beyond chance the student as it ships is {told}, by NDCG@10 on the same {shipped.queries:,} queries."
            ),
            _table(order, strong),
            Plot(
                _finding(shipped, score_of(scores, "teacher")),
                "NDCG@10 with its 95 % interval. Dashed: the student as it ships.",
                dot_plot(
                    [(each.name, [each.ndcg_10]) for each in order],
                    [Series("NDCG@10", "dot-0")],
                    "NDCG@10 of every recommender",
                    "NDCG@10",
                    short,
                    shipped.ndcg_10.value,
                ),
                Table(
                    ("recommender", "Recall@5 (95 %)", "NDCG@5 (95 %)", "NDCG@10 (95 %)"),
                    tuple((each.name, *map(sure, (each.recall_5, each.ndcg_5, each.ndcg_10))) for each in order),
                ),
            ),
        ),
    )


def _table(order: Sequence[Score], strong: frozenset[int]) -> Table:
    rows = tuple(
        (
            each.name,
            sure(each.recall_10),
            sure(each.ndcg_10),
            "" if each.ahead is None else sure(each.ahead, signed),
            "" if each.p is None else f"{each.p:.4f}",
        )
        for each in order
    )
    head = ("recommender", "Recall@10 (95 %)", "NDCG@10 (95 %)", "student minus it, NDCG@10 (95 %)", "p")
    return Table(head, rows, 1, strong)


def _finding(shipped: Score, teacher: Score | None) -> str:
    if teacher is None or not teacher.ndcg_10.value:
        return "The student beside the simple ways"
    return f"The student has {share(kept_of(shipped, teacher))} of its teacher's NDCG@10"


def _names(scores: Sequence[Score]) -> str:
    *most, last = [each.name for each in scores]
    return f"{', '.join(most)} and {last}" if most else last
