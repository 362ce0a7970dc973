"""Shoppers that a teacher dreams up: histories of nobody, answered as the teacher answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from data.errors import ToyGuideError
from distillation.distill import DistilOptions, distil
from distillation.dreams import DREAMT, draw
from distillation.lessons import cached_scores, open_views, prepare_lessons, score_key
from distillation.student import StudentConfig
from recommender.base import QueryBatch
from recommender.learning.batches import epoch_batches

TOP = 12
DREAMS = 2


@pytest.fixture(scope="module")
def lessons(way):
    return prepare_lessons(way.dataset, way.split, 20, way.source.interests)


@pytest.fixture(scope="module")
def key(way):
    return score_key(way.source, 20, TOP, "shopper")


@pytest.fixture(scope="module")
def kept(way, lessons, key, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dreams") / "scores"
    cached_scores(folder, lessons, way.source, key, DREAMS)
    return folder


@pytest.fixture(scope="module")
def views(lessons, key, kept):
    return open_views(kept, lessons, key, 2.0, DREAMS)


def toys_of(kept, number):
    return np.load(kept / f"dream-{number}" / f"{DREAMT}.npy")


def test_a_dream_begins_as_a_real_shopper_and_goes_on_with_new_toys(lessons, kept):
    real = lessons.kept
    for number in range(DREAMS):
        toys = toys_of(kept, number)
        assert toys.min() >= 1
        assert toys.max() <= len(lessons.dataset.index)
        for start, stop in zip(real.offsets[:-1], real.offsets[1:], strict=True):
            assert stop == start or toys[start] == real.toys[start]
            assert len(set(toys[start:stop].tolist())) == stop - start
    changed = toys_of(kept, 0) != real.toys
    assert changed.mean() > 0.7
    assert (toys_of(kept, 0) != toys_of(kept, 1)).mean() > 0.7


def test_the_first_view_is_real_and_the_others_dreamt(views, lessons):
    assert [view.dreamt for view in views] == [False, True, True]
    assert views[0].windows is lessons.windows
    firsts = lessons.kept.offsets[:-1]
    wanted = lessons.kept.wanted
    for view in views[1:]:
        counted = view.windows.contacts[view.windows.counted].numpy()
        assert not np.isin(counted, firsts).any()
        assert wanted[counted].all()
        assert len(np.unique(counted)) == len(counted) == wanted.sum() - wanted[firsts].sum()


def test_answers_are_what_the_teacher_says_of_the_dreamt_history(way, views, lessons, kept):
    real, toys = lessons.kept, toys_of(kept, 1)
    batch = next(epoch_batches(views[2].windows, 60, np.random.default_rng(0)))
    assert batch.targets.tolist() == toys[batch.contacts.numpy()].tolist()
    soft = views[2].targets(batch, slice(0, len(batch.targets)))
    for row, contact in enumerate(batch.contacts.tolist()):
        shopper = int(np.searchsorted(real.offsets, contact, side="right")) - 1
        past = slice(int(real.offsets[shopper]), contact)
        recipient = real.recipient_table[real.recipients[contact]]
        query = QueryBatch(toys[None, past], real.kinds[None, past], real.gaps[None, past], [recipient])
        logits = torch.from_numpy(way.teacher.score_batch(query)[0]).double()
        logits[toys[past] - 1] = float("-inf")
        best = logits.topk(TOP)
        torch.testing.assert_close(soft.logits[row].double(), best.values - best.values[0], atol=0.02, rtol=0)
        assert len(set(soft.toys[row].tolist()) & set((best.indices + 1).tolist())) >= TOP - 1
        rest = logits.scatter(0, best.indices, float("-inf")) - best.values[0]
        assert float(soft.tail[row]) == pytest.approx(float(torch.logsumexp(rest / 2.0, dim=0)), abs=0.02)
        known = set(toys[past].tolist()[-20:])  # a student's window reaches no further back; the teacher remembers all
        assert set(soft.left_out[row].tolist()) - {0} <= known
        assert len(known) >= 20 or batch.step[row] < len(known) or set(soft.left_out[row].tolist()) >= known


def test_a_draw_follows_the_softmax():
    logits = torch.log(torch.tensor([[0.0, 0.5, 0.3, 0.2, 0.0]])).expand(20_000, 5)
    drawn = draw(logits, np.random.default_rng(0))
    shares = np.bincount(drawn, minlength=5) / len(drawn)
    assert shares[[0, 4]].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(shares[1:4], [0.5, 0.3, 0.2], atol=0.015)


def test_a_dream_is_kept_and_made_the_same_again(way, lessons, key, kept, tmp_path):
    times = {file: file.stat().st_mtime_ns for file in kept.rglob("*")}
    cached_scores(kept, lessons, way.source, key, DREAMS)
    assert {file: file.stat().st_mtime_ns for file in kept.rglob("*")} == times
    cached_scores(tmp_path / "again", lessons, way.source, key, 1)
    for name in (DREAMT, "toys", "logits"):
        again = (tmp_path / "again" / "dream-0" / f"{name}.npy").read_bytes()
        assert again == (kept / "dream-0" / f"{name}.npy").read_bytes()


def test_a_dream_of_another_teacher_is_refused(way, lessons, key, tmp_path):
    cached_scores(tmp_path / "scores", lessons, way.source, key, 1)
    other = replace(way.source, facts=way.source.facts | {"digest": "b" * 64})
    (tmp_path / "scores" / "dream-0").rename(tmp_path / "dream")
    theirs = score_key(other, 20, TOP, "shopper")
    cached_scores(tmp_path / "theirs", lessons, other, theirs)
    (tmp_path / "dream").rename(tmp_path / "theirs" / "dream-0")
    with pytest.raises(ToyGuideError, match=r"dream-0 holds scores of another 'teacher'"):
        cached_scores(tmp_path / "theirs", lessons, other, theirs, 1)


def test_epochs_take_turns_and_truth_is_told_of_real_shoppers_alone(way, lessons, views):
    asked = []

    def ears(number, targets):
        def listen(batch, rows):
            asked.append(number)
            return targets(batch, rows)

        return listen

    heard = [replace(view, targets=ears(number, view.targets)) for number, view in enumerate(views)]
    options = DistilOptions(alpha=0.1, temperature=2.0, epochs=4, outside="shopper", dreams=DREAMS, patience=9)
    distil(lessons, way.source, heard, StudentConfig(width=16, heads=2), options)
    assert [number for place, number in enumerate(asked) if place == 0 or asked[place - 1] != number] == [0, 1, 2, 0]
