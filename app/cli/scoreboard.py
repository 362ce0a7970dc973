"""One table to compare recommenders by: quality, size, and the time of one request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from data.split import Holdout
    from recommender.base import Query, Recommender


@dataclass(frozen=True)
class Score:
    """One recommender's line. `megabytes` is 10⁶ bytes of what it must keep; `milliseconds` the median of a request."""

    recommender: str
    recall_10: float
    ndcg_10: float
    megabytes: float
    milliseconds: float


def score_recommender(
    recommender: Recommender,
    holdout: Holdout,
    size: int,
    ask: Callable[[Query], Any] | None = None,
) -> Score:
    """Judge on all of `holdout`, time single requests. `ask` answers one request; by default `recommend`."""
    from recommender.evaluation.metrics import ndcg_at, recall_at
    from recommender.evaluation.ranking import judge
    from recommender.evaluation.requests import median_milliseconds, queries_of

    ranks = judge(recommender, holdout).ranks
    queries = queries_of(holdout, recommender.index.ids)
    milliseconds = median_milliseconds(ask or (lambda query: recommender.recommend([query], 10)), queries)
    recall, ndcg = recall_at(ranks, 10).mean(), ndcg_at(ranks, 10).mean()
    return Score(recommender.name, float(recall), float(ndcg), size / 1e6, milliseconds)


def score_table(scores: list[Score], title: str) -> Table:
    """Scores as a table."""
    table = Table("recommender", title=title)
    for name in ("Recall@10", "NDCG@10", "MB", "ms a request"):
        table.add_column(name, justify="right")
    for score in scores:
        table.add_row(
            score.recommender,
            f"{score.recall_10:.4f}",
            f"{score.ndcg_10:.4f}",
            f"{score.megabytes:.2f}",
            f"{score.milliseconds:.2f}",
        )
    return table
