"""The whole way once, on the smallest shop that has all of it: simulated, trained, distilled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from torch import Tensor

from data.dataset import Dataset
from data.protocol import SplitPlan, plan_split, split_dataset
from data.split import Split
from data.world.simulate import WorldOptions, simulate
from distillation.distill import DistilOptions
from distillation.student import StudentConfig, StudentRecommender
from distillation.teach import teach
from distillation.teachers import Teacher, teacher_of
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
    plan: SplitPlan
    teacher: TwoTowerRecommender
    teacher_weights: dict[str, Tensor]
    teacher_record: dict[str, Any]
    source: Teacher
    student: StudentRecommender
    student_weights: dict[str, Tensor]
    student_record: dict[str, Any]


@pytest.fixture(scope="session")
def way() -> Way:
    dataset = simulate(WorldOptions(toys=300, shoppers=600, events=9000, seed=3))
    split = split_dataset(dataset)
    plan = plan_split(dataset)
    teacher, teacher_weights, teacher_record = train_teacher(dataset, split, plan, PRESET)
    teacher_record = teacher_record | {"digest": "a" * 64}
    source = teacher_of(teacher, teacher_record, "small")
    student, weights, record = teach(dataset, split, plan, source, CONFIG, OPTIONS)
    return Way(dataset, split, plan, teacher, teacher_weights, teacher_record, source, student, weights, record)
