from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.protocol import plan_split, split_dataset
from data.split import Split
from recommender.base import QueryBatch, Recommender, batch_holdout
from recommender.baselines.popularity import Popularity
from recommender.baselines.rules import Rules
from recommender.evaluation.metrics import ndcg_at
from recommender.evaluation.ranking import judge
from recommender.learning.blend import Blend, Mix, blend_teachers, fit_mix, load_blend, log_probabilities, save_blend
from recommender.learning.presets import load_preset
from recommender.learning.teacher import save_teacher, train_teacher
from recommender.learning.tower_recommender import TwoTowerRecommender

TINY = load_preset("small", width=16, text_width=8, epochs=3)


@pytest.fixture(scope="module")
def folders(shop: Dataset, split: Split, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    found = []
    for seed in (0, 1):
        preset = replace(TINY, training=replace(TINY.training, seed=seed))
        _, weights, record = train_teacher(shop, split, plan_split(shop), preset)
        found.append(tmp_path_factory.mktemp("runs") / f"seed-{seed}")
        save_teacher(found[-1], weights, record)
    return found


def test_log_probabilities_sum_to_one_outside_the_query(shop: Dataset, split: Split) -> None:
    batch = batch_holdout(split.test)
    found = log_probabilities(Rules(shop.index, split.train), batch, 0.01)
    outside = np.ones(found.shape, bool)
    outside[split.test.histories.rows, split.test.histories.toys - 1] = False
    np.testing.assert_allclose(np.where(outside, np.exp(found), 0).sum(axis=1), 1, rtol=1e-4)


def test_towers_alone_are_one_inner_product(shop: Dataset, split: Split, folders: list[Path]) -> None:
    """Up to a constant for each query, the blend's logits are those of concatenated vectors."""
    blend, _ = blend_teachers(shop, split, folders)
    batch = batch_holdout(split.test)
    towers = [member for member in blend.members if isinstance(member, TwoTowerRecommender)]
    queries = np.concatenate(
        [w * t.encode(batch).numpy() for w, t in zip(blend.mix.weights, towers, strict=True)], axis=1
    )
    toys = np.concatenate([t.table[1:].numpy() for t in towers], axis=1)
    difference = blend.score_batch(batch) - blend.mix.scale * queries @ toys.T
    np.testing.assert_allclose(difference - difference[:, :1], 0, atol=1e-4)
    assert blend.name == "two-tower of several"


def test_the_blend_is_at_least_as_good_on_validation_as_its_best_member(
    shop: Dataset, split: Split, folders: list[Path]
) -> None:
    blend, record = blend_teachers(shop, split, folders, ["rules"])
    alone = [float(ndcg_at(judge(member, split.validation).ranks, 10).mean()) for member in blend.members]
    found = float(ndcg_at(judge(blend, split.validation).ranks, 10).mean())
    assert record["validation_ndcg_10"] == pytest.approx(found, abs=1e-6)
    equal = Blend("equal", blend.members, Mix((1 / 3,) * 3, blend.mix.epsilon))
    assert found >= float(ndcg_at(judge(equal, split.validation).ranks, 10).mean())
    assert found > min(alone)
    assert sum(blend.mix.weights) == pytest.approx(1)


class Knows(Recommender):
    """The target's logit is high by so much; all else is noise."""

    def __init__(self, shop: Dataset, split: Split, edge: float) -> None:
        self.name, self.index, self.edge = f"knows {edge}", shop.index, edge
        holdout = split.validation
        self.answers = {
            tuple(holdout.take(np.array([row])).histories.toys.tolist()): int(holdout.targets[row])
            for row in range(len(holdout))
        }

    def _score(self, batch: QueryBatch) -> np.ndarray:
        scores = np.empty((len(batch), len(self.index)), np.float32)
        for row, toys in enumerate(batch.toys):
            scores[row] = np.random.default_rng(toys[toys > 0]).random(len(self.index))
            scores[row, self.answers[tuple(int(toy) for toy in toys if toy)] - 1] += np.float32(self.edge)
        return scores


def test_weight_goes_to_who_knows(shop: Dataset, split: Split) -> None:
    members = [Popularity(shop.index, split.train), Knows(shop, split, 3.0)]
    mix, ndcg = fit_mix(members, split.validation)
    assert mix.weights[1] > 0.6
    assert ndcg > 0.95


def test_the_scale_is_the_likeliest(shop: Dataset, split: Split) -> None:
    members = [Knows(shop, split, 0.2)]
    mix, _ = fit_mix(members, split.validation)
    batch = batch_holdout(split.validation)
    logits = log_probabilities(Knows(shop, split, 0.2), batch, mix.epsilon)
    seen = (split.validation.histories.rows, split.validation.histories.toys - 1)
    logits[seen] = -np.inf
    rows = np.arange(len(split.validation))

    def likelihood(scale: float) -> float:
        return float(log_softmax(logits * scale, axis=1)[rows, split.validation.targets - 1].mean())

    assert likelihood(mix.scale) >= max(likelihood(mix.scale * 1.3), likelihood(mix.scale / 1.3))


def test_it_comes_back_as_it_was(shop: Dataset, split: Split, folders: list[Path], tmp_path: Path) -> None:
    blend, record = blend_teachers(shop, split, folders, ["rules"])
    save_blend(tmp_path / "blend", record, folders)
    again, kept = load_blend(tmp_path / "blend", shop, split)
    assert again.mix == blend.mix
    batch = batch_holdout(split.test)
    np.testing.assert_array_equal(again.score_batch(batch), blend.score_batch(batch))
    assert [member["digest"] is None for member in kept["members"]] == [False, False, True]


def test_members_must_know_the_same(shop: Dataset, split: Split, folders: list[Path], tmp_path: Path) -> None:
    plan = plan_split(shop, order="given")
    _, weights, record = train_teacher(shop, split_dataset(shop, plan), plan, TINY)
    save_teacher(tmp_path / "other", weights, record)
    with pytest.raises(ToyGuideError, match="trained with another part held out than"):
        blend_teachers(shop, split, [folders[0], tmp_path / "other"])
    with pytest.raises(ToyGuideError, match="is not a blend run"):
        load_blend(tmp_path, shop, split)
