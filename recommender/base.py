"""The contract of everything that ranks toys.

Public methods take and give the shop's own ids; the private hook `_score` sees indices only. Popularity, neighbours,
the teacher and the student in every precision are all one `Recommender`, so one evaluation judges them all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from data.errors import parameter_error
from data.ids import ToyIndex
from data.schema import KIND_CODES, EventKind, Recipient

if TYPE_CHECKING:
    from data.split import Holdout

MAX_K = 100
MAX_HISTORY = 500
UNKNOWN_GAP = -1.0


@dataclass(frozen=True, slots=True)
class Contact:
    """One toy a shopper met."""

    toy: str
    kind: EventKind = EventKind.PURCHASE
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is known when toys are asked for: contacts from oldest to newest, and whom the toy is for."""

    history: tuple[Contact, ...] = ()
    recipient: Recipient | None = None


@dataclass(frozen=True, slots=True)
class QueryBatch:
    """Queries as arrays. Histories start at column 0, oldest first, and end in padding.

    toys: int32 [B, L], indices from 1, 0 = padding
    kinds: int8 [B, L], codes of `KIND_CODES`, 0 = padding
    gaps: float32 [B, L], days since the contact before, `UNKNOWN_GAP` if unknown or first
    recipients: length B
    """

    toys: NDArray[np.int32]
    kinds: NDArray[np.int8]
    gaps: NDArray[np.float32]
    recipients: Sequence[Recipient | None]

    def __len__(self) -> int:
        return len(self.toys)

    def rows(self, start: int, stop: int) -> QueryBatch:
        """Queries `start` … `stop` − 1, trimmed to their longest history (at least one column)."""
        toys = self.toys[start:stop]
        width = max(1, int((toys > 0).sum(axis=1).max(initial=0)))
        return QueryBatch(
            toys[:, :width], self.kinds[start:stop, :width], self.gaps[start:stop, :width], self.recipients[start:stop]
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer to one query: toys best first, their scores, and ids that no toy has."""

    toys: tuple[str, ...]
    scores: tuple[float, ...]
    missing_ids: tuple[str, ...] = field(default=())


def batch_queries(queries: Sequence[Query], index: ToyIndex) -> tuple[QueryBatch, list[tuple[str, ...]]]:
    """Map queries to indices: (batch, unknown ids of each query). The newest `MAX_HISTORY` known contacts are used."""
    rows: list[list[tuple[int, int, float]]] = []
    missing: list[tuple[str, ...]] = []
    for query in queries:
        row: list[tuple[int, int, float]] = []
        unknown: list[str] = []
        before: datetime | None = None
        for contact in query.history:
            toy = index.get(contact.toy)
            if not toy:
                unknown.append(contact.toy)
                continue
            gap = UNKNOWN_GAP
            if contact.time is not None and before is not None:
                gap = max(0.0, (contact.time - before).total_seconds() / 86400)
            before = contact.time
            row.append((toy, KIND_CODES[contact.kind], gap))
        rows.append(row[-MAX_HISTORY:])
        missing.append(tuple(unknown))
    width = max([1, *map(len, rows)])
    toys = np.zeros((len(rows), width), np.int32)
    kinds = np.zeros((len(rows), width), np.int8)
    gaps = np.full((len(rows), width), UNKNOWN_GAP, np.float32)
    for i, row in enumerate(rows):
        if row:
            toys[i, : len(row)], kinds[i, : len(row)], gaps[i, : len(row)] = zip(*row, strict=True)
    return QueryBatch(toys, kinds, gaps, [query.recipient for query in queries]), missing


def top_k(
    scores: NDArray[np.float32], allowed: NDArray[np.bool_], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The best k allowed toys of each row, ties by lower index (toys are numbered by a seeded permutation).

    scores: float32 [B, N] over toys 1 … N; allowed: bool [B, N].
    Returns (toys int32 [B, min(k, N)] from 1, −1 where nothing more is allowed; scores float32 of the same shape).
    """
    k = min(k, scores.shape[1])
    masked = np.where(allowed, scores, -np.inf)
    order = np.argsort(-masked, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(masked, order, axis=1)
    return np.where(np.isfinite(best), order + 1, -1).astype(np.int32), best.astype(np.float32)


class Recommender(ABC):
    """Anything that ranks toys.

    scores_are_logits: whether their softmax is a probability; if not they are counts of a kind, 0 or more
    """

    name: str
    index: ToyIndex
    scores_are_logits: ClassVar[bool] = False

    @abstractmethod
    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        """Scores float32 [B, N] for toys 1 … N in columns 0 … N − 1; higher is better; finite."""

    def score_batch(self, batch: QueryBatch) -> NDArray[np.float32]:
        """`_score` with its shape checked: float32 [len(batch), len(index)]."""
        scores = np.asarray(self._score(batch), dtype=np.float32)
        if scores.shape != (len(batch), len(self.index)):
            raise ValueError(f"{self.name} scored {scores.shape}; must be {(len(batch), len(self.index))}.")
        return scores

    def score(self, queries: Sequence[Query]) -> NDArray[np.float32]:
        """Scores float32 [n_queries, n_toys], columns in the order of `index.ids`."""
        return self.score_batch(batch_queries(queries, self.index)[0])

    def recommend(self, queries: Sequence[Query], k: int = 10) -> list[Ranking]:
        """The best k toys that are not in a query's history, for each query.

        Raises ToyGuideError if k is not an int in [1, 100].
        """
        check_k(k, "recommend")
        batch, missing = batch_queries(queries, self.index)
        scores = self.score_batch(batch)
        toys, best = top_k(scores, unseen_mask(batch, len(self.index)), k)
        return [
            Ranking(tuple(self.index.to_ids(row[row > 0])), tuple(float(s) for s in best[i, row > 0]), missing[i])
            for i, row in enumerate(toys)
        ]


def unseen_mask(batch: QueryBatch, n_toys: int) -> NDArray[np.bool_]:
    """bool [B, n_toys]: True for toys that are not in the query's history."""
    mask = np.ones((len(batch), n_toys + 1), np.bool_)
    np.put_along_axis(mask, batch.toys.astype(np.int64), False, axis=1)
    return mask[:, 1:]


def check_k(k: object, owner: str) -> None:
    """Raise ToyGuideError unless k is an int in [1, `MAX_K`]."""
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_K:
        raise parameter_error("k", owner, f"an int in [1, {MAX_K}]", k)


def batch_holdout(holdout: Holdout, max_history: int = MAX_HISTORY) -> QueryBatch:
    """The queries of a holdout as one batch, each with its newest `max_history` contacts."""
    sequences = holdout.histories
    table = sequences.recipient_table
    starts, stops = sequences.offsets[:-1], sequences.offsets[1:]
    starts = np.maximum(starts, stops - max_history)
    width = max(1, int((stops - starts).max(initial=0)))
    places = starts[:, None] + np.arange(width)
    real = places < stops[:, None]
    toys = np.zeros(real.shape, np.int32)
    kinds = np.zeros(real.shape, np.int8)
    gaps = np.full(real.shape, UNKNOWN_GAP, np.float32)
    for array, values in ((toys, sequences.toys), (kinds, sequences.kinds), (gaps, sequences.gaps)):
        array[real] = values[places[real]]
    return QueryBatch(toys, kinds, gaps, [table[code] for code in holdout.recipients])
