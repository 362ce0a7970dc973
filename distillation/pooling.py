"""A shopper tower whose answer is an exact sum over the toys of the history.

The vector of a history is Σ aᵢ · f(vᵢ): every toy is read on its own, and attention only decides how much each counts.
So a score is a sum of what each toy brought to it, and "because of X" is no guess. (The length that the sum is divided
by is one number for the whole history.) Source of attention as pooling: Bahdanau et al., "Neural machine translation by
jointly learning to align and translate", 2015; here with several heads and a learned bias for distance.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AttentionPool(nn.Module):
    """Histories of toy vectors → query vectors, as `ShopperTower` gives them."""

    def __init__(self, width: int, heads: int, dropout: float, max_history: int, profile_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.scale = math.sqrt(width)
        self.profile_width = profile_width
        self.start = nn.Parameter(torch.randn(width) / self.scale)
        self.asking = nn.Linear(width, 2 * width)
        self.read = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.out = nn.Linear(width, width, bias=False)
        slopes = torch.tensor([math.log(0.85) if head % 2 == 0 else 0.0 for head in range(heads)])
        reach = torch.arange(max_history + 1, dtype=torch.float32)
        self.distance = nn.Parameter(slopes[None, :] * reach[:, None])
        self.profile = nn.Sequential(
            nn.Linear(profile_width, width, bias=False), nn.GELU(), nn.Linear(width, width, bias=False)
        )

    def forward(self, toys: Tensor) -> Tensor:
        """States float [B, L + 1, d] for toy vectors [B, L, d]; state t is the sum over the first t toys and the start.

        The start, which stands for what anybody may like, is read as one more toy.
        """
        weights, read = self._weights_and_values(toys)
        state: Tensor = self.out((weights @ read).transpose(1, 2).flatten(2))
        return state

    def parts(self, toys: Tensor, step: Tensor) -> Tensor:
        """float [B, L + 1, d]: what the start and each toy bring to state `step` int64 [B]; their sum is that state."""
        weights, read = self._weights_and_values(toys)
        rows = torch.arange(toys.shape[0], device=toys.device)  # len() would fix the batch of a traced graph
        each = weights[rows, :, step][..., None] * read  # [B, H, L + 1, d / H]
        brought: Tensor = self.out(each.transpose(1, 2).flatten(2))
        return brought

    def queries(self, states: Tensor, profile: Tensor) -> Tensor:
        """Vectors of unit length for states [n, d] and the profiles [n, P] of whom the next toy is for."""
        answer: Tensor = states + self.profile(profile)
        return F.normalize(answer, dim=-1)

    def _weights_and_values(self, toys: Tensor) -> tuple[Tensor, Tensor]:
        """(weights float [B, H, L + 1, L + 1], each row summing to 1; values float [B, H, L + 1, d / H])."""
        batch, length, width = toys.shape
        start = self.start.expand(batch, 1, -1)
        states = F.dropout(torch.cat([start, toys], dim=1) * self.scale, self.dropout, self.training)
        shape = (batch, length + 1, self.heads, width // self.heads)
        asking, asked = self.asking(states).chunk(2, dim=-1)
        steps = torch.arange(length + 1, device=toys.device)
        behind = steps[:, None] - steps[None, :]
        bias = self.distance[behind.clamp(0, len(self.distance) - 1)].permute(2, 0, 1)
        logits = asking.view(shape).transpose(1, 2) @ asked.view(shape).permute(0, 2, 3, 1)
        bias = bias.masked_fill(behind < 0, -1e9)
        weights = torch.softmax(logits / math.sqrt(width // self.heads) + bias, dim=-1)
        read = F.dropout(self.read(states), self.dropout, self.training)
        return weights, read.view(shape).transpose(1, 2)
