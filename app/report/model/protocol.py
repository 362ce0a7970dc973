"""How the judging was done, and what it cannot see. Students are distilled and judged on leave-one-out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.report.charts import number, percent
from app.report.document import Points, Section, Words
from data.protocol import SplitPlan
from data.split import Holdout, Split
from recommender.evaluation.ranking import MASKING, QUERIES


@dataclass(frozen=True)
class Judging:
    """What was asked.

    later: share of the contacts learned from that came after a query's last contact, a mean over queries; None where
        no time is known
    tied: share of queries whose target has the time of the contact before it, or an unknown one
    """

    protocol: str
    part: str
    order: str
    masking: str
    query: str
    queries: int
    toys: int
    mean_history: float
    tied: float
    later: float | None


def read_judging(split: Split, plan: SplitPlan, n_toys: int) -> Judging:
    """The facts of judging the test part of `split`."""
    test = split.test
    lengths = np.diff(test.histories.offsets)
    return Judging(
        str(plan.protocol),
        test.part,
        plan.order,
        MASKING,
        QUERIES[test.protocol.split(" ")[0], test.part],
        len(test),
        n_toys,
        float(lengths.mean()),
        float(test.tied.mean()),
        _later(split, test),
    )


def _later(split: Split, test: Holdout) -> float | None:
    learned = np.sort(split.train.times[split.train.times >= 0])
    last = test.histories.times[test.histories.offsets[1:] - 1]
    last = last[last >= 0]
    if not len(learned) or not len(last):
        return None
    return float(1 - (np.searchsorted(learned, last, side="right") / len(learned)).mean())


def _tied(judging: Judging) -> str:
    if not judging.tied:
        return "Every target is known to have come after the contact before it. "
    return f"{percent(judging.tied)} of the targets have the very time of the contact before them, or an unknown one. "


def protocol_section(judging: Judging) -> Section:
    """The protocol, and its traps one by one."""
    how = (
        "Leave-one-out: of every shopper with at least three toys that were liked, put into a basket or bought, the "
        "last is to be found from what came before it; the one before it chose the settings, and training ends there."
    )
    share = (
        ""
        if judging.later is None
        else f" Here {percent(judging.later)} of the contacts learned from came after the query."
    )
    points = (
        f"{number(judging.queries)} queries; each ranks all {number(judging.toys)} toys, none is sampled, so figures "
        f"are lower than where a toy must beat a hundred others. {judging.masking.capitalize()}: on average "
        f"{judging.mean_history:.1f} contacts. In the query: {judging.query}.",
        "It learns from others' later events: a toy that was not yet sold, or not yet in fashion, may be known "
        f"from shoppers who came later.{share} The figures are those of a shop that stands still; the temporal "
        "protocol (toyguide evaluate --protocol temporal) has no such help.",
        _tied(judging)
        + (
            "Events of one time keep the order of the source, which within a day is often that of its product numbers "
            "and flatters all who learn sequences: trust the slice “no tie”."
            if judging.order == "given"
            else "A seeded hash puts events of one time in an order, so that no order of the source's helps."
        ),
        "A toy counts as found only if that shopper took that very toy. Another that would have pleased as well "
        "counts as a miss, so the figures compare recommenders; they are not the share of content shoppers.",
        "Shoppers took what they were shown. Toys that hang by the till are taken more often, and whoever learned "
        "from it is judged by it.",
        "Here the model ranks all toys; a kiosk ranks those that may be shown to the children present. Every "
        "interval is of 95 % where nothing else is said, by bootstrap over the queries: it says what other shoppers "
        "would have given, and nothing of next year's.",
    )
    return Section("How it was judged, and the traps of that", (Words(how), Points(points)))
