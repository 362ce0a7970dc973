from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from data.dataset import Dataset
from data.protocol import plan_split, split_dataset
from data.split import Split
from data.world.simulate import WorldOptions, simulate
from recommender.learning import teacher as teaching
from recommender.learning.batches import Batch, epoch_batches, make_windows
from recommender.learning.presets import load_preset
from recommender.learning.sampled import Sampler, corrected_loss, sampled_loss
from recommender.learning.teacher import Parts, hard_loss, train_teacher, unseen_toys
from recommender.learning.two_tower import TwoTower


def batch_of(targets: list[int], prefix: list[list[int]]) -> Batch:
    empty = torch.zeros(0)
    return Batch(
        empty, empty, empty, empty, empty, torch.tensor(targets), empty, empty, torch.tensor(prefix, dtype=torch.long)
    )


def test_a_toy_comes_as_often_as_it_should() -> None:
    torch.manual_seed(0)
    counts = torch.tensor([99, 16, 1, 0, 81])  # row 0 is padding
    sampler = Sampler(counts, size=3)
    shares = np.array([0, 8, 1, 0, 27]) / 36
    seen = np.zeros(5)
    for _ in range(4000):
        drawn = sampler.draw()
        assert drawn.tolist() == sorted(set(drawn.tolist()))
        seen[drawn.numpy()] += 1
    expected = 1 - (1 - shares) ** 3
    np.testing.assert_allclose(seen / 4000, expected, atol=0.025)
    np.testing.assert_allclose(sampler.log_chance.exp()[[1, 2, 4]], expected[[1, 2, 4]], rtol=1e-5)


def test_the_loss_by_hand() -> None:
    """Two targets, 3 and 5, among the drawn 2, 3, 7: the first is drawn itself, and 7 was met before the second."""
    own, rest = torch.tensor([1.0, 0.5]), torch.tensor([[0.2, 9.0, 0.4], [0.1, 0.3, 9.0]])
    found = corrected_loss(own, rest, torch.tensor([2, 3, 7]), batch_of([3, 5], [[0, 0], [0, 7]]))
    first = -math.log(math.exp(1.0) / (math.exp(1.0) + math.exp(0.2) + math.exp(0.4)))
    second = -math.log(math.exp(0.5) / (math.exp(0.5) + math.exp(0.1) + math.exp(0.3)))
    assert float(found) == pytest.approx((first + second) / 2)


@pytest.fixture
def model(shop: Dataset, split: Split) -> TwoTower:
    parts = Parts(shop, load_preset("small", width=16, text_width=8))
    torch.manual_seed(1)
    found = TwoTower(
        parts.preset.model, parts.schema, parts.features, parts.text, unseen_toys(split.train, len(shop.index))
    )
    return found.eval()  # without dropout both losses see the same vectors


def first_batch(split: Split, interests: tuple[str, ...]) -> Batch:
    windows = make_windows(split.train, 10, interests)
    return next(epoch_batches(windows, 10_000, np.random.default_rng(0)))


def test_a_sample_of_everything_is_the_full_softmax(shop: Dataset, split: Split, model: TwoTower) -> None:
    batch = first_batch(split, ("dolls", "games", "trains"))
    counts = np.bincount(split.train.toys[split.train.wanted], minlength=len(shop.index) + 1)
    # Toys that were met but never wanted belong to the full softmax too; here each has been wanted once at least.
    counts[np.setdiff1d(split.train.toys, np.flatnonzero(counts))] = 1
    sampler = Sampler(torch.from_numpy(counts), size=200_000)
    assert set(sampler.draw().tolist()) == set(np.flatnonzero(counts).tolist())
    full, part = hard_loss(model, batch), sampled_loss(model, batch, sampler)
    assert float(part.detach()) == pytest.approx(float(full.detach()), abs=1e-4)

    def gradient(loss: Tensor) -> Tensor:
        model.zero_grad()
        loss.backward()
        assert model.toys.ids.weight.grad is not None
        return model.toys.ids.weight.grad.clone()

    torch.testing.assert_close(
        gradient(sampled_loss(model, batch, sampler)), gradient(hard_loss(model, batch)), atol=1e-5, rtol=1e-3
    )


def test_the_corrected_sum_is_right_on_average() -> None:
    """What the correction is for: the softmax's denominator over the sample has the mean of the one over all toys."""
    torch.manual_seed(0)
    counts = torch.from_numpy(np.random.default_rng(1).pareto(1.0, 200) * 20 + 1)
    counts[0] = 0
    logits = torch.from_numpy(np.random.default_rng(2).normal(0, 1, 200)) + counts.log().clamp(min=0) / 2
    sampler = Sampler(counts, size=50)
    whole = float(logits[1:].exp().sum())
    corrected = [float((logits - sampler.log_chance)[drawn].exp().sum()) for drawn in map(draw, [sampler] * 3000)]
    raw = [float(logits[drawn].exp().sum()) for drawn in map(draw, [sampler] * 300)]
    assert np.mean(corrected) == pytest.approx(whole, rel=0.03)
    assert abs(np.mean(raw) / whole - 1) > 0.2


def draw(sampler: Sampler) -> Tensor:
    return sampler.draw()


def test_a_large_catalogue_learns_from_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same shop, taken for a large one: nearly as good as with the full softmax, and far above chance."""
    dataset = simulate(WorldOptions(toys=400, shoppers=500, events=9000, seed=4))
    plan = plan_split(dataset)
    split = split_dataset(dataset, plan)
    preset = load_preset("small", width=32, heads=2, text_width=32, epochs=5)
    full = train_teacher(dataset, split, plan, preset)[2]["validation_ndcg_10"]
    monkeypatch.setattr(teaching, "FULL_SOFTMAX_UP_TO", 100)
    part = train_teacher(dataset, split, plan, replace(preset, negatives=128))[2]["validation_ndcg_10"]
    assert part > 0.7 * full
    assert part > 2.5 * 4.54 / 400  # a list of ten at random has an NDCG of so much
