"""Full ranking: every toy of the catalogue is ranked for every query, and all metrics come from one pass of scores.

Toys of the query are masked. Equal scores fall by the lower index; toys are numbered by a seeded permutation, so that
this is one fixed random order, the same in metrics and in lists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.sequences import take_ragged
from data.split import Holdout
from recommender.base import Recommender, batch_holdout
from recommender.evaluation.metrics import NEVER, Ranks

LIST_LENGTH: Final = 20
MASKING: Final = "toys of the query masked"
QUERIES: Final = {
    ("leave-one-out", "validation"): "all before the target",
    ("leave-one-out", "test"): "all before the target, the validation toy too",
    ("temporal", "validation"): "all before the validation cut",
    ("temporal", "test"): "all before the cut",
    ("temporal", "newcomers"): "all before the cut, one contact at most",
}
"""What a query holds, by protocol and part."""
_MAX_CELLS: Final = 2**25  # scores held at once: 128 MiB of float32


@dataclass(frozen=True)
class Judgement:
    """Where one recommender put the relevant toys of each of Q queries, and what it showed.

    ranks: from 1 among all toys that are not masked; `NEVER` where the relevant toy itself is masked
    top: int32 [Q, min(20, n_toys)], the best toys, from 1, −1 where nothing more is allowed
    targets: int32 [T], the relevant toys, as `ranks` holds them
    lengths: int32 [Q], contacts in the query; tied: bool [Q], see `Holdout`
    ages: float32 [Q], months of whom the first relevant toy was for, nan where unknown
    """

    recommender: str
    protocol: str
    part: str
    masking: str
    n_toys: int
    shoppers: tuple[str, ...]
    targets: NDArray[np.int32]
    ranks: Ranks
    top: NDArray[np.int32]
    lengths: NDArray[np.int32]
    tied: NDArray[np.bool_]
    ages: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ranks)

    @property
    def query(self) -> str:
        """What was in the query."""
        return QUERIES[self.protocol.split(" ")[0], self.part]


def judge(
    recommender: Recommender,
    holdout: Holdout,
    chunk: int = 512,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Judgement:
    """Rank all toys for every query of `holdout`, at most `chunk` queries at a time (fewer where toys are many).

    on_progress: told how many queries were ranked, chunk by chunk.
    Raises ValueError if the recommender gives a score that is not finite.
    """
    n_toys = len(recommender.index)
    histories = holdout.histories
    lengths = np.diff(histories.offsets).astype(np.int32)
    ranks = np.empty(len(holdout.targets), np.int32)
    top = np.empty((len(holdout), min(LIST_LENGTH, n_toys)), np.int32)
    by_length = np.argsort(lengths, kind="stable")  # a chunk is as wide as its longest history
    step = max(1, min(chunk, _MAX_CELLS // n_toys))
    for start in range(0, len(holdout), step):
        rows = by_length[start : start + step]
        part = holdout.take(rows)
        scores = recommender.score_batch(batch_holdout(part))
        if not np.isfinite(scores).all():
            raise ValueError(f"{recommender.name} gave a score that is not finite; scores must be finite numbers.")
        places, _ = take_ragged(holdout.bounds[rows], holdout.bounds[rows + 1])
        ranks[places], top[rows] = rank_targets(scores, part)
        on_progress(len(rows))
    return judgement_of(recommender.name, n_toys, holdout, ranks, top)


def judgement_of(
    name: str, n_toys: int, holdout: Holdout, ranks: NDArray[np.int32], top: NDArray[np.int32]
) -> Judgement:
    """Ranks [T] and lists [Q, 20] with all that they belong to."""
    histories = holdout.histories
    ages = [None if one is None else one.age_months for one in histories.recipient_table]
    known = np.array([np.nan if age is None else age for age in ages], np.float32)
    return Judgement(
        name,
        holdout.protocol,
        holdout.part,
        MASKING,
        n_toys,
        histories.shoppers,
        holdout.targets,
        Ranks(ranks, holdout.bounds),
        top,
        np.diff(histories.offsets).astype(np.int32),
        holdout.tied,
        known[holdout.recipients],
    )


def rank_targets(scores: NDArray[np.float32], part: Holdout) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(ranks int32 [T], top int32 [B, min(20, N)]) of finite scores [B, N]; see `Judgement`."""
    masked = scores.copy()
    masked[part.histories.rows, part.histories.toys - 1] = -np.inf
    row = np.repeat(np.arange(len(part)), np.diff(part.bounds))
    column = part.targets.astype(np.int64) - 1
    own = masked[row, column]
    ranks = np.empty(len(own), np.int32)
    for start in range(0, len(own), len(masked)):  # as many at once as there are queries: memory stays that of scores
        some = slice(start, start + len(masked))
        rivals = masked if len(own) == len(masked) else masked[row[some]]
        ranks[some] = 1 + np.count_nonzero(rivals > own[some, None], axis=1)
        equal = rivals == own[some, None]
        for place in np.flatnonzero(np.count_nonzero(equal, axis=1) > 1):
            ranks[start + place] += np.count_nonzero(equal[place, : column[start + place]])
    ranks[np.isneginf(own)] = NEVER
    return ranks, best_toys(masked, LIST_LENGTH)


def best_toys(scores: NDArray[np.float32], k: int) -> NDArray[np.int32]:
    """The k best toys of each row, best first, equal ones by the lower index.

    scores: float32 [B, N], −inf = not allowed. Returns int32 [B, min(k, N)] from 1, −1 where nothing more is allowed.
    No full sort: a row is cut into blocks, and the k-th highest of the blocks' maxima is a floor that the k-th score
    cannot lie below. If fewer than k scores lie above the floor, the k-th score is the floor itself.
    """
    rows, n_toys = scores.shape
    k = min(k, n_toys)
    width = max(1, n_toys // (8 * k))
    maxima = scores[:, : n_toys // width * width].reshape(rows, -1, width).max(axis=2)
    floor = np.partition(maxima, maxima.shape[1] - k, axis=1)[:, maxima.shape[1] - k]
    row, column = np.nonzero(scores > floor[:, None])
    order = np.lexsort((column, -scores[row, column], row))
    row, column = row[order], column[order]
    above = np.bincount(row, minlength=rows)
    place = np.arange(len(row)) - np.repeat(np.cumsum(above) - above, above)
    best = np.full((rows, k), -1, np.int32)
    kept = place < k
    best[row[kept], place[kept]] = column[kept] + 1
    for short in np.flatnonzero((above < k) & np.isfinite(floor)):
        best[short, above[short] :] = np.flatnonzero(scores[short] == floor[short])[: k - above[short]] + 1
    return best
