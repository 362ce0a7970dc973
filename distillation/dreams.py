"""Shoppers that a teacher dreams up: histories that nobody had, and what it says of them.

Of the shoppers it learned from a teacher remembers what they took, and a student that learns from those answers alone
learns some of them by heart. A dreamt shopper meets toys at the times, of the kinds and for the recipients of a real
one; the first toy is the real one's, every further one is drawn from what the teacher says of the toys dreamt so far.
So the teacher answers as it answers strangers, and there are as many of them as one likes.

Source of the idea: a student that learns from sequences its teacher generates, Kim and Rush, "Sequence-Level Knowledge
Distillation", EMNLP 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.sequences import Sequences
from distillation.score_cache import ScoreCache, keep_answers, open_cache, queries_at_once
from distillation.targets import allowed_logits, prefix_queries
from recommender.base import Recommender
from recommender.learning.batches import Windows, make_windows
from recommender.learning.fit import Reporter

DREAMT: Final = "dreamt"


def dream(
    folder: Path, teacher: Recommender, shoppers: Sequences, key: dict[str, Any], report: Reporter | None = None
) -> dict[str, Any]:
    """Let `teacher` dream of `shoppers`, and keep the toys and its answers in `folder`; returns their record.

    shoppers: without refusals, see `Sequences.without_refusals`
    key: JSON values that say whose dream this is; its `dream` is the seed
    Raises ToyGuideError for a score that is no number, DataError if the disk is full.
    """
    toys = np.array(shoppers.toys)
    answers = _dream(teacher, replace(shoppers, toys=toys), np.random.default_rng(key["dream"]))
    count = int(_asked(shoppers).sum())
    return keep_answers(folder, answers, count, len(teacher.index), key, report, {DREAMT: toys})


def open_dream(
    folder: Path,
    key: dict[str, Any],
    temperature: float,
    shoppers: Sequences,
    max_history: int,
    interests: tuple[str, ...],
) -> tuple[Windows, ScoreCache]:
    """(the windows of the dream in `folder`, the teacher's answers to them; it knows what lies before a window too).

    Raises ToyGuideError if it is another's, see `open_cache`.
    """
    cache = open_cache(folder, key, temperature, shoppers)
    dreamt = replace(shoppers, toys=np.load(folder / f"{DREAMT}.npy", allow_pickle=False))
    windows = make_windows(dreamt, max_history, interests)
    asked = torch.from_numpy(_asked(shoppers))[windows.contacts]
    return replace(windows, counted=windows.counted & asked), replace(cache, train=dreamt)


def _asked(shoppers: Sequences) -> NDArray[np.bool_]:
    """bool [E]: the contacts that the teacher's answers are kept for; of a first one it is not asked."""
    asked = shoppers.wanted.copy()
    asked[shoppers.offsets[:-1][np.diff(shoppers.offsets) > 0]] = False
    return asked


def _dream(
    teacher: Recommender, shoppers: Sequences, generator: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
    """Answers as `keep_answers` wants them; `shoppers.toys` is overwritten meanwhile, from a second toy on."""
    lengths, asked = np.diff(shoppers.offsets), _asked(shoppers)
    order = np.argsort(lengths, kind="stable")  # alike in length: they go on together to the end
    step = queries_at_once(len(teacher.index))
    for first in range(0, len(order), step):
        group = order[first : first + step]
        for place in range(1, int(lengths[group].max())):
            contacts = shoppers.offsets[group[lengths[group] > place]] + place
            queries = prefix_queries(shoppers, contacts)
            logits = allowed_logits(teacher, queries, torch.from_numpy(queries.toys.astype(np.int64)))
            shoppers.toys[contacts] = draw(logits, generator)
            kept = asked[contacts]
            if kept.any():
                yield contacts[kept], logits[torch.from_numpy(kept)]


def draw(logits: Tensor, generator: np.random.Generator) -> NDArray[np.int64]:
    """int64 [S]: of each row of logits float32 [S, N + 1] a toy with the probability of its softmax."""
    heights = torch.softmax(logits.double(), dim=1).nan_to_num().cumsum(dim=1)  # a row may allow nothing
    at = torch.from_numpy(generator.random(len(logits)))[:, None] * heights[:, -1:]
    return torch.searchsorted(heights, at, right=True)[:, 0].clamp_(max=logits.shape[1] - 1).numpy()
