"""The time of one request: queries of a holdout as a caller would put them, one after the other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, Final

from data.schema import KIND_CODES
from data.split import Holdout
from recommender.base import Contact, Query

REQUESTS: Final = 200
WARM_UP: Final = 20


def queries_of(holdout: Holdout, ids: tuple[str, ...], count: int = REQUESTS) -> list[Query]:
    """The first queries of a holdout as a caller would put them: ids, kinds, whom it is for."""
    kinds = {code: kind for kind, code in KIND_CODES.items()}
    histories = holdout.histories
    found = []
    for row in range(min(count, len(holdout))):
        places = range(int(histories.offsets[row]), int(histories.offsets[row + 1]))
        contacts = tuple(Contact(ids[histories.toys[i] - 1], kinds[int(histories.kinds[i])]) for i in places)
        found.append(Query(contacts, histories.recipient_table[holdout.recipients[row]]))
    return found


def milliseconds_of(ask: Callable[[Query], Any], queries: list[Query]) -> list[float]:
    """The time of each request, one at a time, after a warm-up."""
    for query in queries[:WARM_UP]:
        ask(query)
    times = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - start) * 1000)
    return times


def median_milliseconds(ask: Callable[[Query], Any], queries: list[Query]) -> float:
    """The median time of one request, one at a time, after a warm-up."""
    return statistics.median(milliseconds_of(ask, queries))
