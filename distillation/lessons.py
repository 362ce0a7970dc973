"""What students of one split learn from: real shoppers, dreamt ones, and what a teacher says of both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from data.dataset import Dataset
from data.sequences import Sequences
from data.split import Split
from distillation.dreams import dream, open_dream
from distillation.score_cache import fill_cache, open_cache, read_record
from distillation.targets import Outside, Targets
from distillation.teachers import Teacher, check_same_toys
from recommender.learning.batches import Windows, make_windows
from recommender.learning.fit import Reporter
from recommender.learning.recency import weights_of


@dataclass(frozen=True)
class Lessons:
    """What every student of one split and length of history learns from.

    train: S shoppers, E contacts; kept: without refusals; windows: of these, their contacts those of `train`
    """

    dataset: Dataset
    split: Split
    kept: Sequences
    windows: Windows
    max_history: int
    interests: tuple[str, ...]

    @property
    def train(self) -> Sequences:
        """The training part."""
        return self.split.train


@dataclass(frozen=True)
class View:
    """What an epoch learns from: windows, and a teacher's answers to their targets (None without a teacher)."""

    windows: Windows
    targets: Targets | None = None
    dreamt: bool = False


def prepare_lessons(
    dataset: Dataset, split: Split, max_history: int, interests: tuple[str, ...], half_life: float = 0.0
) -> Lessons:
    """Cut the training part, without what was refused, into a student's windows.

    half_life: days, see `recommender.learning.recency`
    """
    kept, contacts = split.train.without_refusals()
    chance = weights_of(kept.times, half_life)
    windows = make_windows(kept, max_history, interests, chance).renumbered(torch.from_numpy(contacts))
    return Lessons(dataset, split, kept, windows, max_history, interests)


def score_key(teacher: Teacher, max_history: int, top: int, outside: Outside) -> dict[str, Any]:
    """Whose scores of what a cache holds."""
    return {
        "teacher": teacher.digest,
        "dataset": teacher.dataset["digest"],
        "split": teacher.dataset["split"],
        "max_history": max_history,
        "top": top,
        "outside": outside,
    }


def cached_scores(
    folder: Path,
    lessons: Lessons,
    teacher: Teacher,
    key: dict[str, Any],
    dreams: int = 0,
    report: Reporter | None = None,
) -> dict[str, Any]:
    """The record of the teacher's scores in `folder`; what is not there yet is computed, and so are its `dreams`.

    key: see `score_key`. Raises ToyGuideError if the folder holds scores of another teacher, other data or another K.
    """
    check_same_toys(teacher.recommender.index, lessons.dataset.index)
    if (record := read_record(folder)) is None:
        record = fill_cache(folder, teacher.recommender, lessons.train, lessons.windows, key, report)
    open_cache(folder, key, 1.0, lessons.train)
    for number in range(dreams):
        at, its = _dream(folder, key, number)
        if read_record(at) is None:
            dream(at, teacher.recommender, lessons.kept, its, report)
        open_cache(at, its, 1.0, lessons.kept)
    return record


def open_views(folder: Path, lessons: Lessons, key: dict[str, Any], temperature: float, dreams: int = 0) -> list[View]:
    """What `cached_scores` left in `folder`, at a temperature: the real shoppers, then each dream.

    Raises ToyGuideError if it is another's, or does not hold `temperature`.
    """
    views = [View(lessons.windows, open_cache(folder, key, temperature, lessons.train))]
    for number in range(dreams):
        at, its = _dream(folder, key, number)
        windows, answers = open_dream(at, its, temperature, lessons.kept, lessons.max_history, lessons.interests)
        views.append(View(windows, answers, dreamt=True))
    return views


def _dream(folder: Path, key: dict[str, Any], number: int) -> tuple[Path, dict[str, Any]]:
    """(where a dream lies, whose it is); it is the same whatever the real shoppers' targets leave out."""
    return folder / f"dream-{number}", {**key, "outside": "prefix", "dream": number}
