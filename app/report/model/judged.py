"""Who is judged for a report: each once, on the same queries, its requests timed one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from data.split import Holdout
from distillation.shipped import one_thread
from recommender.base import Query, Recommender
from recommender.evaluation.ranking import Judgement, judge
from recommender.evaluation.requests import milliseconds_of, queries_of

Kind = Literal["shipped", "student", "teacher", "baseline", "previous"]


@dataclass(frozen=True)
class Judged:
    """One recommender and its judgement. name: as the report calls it

    bytes: what it must keep, None where nobody counted; milliseconds: of single requests for ten toys
    """

    name: str
    kind: Kind
    recommender: Recommender
    judgement: Judgement
    bytes: int | None
    milliseconds: tuple[float, ...]


def judged(
    name: str,
    kind: Kind,
    recommender: Recommender,
    holdout: Holdout,
    size: int | None,
    on_progress: Callable[[int], None] = lambda _: None,
    ask: Callable[[Query], Any] | None = None,
) -> Judged:
    """Judge a recommender on `holdout`. ask: answers one request, by default `recommend`."""
    judgement = judge(recommender, holdout, on_progress=on_progress)
    queries = queries_of(holdout, recommender.index.ids)
    with one_thread():
        times = milliseconds_of(ask or (lambda query: recommender.recommend([query], 10)), queries)
    return Judged(name, kind, recommender, judgement, size, tuple(times))


def first_of(every: Sequence[Judged], kind: Kind) -> Judged | None:
    """The first of a kind, if there is one."""
    return next((each for each in every if each.kind == kind), None)


def named(every: Sequence[Judged], name: str) -> Judged | None:
    """The one of that name, if there is one."""
    return next((each for each in every if each.name == name), None)
