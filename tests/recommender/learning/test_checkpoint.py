"""A training that is killed goes on to the very weights it would have had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from data.dataset import Dataset
from data.errors import ToyGuideError
from data.split import Split
from recommender.learning.batches import Batch, count_batches, epoch_batches, make_windows
from recommender.learning.checkpoint import Checkpoint
from recommender.learning.fit import Epoch, FitOptions, fit


class Killed(BaseException):
    """Stands for a kill −9: nothing of ours catches it."""


class Bigrams(nn.Module):
    def __init__(self, n_toys: int) -> None:
        super().__init__()
        self.toys = nn.Embedding(n_toys + 1, 8)
        self.out = nn.Linear(8, n_toys + 1)

    def forward(self, batch: Batch) -> Tensor:
        return self.out(F.dropout(self.toys(batch.toys[batch.row, (batch.step - 1).clamp(min=0)]), 0.3, self.training))


def train(
    split: Split, n_toys: int, checkpoint: Checkpoint | None, average: float, killed_in: int | None = None
) -> tuple[dict[str, Tensor], list[Epoch]]:
    torch.manual_seed(3)
    model = Bigrams(n_toys)
    windows = make_windows(split.train, 10, ("trains", "dolls", "games"))
    judged = 0

    def validate(_candidate: nn.Module) -> float:
        nonlocal judged
        judged += 1
        if judged == killed_in:
            raise Killed
        return float(torch.cat([p.flatten() for p in _candidate.parameters()]).std())

    def loss_of(candidate: Any, batch: Batch) -> Tensor:
        return F.cross_entropy(candidate(batch), batch.targets)

    history = fit(
        model,
        lambda epoch: epoch_batches(windows, 16, np.random.default_rng((3, epoch))),
        count_batches(windows, 16),
        loss_of,
        validate,
        FitOptions(epochs=6, learning_rate=0.05, average=average, patience=6),
        None,
        None,
        checkpoint,
    )
    return dict(model.state_dict()), history


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_killed_and_begun_again_it_ends_the_same(shop: Dataset, split: Split, tmp_path: Path, average: float) -> None:
    n_toys = len(shop.index)
    whole, history = train(split, n_toys, None, average)
    checkpoint = Checkpoint(tmp_path / "unfinished", {"seed": 3})
    with pytest.raises(Killed):
        train(split, n_toys, checkpoint, average, killed_in=4)
    found = checkpoint.load()
    assert found is not None
    assert [epoch.number for epoch in found[1]] == [1, 2, 3]
    again, continued = train(split, n_toys, checkpoint, average)
    for name, tensor in whole.items():
        assert torch.equal(tensor, again[name]), name
    assert [(e.number, e.loss, e.metric) for e in continued] == [(e.number, e.loss, e.metric) for e in history]


def test_a_checkpoint_of_another_training_is_passed_over(shop: Dataset, split: Split, tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "unfinished", {"seed": 3})
    with pytest.raises(Killed):
        train(split, len(shop.index), kept, 0.0, killed_in=2)
    assert kept.load() is not None
    assert Checkpoint(tmp_path / "unfinished", {"seed": 4}).load() is None
    assert Checkpoint(tmp_path / "elsewhere", {"seed": 3}).load() is None


@pytest.mark.parametrize("file", ["state.safetensors", "checkpoint.json"])
def test_a_damaged_checkpoint_is_passed_over(shop: Dataset, split: Split, tmp_path: Path, file: str) -> None:
    kept = Checkpoint(tmp_path / "unfinished", {"seed": 3})
    with pytest.raises(Killed):
        train(split, len(shop.index), kept, 0.0, killed_in=2)
    (tmp_path / "unfinished" / file).write_bytes(b"{")
    assert kept.load() is None


def test_a_model_that_nobody_judges_keeps_its_last_epoch(shop: Dataset, split: Split) -> None:
    windows = make_windows(split.train, 10, ("trains", "dolls", "games"))
    model = Bigrams(len(shop.index))
    history = fit(
        model,
        lambda epoch: epoch_batches(windows, 16, np.random.default_rng(epoch)),
        count_batches(windows, 16),
        lambda candidate, batch: F.cross_entropy(candidate(batch), batch.targets),
        None,
        FitOptions(epochs=9, learning_rate=0.05, patience=1),
        stop_after=4,
    )
    assert [epoch.number for epoch in history] == [1, 2, 3, 4]


def test_running_out_of_memory_is_told_in_words(shop: Dataset, split: Split) -> None:
    windows = make_windows(split.train, 10, ("trains", "dolls", "games"))
    with pytest.raises(ToyGuideError, match=r"not enough memory for this training\. Halve 'targets_per_batch'"):
        fit(
            Bigrams(len(shop.index)),
            lambda epoch: epoch_batches(windows, 16, np.random.default_rng(epoch)),
            count_batches(windows, 16),
            lambda candidate, batch: torch.empty(1 << 60).sum(),
            None,
            FitOptions(epochs=1, learning_rate=0.05),
        )
