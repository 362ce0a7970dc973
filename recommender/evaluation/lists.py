"""Lists that somebody else made, judged as our own are: the same queries, metrics, slices and paired tests."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.split import Holdout
from recommender.evaluation.metrics import NEVER
from recommender.evaluation.ranking import LIST_LENGTH, Judgement, judgement_of

END: Final = -1
"""What stands where a list has ended."""


def judge_lists(name: str, lists: NDArray[np.int32], holdout: Holdout, n_toys: int) -> Judgement:
    """The judgement of `lists`, int32 [Q, K ≤ 20], toys from 1, best first, −1 from where a list has ended.

    A relevant toy that is not in its list has the rank `NEVER`, so that every metric up to K is exact and none beyond.
    Raises DataError, with the first query that is wrong, if a list holds what is no toy, a toy twice, a toy of the
    query, or goes on after its end.
    """
    if lists.ndim != 2 or len(lists) != len(holdout) or lists.shape[1] > LIST_LENGTH:
        raise DataError(
            f"The lists of {name} must be of the shape ({len(holdout)}, at most {LIST_LENGTH}). Got {lists.shape}."
        )
    _check(name, lists, holdout, n_toys)
    top = np.full((len(holdout), min(LIST_LENGTH, n_toys)), END, np.int32)
    top[:, : lists.shape[1]] = lists[:, : top.shape[1]]
    rows = np.repeat(np.arange(len(holdout)), np.diff(holdout.bounds))
    hits = top[rows] == holdout.targets[:, None]
    ranks = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, NEVER).astype(np.int32)
    return judgement_of(name, n_toys, holdout, ranks, top)


def _check(name: str, lists: NDArray[np.int32], holdout: Holdout, n_toys: int) -> None:
    ended = lists == END
    outside = ~ended & ((lists < 1) | (lists > n_toys))
    resumed = ended[:, :-1] & ~ended[:, 1:]
    ordered = np.sort(lists, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != END)
    for wrong, what in (
        (outside, f"a number that is none of the {n_toys} toys"),
        (resumed, "a toy after its end"),
        (twice, "a toy twice"),
        (_met(lists, holdout), "a toy of the query itself"),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong.any(axis=1))[0])
            raise DataError(
                f"A list of {name} holds {what}: that of query {row}, shopper {holdout.histories.shoppers[row]!r}. "
                f"Got {lists[row].tolist()}."
            )


def _met(lists: NDArray[np.int32], holdout: Holdout) -> NDArray[np.bool_]:
    """bool [Q, K]: toys that stand in the query."""
    histories = holdout.histories
    width = int(max(lists.max(initial=0), histories.toys.max(initial=0))) + 1
    known = histories.rows * width + histories.toys
    rows = np.arange(len(lists))[:, None] * width
    return np.asarray(np.isin(rows + lists, known) & (lists != END))
