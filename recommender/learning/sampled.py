"""A loss over a sample of the toys, for catalogues whose full softmax no longer fits.

Above `FULL_SOFTMAX_UP_TO` toys a step looks at its own toys and at a few thousand others, drawn by popularity and
shared by the whole batch. A toy that is drawn often would be pushed down too often; its logit is corrected by the
logarithm of how likely it was to be in the sample (logQ correction).
Source: Bengio and Senécal, "Adaptive importance sampling to accelerate training of a neural probabilistic language
model", 2008; Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations", 2019.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from recommender.learning.batches import Batch
from recommender.learning.towers import rows_of
from recommender.learning.two_tower import TwoTower

FULL_SOFTMAX_UP_TO: Final = 50_000
"""Toys. At 2,048 targets a step the logits of a full softmax would be 400 MB here."""
FLATTENED: Final = 0.75
"""The power of a toy's count that it is drawn by: rare toys come more often than by popularity itself."""


class Sampler:
    """Draws toys in proportion to count^0.75, with replacement, keeps each once. Toys without a count never come."""

    def __init__(self, counts: Tensor, size: int) -> None:
        """counts: [N + 1], how often each toy was met; row 0 is padding. size: draws a step."""
        weights = counts.double().clamp(min=0) ** FLATTENED
        weights[0] = 0
        share = weights / weights.sum()
        self.edges = share.cumsum(0)
        self.size = size
        # Of being in the sample at all: 1 − (1 − share)^size, and its logarithm without losing small shares.
        self.log_chance = torch.log(-torch.expm1(size * torch.log1p(-share))).float()

    def draw(self) -> Tensor:
        """int64 [S], the toys of one step, each once, ascending."""
        points = torch.rand(self.size, dtype=torch.float64) * self.edges[-1]
        drawn = torch.searchsorted(self.edges, points, right=True).clamp(max=len(self.edges) - 1)
        return torch.unique(drawn)  # type: ignore[no-any-return]


def sampled_loss(model: TwoTower, batch: Batch, sampler: Sampler) -> Tensor:
    """Mean cross-entropy of each target against the sample without the toys already met and the target itself."""
    drawn = sampler.draw().to(batch.toys.device)
    needed, place = torch.unique(torch.cat([batch.toys.flatten(), batch.targets, drawn]), return_inverse=True)
    inputs, targets, others = place.split([batch.toys.numel(), len(batch.targets), len(drawn)])
    queries, vectors = model(batch, (needed, inputs.view(batch.toys.shape)))
    own = (queries * rows_of(vectors, targets)).sum(dim=-1).float()
    rest = (queries @ rows_of(vectors, others).T).float()
    log_chance = sampler.log_chance.to(own.device)
    return corrected_loss(own - log_chance[batch.targets], rest - log_chance[drawn], drawn, batch)


def corrected_loss(own: Tensor, rest: Tensor, drawn: Tensor, batch: Batch) -> Tensor:
    """Mean of −log softmax of `own` [P] among itself and `rest` [P, S], where `drawn` [S] may be shown."""
    met = torch.cat([batch.prefix, batch.targets[:, None]], dim=1)
    column = torch.searchsorted(drawn, met).clamp(max=len(drawn) - 1)
    row, slot = (drawn[column] == met).nonzero(as_tuple=True)
    blocked = torch.zeros_like(rest, dtype=torch.bool)
    blocked[row, column[row, slot]] = True
    rest = rest.masked_fill(blocked, float("-inf"))
    return (torch.logsumexp(torch.cat([own[:, None], rest], dim=1), dim=1) - own).mean()
