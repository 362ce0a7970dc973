"""Numbers of toys say nothing: other numbers move no figure beyond noise, not even numbers that give the answers away.

A source's own numbering leaks what is to be predicted, so importers number toys anew by a seeded permutation. Here one
shop is numbered three times: by two seeds, and by the worst numbering there is, most wanted targets of the held-out
parts first. Events, split, preset and seed are the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from data.dataset import Dataset, build_dataset
from data.ids import ToyIndex
from data.protocol import SplitPlan, plan_split, split_dataset
from data.split import Holdout, Split
from data.world.simulate import WorldOptions, simulate
from recommender.base import QueryBatch, Recommender, batch_holdout
from recommender.baselines.registry import fit_baseline
from recommender.evaluation.metrics import per_query
from recommender.evaluation.ranking import judge
from recommender.learning.presets import load_preset
from recommender.learning.teacher import train_teacher

NUMBERINGS = ("seeded", "seeded otherwise", "telling")
SURE = 4
"""Standard errors of a paired mean difference that no noise explains: it has 1 chance in 16,000 where queries alone are
noise, and training from other weights adds little to it."""
Numbered = tuple[Dataset, SplitPlan, Split]


class ByNumber(Recommender):
    """Reads nothing but numbers: the lowest first."""

    name = "by number"

    def __init__(self, index: ToyIndex) -> None:
        self.index = index

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        return np.tile(-np.arange(len(self.index), dtype=np.float32), (len(batch), 1))


@pytest.fixture(scope="module")
def numbered() -> dict[str, Numbered]:
    """The same shop under each of `NUMBERINGS`, split in its given order: the hash of ties has the dataset's seed."""
    shop = simulate(WorldOptions(toys=200, shoppers=1000, events=9000, seed=2))
    split = split_dataset(shop, plan_split(shop, order="given"))
    targets = np.concatenate([split.validation.targets, split.test.targets])
    telling = np.argsort(-np.bincount(targets - 1, minlength=len(shop.index)), kind="stable")
    otherwise = build_dataset(shop.toy_rows(), shop.events, replace(shop.source, seed=99))
    shops = (shop, otherwise, replace(shop, toys=shop.toys.take(telling)))
    plans = [plan_split(each, order="given") for each in shops]
    return {
        name: (each, plan, split_dataset(each, plan)) for name, each, plan in zip(NUMBERINGS, shops, plans, strict=True)
    }


def figures(recommender: Recommender, split: Split) -> NDArray[np.float64]:
    """NDCG@10 of every query of both held-out parts."""
    return np.concatenate([per_query(judge(recommender, part).ranks)["ndcg@10"] for part in parts(split)])


def parts(split: Split) -> tuple[Holdout, Holdout]:
    return split.validation, split.test


def standard_errors(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How many standard errors the mean paired difference lies from 0."""
    differences = one - other
    return float(differences.mean() / (differences.std(ddof=1) / np.sqrt(len(differences))))


def test_the_numberings_differ_and_the_queries_do_not(numbered: dict[str, Numbered]) -> None:
    first, _, split = numbered["seeded"]
    for name in NUMBERINGS[1:]:
        dataset, _, other = numbered[name]
        assert sorted(dataset.index.ids) == sorted(first.index.ids)
        assert np.mean([dataset.index[toy] == first.index[toy] for toy in first.index.ids]) < 0.05
        for one, two in zip(parts(split), parts(other), strict=True):
            assert one.histories.shoppers == two.histories.shoppers
            assert first.index.to_ids(one.targets) == dataset.index.to_ids(two.targets)


def test_numbers_that_tell_the_answers_would_show(numbered: dict[str, Numbered]) -> None:
    """Who reads numbers gains far beyond noise: the bound below is not so wide that anything passes."""
    found = {name: figures(ByNumber(dataset.index), split) for name, (dataset, _, split) in numbered.items()}
    assert standard_errors(found["telling"], found["seeded"]) > 2 * SURE
    assert standard_errors(found["telling"], found["seeded otherwise"]) > 2 * SURE


def test_the_teacher_is_as_good_under_any_numbers(numbered: dict[str, Numbered]) -> None:
    """Its weights begin at other toys, so it is another teacher; it must not be a better or a worse one."""
    preset = load_preset("small", width=32, text_width=32, epochs=5, learning_rate=0.008, targets_per_batch=256)
    found = {}
    for name, (dataset, plan, split) in numbered.items():
        found[name] = figures(train_teacher(dataset, split, plan, preset)[0], split)
    dataset, _, split = numbered["seeded"]
    popular = figures(fit_baseline("popularity", dataset, split.train), split)
    assert standard_errors(found["seeded"], popular) > SURE  # it has learned: there is a figure that could move
    for name in NUMBERINGS[1:]:
        assert abs(standard_errors(found["seeded"], found[name])) < SURE


@pytest.mark.parametrize("name", ["popularity", "rules", "item-knn", "ease"])
@pytest.mark.parametrize("numbering", NUMBERINGS[1:])
def test_a_baseline_gives_the_same_scores_and_ranks_but_for_ties(
    numbered: dict[str, Numbered], name: str, numbering: str
) -> None:
    first, _, split = numbered["seeded"]
    dataset, _, other = numbered[numbering]
    columns = np.array([dataset.index[toy] for toy in first.index.ids]) - 1
    one, two = fit_baseline(name, first, split.train), fit_baseline(name, dataset, other.train)
    scores = one.score_batch(batch_holdout(split.test)).astype(np.float64)
    close = 1e-5 * np.abs(scores).max()
    again = two.score_batch(batch_holdout(other.test))[:, columns]
    np.testing.assert_allclose(again, scores, rtol=0, atol=close)

    histories = split.test.histories
    scores[histories.rows, histories.toys - 1] = -np.inf
    own = scores[np.arange(len(scores)), split.test.targets - 1][:, None]
    best = 1 + np.count_nonzero(scores > own + 2 * close, axis=1)
    worst = np.count_nonzero(scores >= own - 2 * close, axis=1)
    for recommender, holdout in ((one, split.test), (two, other.test)):
        ranks = judge(recommender, holdout).ranks.values
        assert (best <= ranks).all()
        assert (ranks <= worst).all()
    assert np.mean(best == worst) > 0.5  # where nothing ties, that is one and the same rank
