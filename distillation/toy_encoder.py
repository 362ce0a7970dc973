"""The toy encoder: places a toy that was never seen in training near where the student's table would have it.

It learns from the student's own table: features in, the toy's vector out. So a toy that staff add in the shop gets a
vector on the device, from its text, category, brand, price and age alone.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recommender.features import MAX_LABELS, MAX_TEXT_TOKENS, FeatureSchema, ToyFeatures


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
        words = (self.text(text.long()) * text_weights[..., None]).sum(dim=1)
        names = (self.labels(labels.long()) * label_weights[..., None]).sum(dim=1)
        return F.normalize(words + names + self.profile(profile), dim=-1)

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
    schema: FeatureSchema, features: ToyFeatures, table: Tensor, steps: int = 300, seed: int = 0
) -> tuple[ToyEncoder, float | None]:
    """Fit to the student's table [N + 1, d].

    Returns (the encoder, its mean cosine on a tenth of the toys that it did not learn from; None below ten toys). The
    encoder that is returned learned from nine tenths, so that the figure is its own.
    """
    torch.manual_seed(seed)
    encoder = ToyEncoder(schema, table.shape[1])
    inputs, wanted = feature_tensors(features), F.normalize(table[1:].detach().clone(), dim=-1)
    order = np.random.default_rng(seed).permutation(len(wanted))
    held = torch.from_numpy(order[: len(order) // 10])
    learned = torch.from_numpy(order[len(order) // 10 :])
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=0.01, weight_decay=0.01)
    size = min(2048, len(learned))
    for _ in range(steps):
        rows = learned[torch.randint(len(learned), (size,))]
        optimizer.zero_grad()
        vectors = encoder(*(array[rows] for array in inputs))
        loss = (1 - (vectors * wanted[rows]).sum(dim=-1)).mean()
        loss.backward()
        optimizer.step()
    encoder.eval()
    with torch.inference_mode():
        close = (encoder(*(array[held] for array in inputs)) * wanted[held]).sum(dim=-1)
    return encoder, float(close.mean()) if len(held) else None
