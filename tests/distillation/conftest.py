"""The whole way once, on the smallest shop that has all of it: simulated, trained, distilled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from torch import Tensor

from data.dataset import Dataset
from data.protocol import plan_split, split_dataset
from data.split import Split
from data.world.simulate import WorldOptions, simulate
from distillation.distill import DistilOptions, distil
from distillation.student import StudentConfig, StudentRecommender
from recommender.learning.presets import load_preset
from recommender.learning.teacher import train_teacher
from recommender.learning.tower_recommender import TwoTowerRecommender

PRESET = load_preset("small", width=32, text_width=24, epochs=10, targets_per_batch=256)
OPTIONS = DistilOptions(epochs=10, targets_per_batch=256)
CONFIG = StudentConfig(width=24, heads=2)


@dataclass(frozen=True)
class Way:
    """What the whole way leaves."""

    dataset: Dataset
    split: Split
    teacher: TwoTowerRecommender
    teacher_weights: dict[str, Tensor]
    teacher_record: dict[str, Any]
    student: StudentRecommender
    student_weights: dict[str, Tensor]
    student_record: dict[str, Any]


@pytest.fixture(scope="session")
def way() -> Way:
    dataset = simulate(WorldOptions(toys=300, shoppers=600, events=9000, seed=3))
    split = split_dataset(dataset)
    teacher, teacher_weights, teacher_record = train_teacher(dataset, split, plan_split(dataset), PRESET)
    teacher_record = teacher_record | {"digest": "a" * 64}
    student, weights, record = distil(dataset, split, teacher, teacher_record, CONFIG, OPTIONS)
    return Way(dataset, split, teacher, teacher_weights, teacher_record, student, weights, record)
