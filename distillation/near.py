"""A few toys beside each toy: what vectors of a small width cannot hold, kept in a table of its own.

Low rank blurs what goes with what; rules know it exactly, and their strongest few for each toy are most of what they
know. A student with such a table adds to its inner product

    strength · log(1 + Σᵢ fadeᵃᵍᵉ⁽ⁱ⁾ · w(i, j) / ε)

over the toys i of its history, the newest of age 0. That is the rules' part of a blend's logit, up to a constant, and
the two numbers that put it together are set as a blend's weights are: by NDCG@10 on the validation part.
"""

from __future__ import annotations

import copy
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.dataset import Dataset
from data.errors import parameter_error
from data.split import Split
from distillation.student import StudentRecommender, histories_of
from recommender.base import QueryBatch, Recommender
from recommender.baselines.rules import Rules
from recommender.learning.blend import fit_mix
from recommender.learning.tower_recommender import validation_ndcg

MOST: Final = 64
HIGHEST_CODE: Final = 255
STRONGEST: Final = 50.0
"""Where the rules would do best alone, the student still breaks their ties."""


class NearTable(nn.Module):
    """K toys beside each of N toys, as they are stored: indices, and weights in 8 bits.

    toys: int64 [N + 1, K], 0 = none; codes: uint8 [N + 1, K], w = (code / 255)² · highest
    """

    toys: Tensor
    codes: Tensor
    highest: Tensor
    fade: Tensor
    strength: Tensor
    epsilon: Tensor

    def __init__(self, rows: int, count: int) -> None:
        super().__init__()
        self.register_buffer("toys", torch.zeros(rows, count, dtype=torch.int64))
        self.register_buffer("codes", torch.zeros(rows, count, dtype=torch.uint8))
        for name in ("highest", "fade", "strength", "epsilon"):
            self.register_buffer(name, torch.ones(()))

    def weights(self) -> Tensor:
        """float32 [N + 1, K]."""
        return (self.codes.float() / HIGHEST_CODE) ** 2 * self.highest

    def sums(self, history: Tensor) -> Tensor:
        """Σ fade^age · w, float32 [B, N + 1], for histories int64 [B, L], oldest first, padding 0 at the end."""
        met = (history > 0).float()
        fading = torch.pow(self.fade, met.sum(dim=1, keepdim=True) - met.cumsum(dim=1)) * met
        told = self.weights()[history] * fading[:, :, None]
        whole = told.new_zeros(len(history), len(self.toys))
        return whole.scatter_add_(1, self.toys[history].flatten(1), told.flatten(1))

    def forward(self, history: Tensor) -> Tensor:
        """What is added to the scores, float32 [B, N + 1]."""
        added: Tensor = self.strength * torch.log1p(self.sums(history) / self.epsilon)
        return added


class _Near(Recommender):
    """A table alone, as a member that a blend's weights can be set for."""

    name = "near"

    def __init__(self, student: StudentRecommender, table: NearTable) -> None:
        self.index = student.index
        self.max_history = student.model.config.max_history
        self.table = table

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        sums: NDArray[np.float32] = self.table.sums(histories_of(batch, self.max_history))[:, 1:].numpy()
        return sums


def strongest(rules: Rules, count: int) -> NearTable:
    """The `count` toys that follow each toy most, by `rules`; strength and ε are still to be set."""
    table = NearTable(len(rules.index) + 1, count)
    weights = np.zeros((len(rules.index) + 1, count), np.float32)
    matrix = rules.rules.tocsr()
    for row, (start, stop) in enumerate(zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True), start=1):
        order = np.argsort(-matrix.data[start:stop], kind="stable")[:count]
        table.toys[row, : len(order)] = torch.from_numpy(matrix.indices[start:stop][order].astype(np.int64) + 1)
        weights[row, : len(order)] = matrix.data[start:stop][order]
    highest = float(weights.max(initial=0.0)) or 1.0
    table.codes.copy_(torch.from_numpy(np.rint(np.sqrt(weights / highest) * HIGHEST_CODE).astype(np.uint8)))
    table.highest.fill_(highest)
    table.fade.fill_(rules.query_decay)
    return table


def check_near(count: int, n_toys: int) -> None:
    """Raise ToyGuideError for a number of toys beside each toy that cannot be; 0 is no table."""
    if not 0 <= count <= min(MOST, n_toys):
        raise parameter_error("near", "distil", f"an int in [0, {min(MOST, n_toys)}]", count)


def beside(
    student: StudentRecommender, dataset: Dataset, split: Split, count: int
) -> tuple[StudentRecommender, dict[str, Any]]:
    """(`student` with `count` toys beside each toy, {"count", "strength", "epsilon", "validation_ndcg_10"}).

    The rules are those of the training part. Raises ToyGuideError for a count out of bounds.
    """
    check_near(count, len(dataset.index))
    table = strongest(Rules(dataset.index, split.train), count)
    mix, _ = fit_mix([student, _Near(student, table)], split.validation)
    table.strength.fill_(min(mix.weights[1] / max(mix.weights[0], 1e-9), STRONGEST))
    table.epsilon.fill_(mix.epsilon)
    model = copy.deepcopy(student.model)
    model.near = table
    shown = StudentRecommender(student.name, student.index, model, student.interests)
    found = {
        "count": count,
        "strength": float(table.strength),
        "epsilon": float(table.epsilon),
        "validation_ndcg_10": validation_ndcg(shown, split.validation),
    }
    return shown, found
