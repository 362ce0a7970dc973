"""Judgements as rows: every number beside its protocol, part, masking, query, slice and count of queries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_file
from data.errors import ToyGuideError
from data.ids import ToyIndex
from data.sequences import Sequences
from recommender.evaluation.compare import bootstrap_interval
from recommender.evaluation.metrics import MAIN, Ranks, per_query
from recommender.evaluation.ranking import Judgement

UNTIED: Final = "no tie"
MAIN_SLICES: Final = ("all", UNTIED, "cold toys", "history ≤ 5")
HEAD: Final = 0.2
HISTORIES: Final = (("history ≤ 5", 0, 6), ("history 6–19", 6, 20), ("history ≥ 20", 20, np.inf))
AGES: Final = (
    ("age under 3", 0, 36),
    ("age 3–5", 36, 72),
    ("age 6–8", 72, 108),
    ("age 9–13", 108, 168),
    ("age 14 and up", 168, np.inf),
)
"""Years in the names, months in the bounds."""
SLICES: Final = ("all", UNTIED, "cold toys", "head toys", "tail toys", *(name for name, _, _ in (*HISTORIES, *AGES)))
FEWEST_QUERIES: Final = 50
"""A slice of fewer says nothing for certain."""
_SPACE: Final = re.compile(r"\s")
_BREAK: Final = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # what ends a shopper, or a line for `splitlines`


@dataclass(frozen=True)
class Row:
    """The means of one recommender over one slice of queries.

    query: what was in the query
    metrics: recall@k, ndcg@k, hit_rate@k, mrr@k, mrr; empty if the slice holds no query
    low, high: 95 % bootstrap interval of ndcg@10, nan if the slice holds no query
    """

    recommender: str
    protocol: str
    part: str
    masking: str
    query: str
    slice: str
    queries: int
    metrics: dict[str, float]
    low: float
    high: float


def head_of(met: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool [N + 1]: the fifth of the catalogue that is met most; met: int64 [N + 1], how often each toy is."""
    head = np.zeros(len(met), np.bool_)
    head[1 + np.argsort(-met[1:], kind="stable")[: round(HEAD * (len(met) - 1))]] = True
    return head


def slices(judgement: Judgement, train: Sequences) -> Iterator[tuple[str, Ranks]]:
    """(name, ranks) of each slice; what a shopper's query is stays whole in each.

    all
    no tie: queries whose (first) target is known to be of another time than the contact before it
    cold toys, head toys, tail toys: relevant toys without a contact in `train`, of the fifth of the toys that are met
        most there, and the others that are met; other relevant toys do not count
    history …: queries of so many contacts
    age …: queries whose recipient's age is known
    """
    met = np.bincount(train.toys, minlength=judgement.n_toys + 1)
    head = head_of(met)
    ranks, targets = judgement.ranks, judgement.targets
    yield "all", ranks
    yield UNTIED, ranks.of_queries(~judgement.tied)
    yield "cold toys", ranks.of_toys(met[targets] == 0)
    yield "head toys", ranks.of_toys(head[targets] & (met[targets] > 0))
    yield "tail toys", ranks.of_toys(~head[targets] & (met[targets] > 0))
    for name, low, high in HISTORIES:
        yield name, ranks.of_queries((judgement.lengths >= low) & (judgement.lengths < high))
    for name, low, high in AGES:
        yield name, ranks.of_queries((judgement.ages >= low) & (judgement.ages < high))


def report(judgement: Judgement, train: Sequences, seed: int = 0) -> list[Row]:
    """One row a slice; `train` is what the recommender learned from."""
    rows: list[Row] = []
    for name, ranks in slices(judgement, train):
        values = per_query(ranks)
        low, high = bootstrap_interval(values[MAIN], seed=seed)
        rows.append(
            Row(
                judgement.recommender,
                judgement.protocol,
                judgement.part,
                judgement.masking,
                judgement.query,
                name,
                len(ranks),
                {metric: float(each.mean()) for metric, each in values.items()} if len(ranks) else {},
                low,
                high,
            )
        )
    return rows


def check_ids(index: ToyIndex, shoppers: Sequence[str]) -> None:
    """Raise ToyGuideError unless the lines of `write_lists` can be read again: said before judging, not after."""
    for what, ids, signs in (("toy", index.ids, _SPACE), ("shopper", shoppers, _BREAK)):
        for each in ids:
            if signs.search(each):
                raise ToyGuideError(
                    f"Lists hold a line a shopper, 'shopper<TAB>toy toy …', but the id of {what} {each!r} itself holds "
                    f"{'white space' if what == 'toy' else 'a tab or the end of a line'}; leave '--lists' out."
                )


def write_lists(judgement: Judgement, index: ToyIndex, file: Path) -> None:
    """Write a line a query, "shopper<TAB>toy toy …" best first, in the shop's ids, for tools of anyone's own."""
    with atomic_file(file) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for shopper, row in zip(judgement.shoppers, judgement.top, strict=True):
            stream.write(f"{shopper}\t{' '.join(index.to_ids(row[row > 0]))}\n")
