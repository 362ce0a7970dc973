"""The toy encoder: places a toy that was never seen in training near where the student's table would have it.

It is distilled from the student's own table: features in, the toy's vector out. So a toy that staff add in the shop
gets a vector on the device, from its text, category, brand, price and age alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.features import MAX_LABELS, MAX_TEXT_TOKENS, FeatureSchema, ToyFeatures


@dataclass(frozen=True)
class Placement:
    """How well an encoder places toys that it did not learn from, though training met them.

    cosine: mean cosine to where training had put them; rank_correlation: see `rank_correlation`, of the order in which
    queries would have these toys, by the encoder's vectors and by the table's
    """

    toys: int
    cosine: float
    rank_correlation: float


class ToyEncoder(nn.Module):
    """Features → a vector of unit length: the sum of two weighted bags and a linear map of the profile."""

    def __init__(self, schema: FeatureSchema, width: int) -> None:
        super().__init__()
        self.text = nn.Embedding(schema.text_rows, width, padding_idx=0)
        self.labels = nn.Embedding(schema.label_rows, width, padding_idx=0)
        self.profile = nn.Linear(schema.profile_width, width)
        for table in (self.text, self.labels):
            nn.init.zeros_(table.weight)

    def forward(
        self, text: Tensor, text_weights: Tensor, labels: Tensor, label_weights: Tensor, profile: Tensor
    ) -> Tensor:
        """Vectors float32 [M, d] for the arrays of `ToyFeatures`."""
        words = self._bag(self.text, text, text_weights)
        names = self._bag(self.labels, labels, label_weights)
        return F.normalize(words + names + self.profile(profile), dim=-1)

    def _bag(self, table: nn.Embedding, rows: Tensor, weights: Tensor) -> Tensor:
        """The weighted sum of rows of `table`. In training by torch's own bag, ten times as fast; ONNX knows none."""
        if self.training:
            return F.embedding_bag(
                rows.long(), table.weight, per_sample_weights=weights, mode="sum", padding_idx=table.padding_idx
            )
        summed: Tensor = (table(rows.long()) * weights[..., None]).sum(dim=1)
        return summed

    def example(self, rows: int) -> tuple[Tensor, ...]:
        """Inputs of the right shapes, for tracing."""
        return (
            torch.zeros(rows, MAX_TEXT_TOKENS, dtype=torch.int32),
            torch.zeros(rows, MAX_TEXT_TOKENS),
            torch.zeros(rows, MAX_LABELS, dtype=torch.int32),
            torch.zeros(rows, MAX_LABELS),
            torch.zeros(rows, self.profile.in_features),
        )


def feature_tensors(features: ToyFeatures) -> tuple[Tensor, ...]:
    """The arrays of all toys but the padding row, in the encoder's order."""
    arrays = (features.text, features.text_weights, features.labels, features.label_weights, features.profile)
    return tuple(torch.from_numpy(array[1:]) for array in arrays)


def fit_toy_encoder(
    schema: FeatureSchema,
    features: ToyFeatures,
    table: Tensor,
    met: NDArray[np.bool_],
    queries: Tensor,
    steps: int = 300,
    seed: int = 0,
) -> tuple[ToyEncoder, Placement | None]:
    """Fit to the student's table [N + 1, d].

    met: bool [N + 1], toys that training met: of the others the table knows nothing that could be learned
    queries: float32 [Q, d], to rank the toys held back by
    Returns (the encoder, how it places a tenth of the toys met, which it did not learn from; None where there are fewer
    than ten). The encoder that is returned learned from the other nine tenths, so that the figures are its own.
    """
    torch.manual_seed(seed)
    encoder = ToyEncoder(schema, table.shape[1])
    inputs, wanted = feature_tensors(features), F.normalize(table[1:].detach().clone(), dim=-1)
    learned, held = held_back(met, seed)
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=0.01, weight_decay=0.01)
    size = min(2048, len(learned))
    for _ in range(steps if size else 0):
        rows = learned[torch.randint(len(learned), (size,))]
        optimizer.zero_grad()
        vectors = encoder(*(array[rows] for array in inputs))
        loss = (1 - (vectors * wanted[rows]).sum(dim=-1)).mean()
        loss.backward()
        optimizer.step()
    encoder.eval()
    if not len(held):
        return encoder, None
    with torch.inference_mode():
        placed = encoder(*(array[held] for array in inputs))
        cosine = float((placed * wanted[held]).sum(dim=-1).mean())
        order = rank_correlation((queries @ placed.T).numpy(), (queries @ wanted[held].T).numpy())
    return encoder, Placement(len(held), cosine, order)


def held_back(met: NDArray[np.bool_], seed: int = 0) -> tuple[Tensor, Tensor]:
    """(toys that an encoder learns from, a tenth that it does not), int64 places from 0 of the toys `met` [N + 1]."""
    known = np.flatnonzero(met[1:])
    order = np.random.default_rng(seed).permutation(known)
    cut = len(order) // 10
    return torch.from_numpy(order[cut:]), torch.from_numpy(order[:cut])


def rank_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Mean over rows of Spearman's rank correlation of scores [Q, H]; rows without any difference are left out.

    Source: Spearman, "The proof and measurement of association between two things", 1904.
    """
    ranks = [rankdata(scores, axis=1) for scores in (first, second)]
    apart = [each - each.mean(axis=1, keepdims=True) for each in ranks]
    lengths = [np.sqrt((each**2).sum(axis=1)) for each in apart]
    real = (lengths[0] > 0) & (lengths[1] > 0)
    found = (apart[0] * apart[1]).sum(axis=1)[real] / (lengths[0] * lengths[1])[real]
    return float(found.mean()) if real.any() else float("nan")
