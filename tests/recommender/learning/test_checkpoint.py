"""A training that is killed goes on to the very weights it would have had."""

from __future__ import annotations

import json
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


KEY: dict[str, Any] = {
    "dataset": {"name": "table", "digest": "3f" * 32, "split": {"order": "hashed", "cut": None}},
    "preset": {"epochs": 6, "seed": 3},
}


@pytest.fixture
def unfinished(shop: Dataset, split: Split, tmp_path: Path) -> Path:
    """The checkpoint that a training of `KEY` left when it was killed."""
    with pytest.raises(Killed):
        train(split, len(shop.index), Checkpoint(tmp_path / "unfinished", KEY), 0.0, killed_in=2)
    return tmp_path / "unfinished"


def changed(part: str, **values: Any) -> dict[str, Any]:
    return {**KEY, part: {**KEY[part], **values}}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (changed("dataset", digest="a1" * 32), "(dataset digest 3f3f3f3f3f3f → a1a1a1a1a1a1)"),
        (
            changed("dataset", split={"order": "hashed", "cut": "2025-06-01"}),
            "(dataset split cut none → 2025-06-01)",
        ),
        (changed("preset", epochs=9, seed=4), "(preset epochs 6 → 9, preset seed 3 → 4)"),
        (changed("preset", width=64), "(preset width not said → 64)"),
        ({"dataset": KEY["dataset"]}, "(preset epochs 6 → not said, preset seed 3 → not said)"),
        (
            {"dataset": {"name": "world", "digest": "b2" * 32, "split": {"order": "given", "cut": "x"}}, "preset": {}},
            "dataset split order hashed → given, dataset split cut none → x, and 2 more)",
        ),
    ],
)
def test_a_checkpoint_of_another_training_is_refused_and_stays(
    shop: Dataset, split: Split, unfinished: Path, key: dict[str, Any], said: str
) -> None:
    before = {file.name: file.read_bytes() for file in unfinished.iterdir()}
    with pytest.raises(ToyGuideError) as refused:
        train(split, len(shop.index), Checkpoint(unfinished, key), 0.0)
    message = str(refused.value)
    assert message.startswith(f"{unfinished} holds the checkpoint of another training (")
    assert said in message
    assert message.endswith(f"give another '--out', or remove {unfinished} to train anew.")
    assert {file.name: file.read_bytes() for file in unfinished.iterdir()} == before


def test_the_same_key_is_no_other_training(unfinished: Path) -> None:
    """JSON knows no tuples: a key is compared as it was written."""
    Checkpoint(unfinished, KEY).check()
    assert Checkpoint(unfinished, KEY).load() is not None
    tuples = Checkpoint(unfinished.with_name("tuples"), {"interests": ("a", "b")})
    tuples.save({"weight": torch.zeros(1)}, [])
    assert tuples.load() is not None


def test_where_there_is_none_nothing_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert Checkpoint(tmp_path / "nowhere", KEY).load() is None
    assert caplog.records == []


@pytest.mark.parametrize("file", ["state.safetensors", "checkpoint.json"])
@pytest.mark.parametrize("content", [b"{", b'{"key": 3}', b"\xff", None])
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(
    unfinished: Path, file: str, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    (unfinished / file).unlink()
    if content is not None:
        (unfinished / file).write_bytes(content)
    assert Checkpoint(unfinished, KEY).load() is None
    (told,) = caplog.records
    assert told.levelname == "WARNING"
    assert f"{unfinished} cannot be read as a checkpoint" in told.getMessage()


def test_epochs_that_are_none_are_damage_too(unfinished: Path, caplog: pytest.LogCaptureFixture) -> None:
    (unfinished / "checkpoint.json").write_text(json.dumps({"key": KEY, "epochs": [{"number": 1}]}))
    assert Checkpoint(unfinished, KEY).load() is None
    assert "begins anew" in caplog.text


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
