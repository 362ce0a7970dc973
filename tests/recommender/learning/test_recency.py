"""How much an event weighs by its age, and what becomes of it in an epoch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from data.schema import KIND_CODES, EventKind
from data.sequences import Sequences
from recommender.learning.batches import Windows, count_batches, epoch_batches, make_windows
from recommender.learning.recency import LEAST, weights_of

DAY = 86_400_000
NOW = 20_000 * DAY
BUY = KIND_CODES[EventKind.PURCHASE]


def test_an_event_weighs_half_after_the_half_life_and_never_nothing() -> None:
    times = np.array([NOW, NOW - 30 * DAY, NOW - 60 * DAY, NOW - 3650 * DAY, -1], np.int64)
    weights = weights_of(times, 30)
    assert weights is not None
    assert weights.dtype == np.float32
    assert weights == pytest.approx([1, 0.5, 0.25, LEAST, LEAST])


@pytest.mark.parametrize(
    ("times", "half_life"), [([NOW, NOW - DAY], 0.0), ([-1, -1], 30.0), ([], 30.0)], ids=["off", "undated", "none"]
)
def test_where_nothing_is_known_of_age_all_weigh_alike(times: list[int], half_life: float) -> None:
    assert weights_of(np.array(times, np.int64), half_life) is None


def windows_of(ages: list[list[int]], half_life: float) -> Windows:
    """A window for each shopper, of purchases of these ages in days."""
    flat = [age for shopper in ages for age in shopper]
    sequences = Sequences(
        tuple(f"s{place}" for place in range(len(ages))),
        np.cumsum([0, *map(len, ages)]).astype(np.int64),
        np.arange(1, len(flat) + 1, dtype=np.int32),
        np.full(len(flat), BUY, np.int8),
        NOW - np.array(flat, np.int64) * DAY,
        np.full(len(flat), -1.0, np.float32),
        np.zeros(len(flat), np.int32),
        (None,),
    )
    return make_windows(sequences, 20, (), weights_of(sequences.times, half_life))


def test_an_epoch_has_as_many_targets_whatever_they_weigh_and_the_new_ones_in_every_pass() -> None:
    windows = windows_of([[400, 300, 200, 0], [500, 40, 0], [90]] * 100, 30)
    met = np.zeros(800, np.int64)
    epochs = 40
    for epoch in range(epochs):
        for batch in epoch_batches(windows, 64, np.random.default_rng(epoch)):
            assert len(torch.unique(batch.contacts)) == len(batch.contacts), "none twice in one batch"
            np.add.at(met, batch.contacts.numpy(), 1)
    passes = windows.passes
    assert passes == round(800 / windows.expected) > 1
    # What is new is in every pass, what is old in a quarter of them.
    assert (met[3::8] == passes * epochs).all()
    assert met[0::8].sum() == pytest.approx(LEAST * passes * epochs * 100, rel=0.15)
    assert met.sum() == pytest.approx(windows.expected * passes * epochs, rel=0.02)
    assert count_batches(windows, 64) == passes * int(windows.expected) // 64


def test_an_old_event_that_is_no_target_stays_in_the_history_of_those_that_are() -> None:
    windows = windows_of([[4000, 0]], 1)
    batches = [batch for epoch in range(20) for batch in epoch_batches(windows, 8, np.random.default_rng(epoch))]
    newest = [batch for batch in batches if 1 in batch.contacts]
    assert len(newest) == 20 * windows.passes
    assert all(1 in batch.prefix for batch in newest)


def test_events_that_all_weigh_alike_are_an_epoch_of_one_pass() -> None:
    windows = windows_of([[4000, 0], [30, 20, 10]], 0)
    assert windows.chance is None
    assert windows.passes == 1
    found = torch.cat([batch.contacts for batch in epoch_batches(windows, 2, np.random.default_rng(0))])
    assert sorted(found.tolist()) == [0, 1, 2, 3, 4]
