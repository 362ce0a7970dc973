"""The student: a compact shopper tower over a small table of toy vectors.

Its score is one inner product, scale · cosine(query, toy), so that ranking is a single matrix product. The history it
reads holds only toys that were met and not refused; what was refused is masked instead. Its tower is a one-layer
Transformer, or attention that pools what each toy says (`distillation.pooling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from data.errors import parameter_error
from data.ids import ToyIndex
from distillation.pooling import AttentionPool
from distillation.quantize import fake_quantise
from recommender.base import QueryBatch, Recommender
from recommender.features import encode_recipients
from recommender.learning.batches import Batch
from recommender.learning.towers import ShopperTower, last_states, rows_of
from recommender.serving.bundle import TABLE_BITS
from recommender.serving.student import met_toys, pad_histories

if TYPE_CHECKING:
    from distillation.near import NearTable

Family = Literal["transformer", "pooling"]
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)


@dataclass(frozen=True)
class StudentConfig:
    """The shape of a student. `scale` turns cosines into logits (1 / τ).

    family: "transformer", or "pooling", whose score is an exact sum over the toys of the history
    bits: of a number of the stored table, 8 or 4
    """

    width: int = 64
    layers: int = 1
    heads: int = 2
    dropout: float = 0.2
    scale: float = 14.0
    max_history: int = 20
    family: Family = "transformer"
    bits: int = 8

    def __post_init__(self) -> None:
        """Raise ToyGuideError for a shape that cannot be built."""
        if not 8 <= self.width <= 512:
            raise parameter_error("width", "distil", "an int in [8, 512]", self.width)
        if self.width % self.heads:
            raise parameter_error("width", "distil", f"a multiple of {self.heads}, the number of heads", self.width)
        if self.family not in FAMILIES:
            raise parameter_error("family", "distil", f"one of {', '.join(FAMILIES)}", self.family)
        if not 0.0 <= self.dropout <= 0.9:
            raise parameter_error("dropout", "distil", "a number in [0, 0.9]", self.dropout)
        if self.bits not in TABLE_BITS:
            raise parameter_error("bits", "distil", "8 or 4", self.bits)


class Student(nn.Module):
    """A table of toy vectors and a shopper tower that reads and answers in it.

    narrow: the table is rounded as it will be stored, in training too (straight-through, see `quantize`)
    near: what is added to the inner products, see `distillation.near`; it is set after training
    """

    shopper: ShopperTower | AttentionPool
    near: NearTable | None

    def __init__(self, config: StudentConfig, n_toys: int, profile_width: int) -> None:
        super().__init__()
        self.config = config
        self.narrow = False
        self.near = None
        self.toys = nn.Embedding(n_toys + 1, config.width, padding_idx=0)
        with torch.no_grad():  # about unit length, like a teacher's: a longer vector turns too slowly to learn
            self.toys.weight *= config.width**-0.5
        if config.family == "pooling":
            self.shopper = AttentionPool(config.width, config.heads, config.dropout, config.max_history, profile_width)
        else:
            self.shopper = ShopperTower(
                config.width, config.layers, config.heads, config.dropout, config.max_history, profile_width
            )

    def full_table(self) -> Tensor:
        """Vectors [N + 1, d] of unit length; row 0 is padding and zero."""
        return F.normalize(self.toys.weight, dim=-1)

    def table(self) -> Tensor:
        """What is read and ranked: `full_table`, rounded to what is stored where the student is `narrow`."""
        table = self.full_table()
        return fake_quantise(table, self.config.bits) if self.narrow else table

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(queries [P, d] scaled, table [N + 1, d]): their inner products are the logits."""
        table = self.table()
        states = self.shopper(rows_of(table, batch.toys))
        return self.shopper.queries(states[batch.row, batch.step], batch.profile) * self.config.scale, table

    def encode(self, table: Tensor, history: Tensor, profile: Tensor) -> Tensor:
        """Scaled query vectors [B, d] after the last contact of histories int64 [B, L]."""
        states = self.shopper(table[history])
        return self.shopper.queries(last_states(states, history), profile) * self.config.scale

    def encode_parts(self, table: Tensor, history: Tensor, profile: Tensor) -> tuple[Tensor, Tensor]:
        """(`encode`'s query vectors [B, d], what each toy brings to them [B, L, d]), of a student that pools.

        What is left of a query is what the start and the profile bring.
        """
        if not isinstance(self.shopper, AttentionPool):
            raise TypeError(f"The score of a {self.config.family} is no sum over toys.")
        each = self.shopper.parts(table[history], (history > 0).sum(dim=1))
        whole = each.sum(dim=1) + self.shopper.profile(profile)
        scale = self.config.scale / whole.norm(dim=-1, keepdim=True).clamp(min=1e-12)
        return whole * scale, each[:, 1:] * scale[:, None]


def start_from_teacher(student: Student, teacher_table: Tensor) -> None:
    """Start the student's table from the strongest directions of the teacher's [N + 1, D] (PCA without centring)."""
    width = student.config.width
    rows = teacher_table.float()
    _, directions = torch.linalg.eigh(rows.T @ rows)  # ascending
    reduced = rows @ directions.flip(1)[:, :width]
    with torch.no_grad():
        student.toys.weight.zero_()
        student.toys.weight[:, : reduced.shape[1]] = F.normalize(reduced, dim=-1)


class StudentRecommender(Recommender):
    """A student in torch as a `Recommender`; scores are logits."""

    scores_are_logits = True

    def __init__(self, name: str, index: ToyIndex, model: Student, interests: Sequence[str]) -> None:
        self.name = name
        self.index = index
        self.model = model.eval()
        self.interests = tuple(interests)
        with torch.inference_mode():
            self.table = model.table()

    def encode(self, batch: QueryBatch) -> Tensor:
        """Query vectors [B, d], scaled so that `query @ table.T` is the logit, but for what lies `near`."""
        return self._encode(batch, histories_of(batch, self.model.config.max_history))

    def _encode(self, batch: QueryBatch, history: Tensor) -> Tensor:
        profile = torch.from_numpy(encode_recipients(batch.recipients, self.interests))
        with torch.inference_mode():
            return self.model.encode(self.table, history, profile)

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        history = histories_of(batch, self.model.config.max_history)
        with torch.inference_mode():
            scores = self._encode(batch, history) @ self.table[1:].T
            if self.model.near is not None:
                scores += self.model.near(history)[:, 1:]
        found: NDArray[np.float32] = scores.numpy()
        return found


def histories_of(batch: QueryBatch, max_history: int) -> Tensor:
    """int64 [B, L]: what a student is fed, see `met_toys`."""
    met = [met_toys(toys, kinds) for toys, kinds in zip(batch.toys.tolist(), batch.kinds.tolist(), strict=True)]
    return torch.from_numpy(pad_histories(met, max_history)).long()
