"""One table to compare recommenders by: quality, size, and the time of one request."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

if TYPE_CHECKING:
    from data.split import Holdout
    from recommender.base import Query, Recommender

REQUESTS: Final = 200
WARM_UP: Final = 20


@dataclass(frozen=True)
class Score:
    """One recommender's line. `megabytes` is 10⁶ bytes of what it must keep; `milliseconds` the median of a request."""

    recommender: str
    recall_10: float
    ndcg_10: float
    megabytes: float
    milliseconds: float


def queries_of(holdout: Holdout, ids: tuple[str, ...], count: int = REQUESTS) -> list[Query]:
    """The first queries of a holdout as a caller would put them: ids, kinds, whom it is for."""
    from data.schema import KIND_CODES
    from recommender.base import Contact, Query

    kinds = {code: kind for kind, code in KIND_CODES.items()}
    histories = holdout.histories
    found = []
    for row in range(min(count, len(holdout))):
        places = range(int(histories.offsets[row]), int(histories.offsets[row + 1]))
        contacts = tuple(Contact(ids[histories.toys[i] - 1], kinds[int(histories.kinds[i])]) for i in places)
        found.append(Query(contacts, histories.recipient_table[holdout.recipients[row]]))
    return found


def median_milliseconds(ask: Callable[[Query], Any], queries: list[Query]) -> float:
    """The median time of one request, one at a time, after a warm-up."""
    for query in queries[:WARM_UP]:
        ask(query)
    times = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def score_recommender(
    recommender: Recommender,
    holdout: Holdout,
    size: int,
    ask: Callable[[Query], Any] | None = None,
) -> Score:
    """Judge on all of `holdout`, time single requests. `ask` answers one request; by default `recommend`."""
    from recommender.evaluation.metrics import ndcg_at, recall_at
    from recommender.evaluation.ranking import judge

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
