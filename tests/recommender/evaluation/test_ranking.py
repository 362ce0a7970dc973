from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.dataset import Dataset
from data.ids import ToyIndex
from data.protocol import Protocol, plan_split, split_dataset
from data.sequences import Sequences
from data.split import Holdout, Part, Split
from recommender.base import QueryBatch, Recommender
from recommender.baselines.popularity import Popularity
from recommender.evaluation.metrics import NEVER
from recommender.evaluation.ranking import LIST_LENGTH, best_toys, judge, rank_targets

PARTS: tuple[Part, ...] = ("validation", "test", "newcomers")


def holdout_of(histories: list[list[int]], targets: list[int] | list[list[int]]) -> Holdout:
    """Queries with the given toys (from 1), all of kind 4, without times."""
    toys = np.array([toy for history in histories for toy in history], np.int32)
    sequences = Sequences(
        tuple(f"s{i}" for i in range(len(histories))),
        np.concatenate([[0], np.cumsum([len(history) for history in histories])]).astype(np.int64),
        toys,
        np.full(len(toys), 4, np.int8),
        np.full(len(toys), -1, np.int64),
        np.full(len(toys), -1, np.float32),
        np.zeros(len(toys), np.int32),
        (None,),
    )
    several = [target if isinstance(target, list) else [target] for target in targets]
    bounds = np.concatenate([[0], np.cumsum([len(each) for each in several])]).astype(np.int64)
    none = np.zeros(len(targets), np.int32)
    flat = np.array([toy for each in several for toy in each], np.int32)
    return Holdout(sequences, flat, bounds, none, none.astype(bool), "leave-one-out", "test")


class ByContent(Recommender):
    """Scores that follow from the toys of the query alone, with many ties."""

    name = "by content"

    def __init__(self, n_toys: int, levels: int) -> None:
        self.index = ToyIndex([f"t{i}" for i in range(1, n_toys + 1)])
        self.levels = levels

    def _score(self, batch: QueryBatch) -> np.ndarray:
        toys = np.arange(1, len(self.index) + 1)
        return np.stack([(toys * (1 + row.sum()) * 7919 % 10_007 % self.levels) for row in batch.toys]).astype(
            "float32"
        )


def slow_order(scores: np.ndarray, seen: list[int]) -> list[int]:
    """All toys that are not seen, best first, by a plain sort."""
    allowed = [toy for toy in range(1, len(scores) + 1) if toy not in seen]
    return sorted(allowed, key=lambda toy: (-scores[toy - 1], toy))


def test_a_small_case_by_hand() -> None:
    scores = np.array([[5, 9, 5, 1, 5], [0, 0, 0, 0, 0], [7, 8, 2, 8, 1]], np.float32)
    ranks, top = rank_targets(scores, holdout_of([[2], [1, 3], [5]], [3, 4, 4]))
    assert ranks.tolist() == [
        2,
        2,
        2,
    ]  # of the equal toys 1, 3, 5 the lower first; then 2, 4, 5 without 1, 3; then 2, 4
    assert top.tolist() == [[1, 3, 5, 4, -1], [2, 4, 5, -1, -1], [2, 4, 1, 3, -1]]


def test_a_target_that_is_masked_is_never_found() -> None:
    scores = np.array([[5, 9, 5]], np.float32)
    ranks, top = rank_targets(scores, holdout_of([[2, 3]], [2]))
    assert ranks.tolist() == [NEVER]
    assert top.tolist() == [[1, -1, -1]]


def test_every_relevant_toy_has_its_rank() -> None:
    scores = np.array([[5, 9, 5, 1, 5], [0, 0, 0, 0, 0], [1, 2, 3, 4, 5]], np.float32)
    ranks, _ = rank_targets(scores, holdout_of([[2], [1, 3], [5]], [[3, 4, 1, 5], [4], [1, 2]]))
    assert ranks.tolist() == [2, 4, 1, 3, 2, 4, 3]


@given(
    arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(2, 400)), elements=st.integers(0, 6)),
    st.randoms(use_true_random=False),
)
def test_ranks_and_lists_are_those_of_a_plain_sort(scores: np.ndarray, random: object) -> None:
    n_toys = scores.shape[1]
    histories = [sorted(random.sample(range(1, n_toys + 1), random.randint(1, n_toys - 1))) for _ in scores]
    targets = [random.choice([t for t in range(1, n_toys + 1) if t not in seen]) for seen in histories]
    ranks, top = rank_targets(scores, holdout_of(histories, targets))
    for row, seen in enumerate(histories):
        order = slow_order(scores[row], seen)
        assert ranks[row] == 1 + order.index(targets[row])
        assert [toy for toy in top[row] if toy > 0] == order[:LIST_LENGTH]
        assert top.shape[1] == min(LIST_LENGTH, n_toys)


@given(arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(1, 300)), elements=st.floats(-1, 1, width=32)))
def test_the_best_toys_of_any_scores(scores: np.ndarray) -> None:
    for k in (1, 20):
        for row, best in enumerate(best_toys(scores, k)):
            assert best.tolist() == slow_order(scores[row], [])[:k]


@pytest.mark.parametrize("share", [0.002, 0.05, 1.0])
def test_the_best_toys_of_a_large_catalogue(share: float) -> None:
    """Long rows, so that blocks hold many toys; the second half of the rows has its best toys side by side."""
    rng = np.random.default_rng(0)
    scores = np.where(rng.random((8, 5000)) < share, rng.random((8, 5000)), 0).astype(np.float32)
    scores[4:, 700:760] += 1
    for row, best in enumerate(best_toys(scores, 20)):
        assert best.tolist() == slow_order(scores[row], [])[:20]


def test_nothing_allowed_is_all_minus_one() -> None:
    assert best_toys(np.full((2, 50), -np.inf, np.float32), 3).tolist() == [[-1] * 3] * 2


@pytest.mark.parametrize("chunk", [1, 3, 512])
def test_a_judgement_does_not_depend_on_its_chunks(chunk: int) -> None:
    rng = np.random.default_rng(0)
    histories = [rng.permutation(90)[: rng.integers(1, 30)] + 1 for _ in range(25)]
    targets = [int(rng.choice(np.setdiff1d(np.arange(1, 91), seen))) for seen in histories]
    recommender = ByContent(90, levels=5)
    holdout = holdout_of([seen.tolist() for seen in histories], targets)
    told: list[int] = []
    judgement = judge(recommender, holdout, chunk=chunk, on_progress=told.append)
    assert sum(told) == 25
    assert max(told) <= chunk
    for row, seen in enumerate(histories):
        toys = np.arange(1, 91)
        scores = (toys * (1 + seen.sum()) * 7919 % 10_007 % 5).astype(np.float32)
        order = slow_order(scores, seen.tolist())
        assert judgement.ranks.values[row] == 1 + order.index(targets[row])
        assert judgement.top[row].tolist() == order[:20]
        assert judgement.lengths[row] == len(seen)
    assert judgement.shoppers == holdout.histories.shoppers


def test_every_number_says_what_it_is(shop: Dataset, split: Split) -> None:
    judgement = judge(Popularity(shop.index, split.train), split.validation)
    labels = (judgement.recommender, judgement.protocol, judgement.part, judgement.masking, judgement.n_toys)
    assert labels == ("popularity", "leave-one-out", "validation", "toys of the query masked", 30)
    assert judgement.query == "all before the target"
    assert judge(Popularity(shop.index, split.train), split.test).query.endswith("the validation toy too")


def test_the_query_of_every_part_is_said(shop: Dataset) -> None:
    plan = plan_split(shop, Protocol.TEMPORAL, None, date(2024, 1, 5), date(2024, 1, 3))
    split = split_dataset(shop, plan)
    found = {part: judge(Popularity(shop.index, split.train), split.holdout(part)) for part in PARTS}
    assert {part: judgement.query for part, judgement in found.items()} == {
        "validation": "all before the validation cut",
        "test": "all before the cut",
        "newcomers": "all before the cut, one contact at most",
    }
    assert found["newcomers"].lengths.max() <= 1
    assert found["test"].lengths.min() >= 2


@pytest.mark.parametrize("score", [np.nan, np.inf, -np.inf])
def test_one_score_that_is_not_finite_is_a_bug_in_words(score: float) -> None:
    class Broken(ByContent):
        def _score(self, batch: QueryBatch) -> np.ndarray:
            scores = np.zeros((len(batch), len(self.index)), np.float32)
            scores[0, 3] = score
            return scores

    with pytest.raises(ValueError, match="by content gave a score that is not finite"):
        judge(Broken(5, 2), holdout_of([[1]], [2]))


def test_the_recommender_s_own_scores_are_left_alone(shop: Dataset, split: Split) -> None:
    class Frozen(ByContent):
        def _score(self, batch: QueryBatch) -> np.ndarray:
            scores = np.zeros((len(batch), len(self.index)), np.float32)
            scores.flags.writeable = False
            return scores

    assert judge(Frozen(5, 2), holdout_of([[1]], [2])).ranks.values.tolist() == [1]
