"""Judgements as rows: every number beside its protocol, part, masking, slice and count of queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_file
from data.ids import ToyIndex
from data.sequences import Sequences
from recommender.evaluation.compare import bootstrap_interval
from recommender.evaluation.metrics import MAIN, per_query
from recommender.evaluation.ranking import Judgement

SHORT_HISTORY: Final = 5


@dataclass(frozen=True)
class Row:
    """The means of one recommender over one slice of queries.

    metrics: recall@k, ndcg@k, mrr; empty if the slice holds no query
    low, high: 95 % bootstrap interval of ndcg@10, nan if the slice holds no query
    """

    recommender: str
    protocol: str
    part: str
    masking: str
    slice: str
    queries: int
    metrics: dict[str, float]
    low: float
    high: float


def slices(judgement: Judgement, train: Sequences) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """(name, bool [Q]) of each slice.

    all; no tie: the target is known to be of another time than the contact before it; cold toys: the target has no
    contact in `train`; short histories: at most 5 contacts in the query
    """
    met = np.zeros(judgement.n_toys + 1, np.bool_)
    met[train.toys] = True
    yield "all", np.ones(len(judgement), np.bool_)
    yield "no tie", ~judgement.tied
    yield "cold toys", ~met[judgement.targets]
    yield f"history ≤ {SHORT_HISTORY}", judgement.lengths <= SHORT_HISTORY


def report(judgement: Judgement, train: Sequences, seed: int = 0) -> list[Row]:
    """One row a slice; `train` is what the recommender learned from."""
    values = per_query(judgement.ranks)
    rows: list[Row] = []
    for name, chosen in slices(judgement, train):
        low, high = bootstrap_interval(values[MAIN][chosen], seed=seed)
        metrics = {metric: float(each[chosen].mean()) for metric, each in values.items()} if chosen.any() else {}
        rows.append(
            Row(
                judgement.recommender,
                judgement.protocol,
                judgement.part,
                judgement.masking,
                name,
                int(chosen.sum()),
                metrics,
                low,
                high,
            )
        )
    return rows


def write_lists(judgement: Judgement, index: ToyIndex, file: Path) -> None:
    """Write a line a query, "shopper<TAB>toy toy …" best first, in the shop's ids, for tools of anyone's own."""
    with atomic_file(file) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for shopper, row in zip(judgement.shoppers, judgement.top, strict=True):
            stream.write(f"{shopper}\t{' '.join(index.to_ids(row[row > 0]))}\n")
