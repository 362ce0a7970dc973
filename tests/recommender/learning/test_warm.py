"""A training goes on from an earlier one: old toys keep what was learned of them, new ones are placed by features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
import torch

from data.dataset import Dataset, Source
from data.errors import ToyGuideError
from data.join import join_events
from data.protocol import plan_split, split_dataset
from data.schema import EventColumn
from data.world.simulate import WorldOptions, simulate
from recommender.base import batch_holdout
from recommender.learning.presets import load_preset
from recommender.learning.teacher import Parts, load_teacher, save_teacher, train_teacher, unseen_toys
from recommender.learning.two_tower import TwoTower
from recommender.learning.warm import IDS, read_start

PRESET = load_preset("small", width=24, text_width=16, epochs=5, targets_per_batch=256)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Dataset, Path]:
    """(the shop when the teacher learned, the shop now with twenty toys more, the teacher's folder)."""
    whole = simulate(WorldOptions(toys=200, shoppers=400, events=7000, seed=3))
    first = Dataset(whole.toys.slice(0, 180), whole.events, Source("world", 3))
    old_toys = pc.is_in(whole.events[EventColumn.TOY], value_set=first.toys["toy_id"].combine_chunks())
    cut = pc.quantile(pc.cast(whole.events[EventColumn.TIME], "int64"), q=0.7)[0]
    early = pc.less(pc.cast(whole.events[EventColumn.TIME], "int64"), cut)
    before = Dataset(first.toys, whole.events.filter(pc.and_(old_toys, early)).combine_chunks(), first.source)
    now, _ = join_events(before, whole.events.filter(pc.invert(early)), whole, most_of_a_session=10_000)
    folder = tmp_path_factory.mktemp("warm") / "teacher"
    _, weights, record = train_teacher(before, split_dataset(before), plan_split(before), PRESET)
    save_teacher(folder, weights, record)
    return before, now, folder


def test_it_begins_as_the_teacher_was(shop: tuple[Dataset, Dataset, Path]) -> None:
    before, now, folder = shop
    start = read_start(folder, before)
    parts = Parts(now, start.preset, start)
    split = split_dataset(now)
    model = TwoTower(start.preset.model, parts.schema, parts.features, parts.text, unseen_toys(split.train, 200))
    start.put_into(model)
    model.eval()
    teacher, _ = load_teacher(folder, before)
    # Toys that both the old and the new training met: their vectors are the same.
    met = np.intersect1d(split_dataset(before).train.toys, split.train.toys)
    with torch.inference_mode():
        torch.testing.assert_close(model.table()[met], teacher.table[met], atol=1e-5, rtol=0)
    ids = model.toys.ids.weight
    assert not ids[181:].any()
    assert not ids[start.weights["unseen"]].any()


def test_two_epochs_from_there_beat_two_from_nothing(shop: tuple[Dataset, Dataset, Path]) -> None:
    before, now, folder = shop
    split, plan = split_dataset(now), plan_split(now)
    start = read_start(folder, before, epochs=2)
    warm, weights, record = train_teacher(now, split, plan, start.preset, start=start)
    fresh = replace(PRESET, training=replace(PRESET.training, epochs=2))
    cold = train_teacher(now, split, plan, fresh)[2]
    assert record["validation_ndcg_10"] > cold["validation_ndcg_10"]
    assert record["started_from"] == start.digest
    assert weights[IDS].shape[0] == 201
    scores = warm.score_batch(batch_holdout(split.test).rows(0, 5))
    assert scores.shape == (5, 200)
    assert np.isfinite(scores).all()


def test_it_can_be_kept_and_begun_from_again(shop: tuple[Dataset, Dataset, Path], tmp_path: Path) -> None:
    before, now, folder = shop
    start = read_start(folder, before, epochs=1)
    _, weights, record = train_teacher(now, split_dataset(now), plan_split(now), start.preset, start=start)
    save_teacher(tmp_path / "next", weights, record)
    load_teacher(tmp_path / "next", now)
    again = read_start(tmp_path / "next", now)
    assert again.toys == 200
    # A third and a half of what the first of the chain had, not of what the one before had.
    assert (again.preset.training.epochs, again.preset.training.learning_rate) == (2, 0.001)
    assert start.preset.training.epochs == 1


def test_what_does_not_fit_is_refused(shop: tuple[Dataset, Dataset, Path]) -> None:
    before, now, folder = shop
    with pytest.raises(ToyGuideError, match=rf"trained on dataset {before.digest[:12]}, .* is {now.digest[:12]}"):
        read_start(folder, now)
    other = Dataset(before.toys.take(list(reversed(range(180)))), before.events, before.source)
    with pytest.raises(ToyGuideError, match="Give the dataset it was trained on"):
        read_start(folder, other)  # as many toys, with other numbers
    start = read_start(folder, before)
    wider = load_preset("small", width=32, text_width=16, epochs=1)
    with pytest.raises(ToyGuideError, match="cannot begin one of another shape"):
        train_teacher(now, split_dataset(now), plan_split(now), wider, start=start)
