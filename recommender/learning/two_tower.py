"""The teacher's model: both towers, and what turns a batch into logits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from data.schema import KIND_CODES
from recommender.features import FeatureSchema, ToyFeatures
from recommender.learning.batches import Batch
from recommender.learning.towers import ShopperTower, ToyTower, last_states, rows_of


@dataclass(frozen=True)
class TwoTowerConfig:
    """The shape of a teacher. `temperature` divides cosines to make logits.

    sentences: puts the vectors of a pretrained encoder beside the titles' own, see `recommender.learning.sentences`
    """

    width: int
    layers: int
    heads: int
    dropout: float
    temperature: float
    max_history: int
    text_width: int
    id_dropout: float
    sentences: bool = False


class TwoTower(nn.Module):
    """logit(shopper, toy) = cosine(shopper tower, toy tower) / temperature."""

    unseen: Tensor
    is_unseen: Tensor
    text: Tensor
    labels: Tensor
    label_weights: Tensor
    profile: Tensor

    def __init__(
        self, config: TwoTowerConfig, schema: FeatureSchema, features: ToyFeatures, text: Tensor, unseen: Tensor
    ) -> None:
        """`text`: dense text vectors float32 [N + 1, E].

        unseen: int64 [U], toys without a contact in training. They have no id of their own and stand for nothing in the
        training loss (as eternal negatives they could never be found), so they are placed by their features alone.
        """
        super().__init__()
        self.config = config
        n_toys = len(features.profile) - 1
        self.toys = ToyTower(n_toys, config.width, text.shape[1], schema.label_rows, schema.profile_width)
        self.shopper = ShopperTower(
            config.width,
            config.layers,
            config.heads,
            config.dropout,
            config.max_history,
            schema.profile_width,
            kinds=len(KIND_CODES),
        )
        self.register_buffer("unseen", unseen)
        is_unseen = torch.zeros(n_toys + 1, dtype=torch.bool)
        is_unseen[unseen] = True
        self.register_buffer("is_unseen", is_unseen, persistent=False)
        self.register_buffer("text", text, persistent=False)
        self.register_buffer("labels", torch.from_numpy(features.labels.astype("int64")), persistent=False)
        self.register_buffer("label_weights", torch.from_numpy(features.label_weights), persistent=False)
        self.register_buffer("profile", torch.from_numpy(features.profile), persistent=False)

    def vectors(self, toys: Tensor | None = None) -> Tensor:
        """Vectors float [n, d] of the toys int64 [n], by default of all, padding first; padding is zero."""
        known = torch.arange(len(self.profile), device=self.profile.device) if toys is None else toys
        parts = (self.text, self.labels, self.label_weights, self.profile)
        text, labels, label_weights, profile = parts if toys is None else (part[toys] for part in parts)
        ids = torch.where(self.is_unseen[known], 0, known)
        found: Tensor = self.toys(ids, text, labels, label_weights, profile, self.config.id_dropout)
        return found * (known > 0)[:, None]

    def table(self) -> Tensor:
        """Vectors float [N + 1, d] of all toys; row 0 is padding and zero."""
        return self.vectors()

    def forward(self, batch: Batch, some: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """(queries [P, d] scaled by 1 / temperature, vectors): their inner products are the logits.

        The vectors are the table [N + 1, d]; with `some` = (toys int64 [n], inputs int64 [B, L] into them), which
        stand for the batch's own, they are those of these toys [n, d].
        """
        toys, inputs = some if some is not None else (None, batch.toys)
        vectors = self.vectors(toys)
        states = self.shopper(rows_of(vectors, inputs), batch.kinds, batch.gaps)
        queries = self.shopper.queries(states[batch.row, batch.step], batch.profile)
        return queries / self.config.temperature, vectors

    def encode(self, table: Tensor, toys: Tensor, kinds: Tensor, gaps: Tensor, profile: Tensor) -> Tensor:
        """Query vectors [B, d] after the last contact of histories [B, L]; scores are `query @ table.T`."""
        states = self.shopper(table[toys], kinds, gaps)
        return self.shopper.queries(last_states(states, toys), profile)
