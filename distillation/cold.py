"""Toys that nobody met in training, found where the toy encoder places them: what a shop that adds a toy can expect."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from data.split import Holdout
from distillation.student import StudentRecommender
from distillation.toy_encoder import ToyEncoder, feature_tensors
from recommender.evaluation.metrics import ndcg_at
from recommender.evaluation.ranking import judge
from recommender.features import ToyFeatures


@dataclass(frozen=True)
class ColdSlice:
    """NDCG@10 of a student on the queries whose relevant toys training never met.

    table: its own table; encoder: the same table, with the encoder's vectors for all toys that training never met
    """

    toys: int
    queries: int
    table: float
    encoder: float


def judge_cold_toys(
    student: StudentRecommender, encoder: ToyEncoder, features: ToyFeatures, met: NDArray[np.bool_], holdout: Holdout
) -> ColdSlice | None:
    """`met`: bool [N + 1], toys that training met. None where no query of `holdout` is of another."""
    cold = ~met[holdout.targets]
    owner = np.repeat(np.arange(len(holdout)), np.diff(holdout.bounds))
    asked = np.unique(owner[cold])
    if not len(asked):
        return None
    part = holdout.take(asked)
    found = []
    for each in (student, _with_encoded(student, encoder, features, met)):
        judged = judge(each, part)
        found.append(float(ndcg_at(judged.ranks.of_toys(~met[judged.targets]), 10).mean()))
    return ColdSlice(int((~met[1:]).sum()), len(asked), *found)


def _with_encoded(
    student: StudentRecommender, encoder: ToyEncoder, features: ToyFeatures, met: NDArray[np.bool_]
) -> StudentRecommender:
    unknown = torch.from_numpy(np.flatnonzero(~met[1:]))
    placed = copy.copy(student)
    placed.table = student.table.clone()
    with torch.inference_mode():
        placed.table[unknown + 1] = encoder(*(array[unknown] for array in feature_tensors(features)))
    return placed
