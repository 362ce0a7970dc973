"""Where the student is better or worse than another: by kind of toy, length of history and age of the child."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.report.document import Cards, Plot, Section, Table, Words
from app.report.dots import Series, dot_plot
from app.report.figures import Estimate, estimate, interval, signed, sure
from app.report.model.judged import Judged
from app.report.plots import short
from data.sequences import Sequences
from distillation.gates import quality_gate
from recommender.evaluation.metrics import MAIN, per_query
from recommender.evaluation.report import FEWEST_QUERIES, UNTIED, slices


@dataclass(frozen=True)
class SliceRow:
    """NDCG@10 of two on one slice of the queries.

    difference: first minus second, paired, its interval so wide that all slices together give a false alarm one time in
    twenty; None where the slice has too few queries to say anything
    """

    name: str
    queries: int
    first: Estimate
    second: Estimate
    difference: Estimate | None


def measure_slices(first: Judged, second: Judged, learned: Sequences) -> tuple[SliceRow, ...]:
    """A row for each slice that holds a query. learned: what they learned from."""
    told = quality_gate(first.judgement, second.judgement, learned).figures
    rows = []
    for (name, ours), (_, theirs) in zip(
        slices(first.judgement, learned), slices(second.judgement, learned), strict=True
    ):
        if not len(ours) or (name == UNTIED and len(ours) == len(first.judgement)):
            continue  # without ties it is all queries again
        one, other = per_query(ours)[MAIN], per_query(theirs)[MAIN]
        found = told.get(name)
        difference = None if found is None else Estimate(found["new"] - found["running"], found["low"], found["high"])
        rows.append(SliceRow(name, len(ours), estimate(one), estimate(other), difference))
    return tuple(rows)


def slice_cards(rows: Sequence[SliceRow], first: str, second: str) -> Cards:
    """Two plots: both on every slice, and the paired difference."""
    sure_of = [row for row in rows if row.difference is not None]
    levels = Plot(
        f"{first.capitalize()} and {second}, slice by slice",
        "NDCG@10 with its 95 % interval. Slices overlap: a query belongs to several.",
        dot_plot(
            [(row.name, [row.first, row.second]) for row in sure_of],
            [Series(first, "dot-0"), Series(second, "dot-1", hollow=True)],
            f"NDCG@10 of {first} and {second} by slice",
            "NDCG@10",
            short,
        ),
        Table(
            ("slice", "queries", first, second),
            tuple((row.name, f"{row.queries:,}", sure(row.first), sure(row.second)) for row in rows),
        ),
    )
    difference = Plot(
        finding(rows, first, second),
        f"{first.capitalize()} minus {second}, on the same queries. The intervals are as wide as they must be for all "
        "slices together to give a false alarm one time in twenty.",
        dot_plot(
            [(row.name, [row.difference]) for row in sure_of],
            [Series("difference", "dot-0")],
            f"NDCG@10 of {first} minus that of {second} by slice",
            "difference of NDCG@10",
            signed,
            0.0,
        ),
        Table(
            ("slice", "queries", "difference", "interval"),
            tuple(
                (row.name, f"{row.queries:,}", signed(row.difference.value), interval(row.difference, signed))
                for row in sure_of
                if row.difference is not None
            ),
        ),
    )
    return Cards((levels, difference))


def finding(rows: Sequence[SliceRow], first: str, second: str) -> str:
    """What the paired differences say, in a line."""
    worse = behind(rows)
    better = [row.name for row in rows if row.difference is not None and row.difference.is_above]
    if all(row.difference is None for row in rows):
        return "Too few queries to compare them"
    if worse and better:
        return f"{first.capitalize()} is ahead on {', '.join(better)}; behind on {', '.join(worse)}"
    if worse:
        return f"{first.capitalize()} is behind {second} on {', '.join(worse)}"
    if better:
        return f"{first.capitalize()} is ahead of {second} on {', '.join(better)}, nowhere behind"
    return f"On no slice do {first} and {second} differ beyond chance"


def behind(rows: Sequence[SliceRow]) -> list[str]:
    """Slices on which the first is worse beyond chance."""
    return [row.name for row in rows if row.difference is not None and row.difference.is_below]


def slices_section(rows: Sequence[SliceRow]) -> Section:
    """Student against teacher."""
    few = [f"{row.name} ({row.queries})" for row in rows if row.difference is None]
    left = f" Slices of fewer than {FEWEST_QUERIES} queries are in the table alone: {', '.join(few)}." if few else ""
    return Section(
        "Student against teacher",
        (
            Words(
                "Toys: cold ones nobody met in training, the head is the most met fifth of the catalogue, the tail all "
                "others that were met. History: how many contacts the query holds. Age: of the child the toy was for, "
                f"in years.{left}"
            ),
            slice_cards(rows, "student", "teacher"),
        ),
    )
