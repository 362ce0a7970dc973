"""The student: a compact shopper tower over a small table of toy vectors.

Its score is one inner product, scale · cosine(query, toy), so that ranking is a single matrix product. The history it
reads holds only toys that were met and not refused; what was refused is masked instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from data.errors import parameter_error
from data.ids import ToyIndex
from recommender.base import QueryBatch, Recommender
from recommender.features import encode_recipients
from recommender.learning.batches import Batch
from recommender.learning.towers import ShopperTower, last_states
from recommender.serving.student import met_toys, pad_histories


@dataclass(frozen=True)
class StudentConfig:
    """The shape of a student. `scale` turns cosines into logits (1 / τ)."""

    width: int = 64
    layers: int = 1
    heads: int = 2
    dropout: float = 0.2
    scale: float = 14.0
    max_history: int = 20

    def __post_init__(self) -> None:
        """Raise ToyGuideError for a shape that cannot be built."""
        if not 8 <= self.width <= 512:
            raise parameter_error("width", "distil", "an int in [8, 512]", self.width)
        if self.width % self.heads:
            raise parameter_error("heads", "distil", f"a divisor of width ({self.width})", self.heads)


class Student(nn.Module):
    """A table of toy vectors and a shopper tower that reads and answers in it."""

    def __init__(self, config: StudentConfig, n_toys: int, profile_width: int) -> None:
        super().__init__()
        self.config = config
        self.toys = nn.Embedding(n_toys + 1, config.width, padding_idx=0)
        self.shopper = ShopperTower(
            config.width, config.layers, config.heads, config.dropout, config.max_history, profile_width
        )

    def table(self) -> Tensor:
        """Vectors [N + 1, d] of unit length; row 0 is padding and zero."""
        return F.normalize(self.toys.weight, dim=-1)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(queries [P, d] scaled, table [N + 1, d]): their inner products are the logits."""
        table = self.table()
        states = self.shopper(table[batch.toys])
        return self.shopper.queries(states[batch.row, batch.step], batch.profile) * self.config.scale, table

    def encode(self, table: Tensor, history: Tensor, profile: Tensor) -> Tensor:
        """Scaled query vectors [B, d] after the last contact of histories int64 [B, L]."""
        states = self.shopper(table[history])
        return self.shopper.queries(last_states(states, history), profile) * self.config.scale


def start_from_teacher(student: Student, teacher_table: Tensor) -> None:
    """Start the student's table from the strongest directions of the teacher's [N + 1, D] (PCA without centring)."""
    width = student.config.width
    _, _, directions = torch.linalg.svd(teacher_table[1:].float(), full_matrices=False)
    reduced = teacher_table.float() @ directions[:width].T
    with torch.no_grad():
        student.toys.weight.zero_()
        student.toys.weight[:, : reduced.shape[1]] = F.normalize(reduced, dim=-1)


class StudentRecommender(Recommender):
    """A student in torch as a `Recommender`; scores are logits."""

    def __init__(self, name: str, index: ToyIndex, model: Student, interests: Sequence[str]) -> None:
        self.name = name
        self.index = index
        self.model = model.eval()
        self.interests = tuple(interests)
        with torch.inference_mode():
            self.table = model.table()

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        met = [met_toys(toys, kinds) for toys, kinds in zip(batch.toys.tolist(), batch.kinds.tolist(), strict=True)]
        history = torch.from_numpy(pad_histories(met, self.model.config.max_history)).long()
        profile = torch.from_numpy(encode_recipients(batch.recipients, self.interests))
        with torch.inference_mode():
            scores: NDArray[np.float32] = (self.model.encode(self.table, history, profile) @ self.table[1:].T).numpy()
        return scores
