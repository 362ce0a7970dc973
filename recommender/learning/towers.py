"""The two towers: toys become vectors, shoppers become vectors, and a score is their scaled cosine.

A toy's vector is the sum of what is known of it: its id (dropped at random in training, so that a new toy can be placed
by its features alone), its text, its labels and its profile (age, price, interests). A shopper's vector is the last
state of a causal Transformer (Vaswani et al. 2017; as in SASRec, Kang & McAuley 2018) over the toys met, with the
recipient's profile added at the end, so that it conditions the answer and not the history.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GAP_EDGES = (0.5, 2.0, 8.0, 32.0, 100.0, 400.0)
"""Days; the bucket of a gap is 0 if unknown, else 1 + how many edges lie at or below it."""


class ToyTower(nn.Module):
    """Toys → vectors of width d.

    text: float32 [N + 1, E] dense text vectors (row 0 padding), fixed
    labels, label_weights: [N + 1, M] a weighted bag of rows of the label table
    profile: float32 [N + 1, P]
    """

    def __init__(self, n_toys: int, width: int, text_width: int, label_rows: int, profile_width: int) -> None:
        super().__init__()
        self.ids = nn.Embedding(n_toys + 1, width, padding_idx=0)
        self.labels = nn.Embedding(label_rows, width, padding_idx=0)
        self.text = nn.Linear(text_width, width, bias=False)
        self.profile = nn.Linear(profile_width, width, bias=False)
        for table in (self.ids, self.labels):
            nn.init.normal_(table.weight, std=width**-0.5)
            with torch.no_grad():
                table.weight[0] = 0.0

    def forward(
        self,
        toys: Tensor,
        text: Tensor,
        labels: Tensor,
        label_weights: Tensor,
        profile: Tensor,
        id_dropout: float = 0.0,
    ) -> Tensor:
        """Vectors float [n, d] of unit length for `toys` int [n]; id 0 means "a toy without an id of its own"."""
        ids = self.ids(toys)
        if self.training and id_dropout > 0:
            kept = torch.rand(len(toys), 1, device=ids.device) >= id_dropout
            ids = ids * kept
        bag = F.embedding_bag(labels, self.labels.weight, per_sample_weights=label_weights, mode="sum", padding_idx=0)
        return F.normalize(ids + self.text(text) + bag + self.profile(profile), dim=-1)


class Block(nn.Module):
    """One pre-norm Transformer layer with a learned bias for the distance between two contacts."""

    def __init__(self, width: int, heads: int, dropout: float, reach: int) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.before_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.before_feed = nn.LayerNorm(width)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        # Starts near a decay of .85 a step (what works for rules) on half of the heads, flat on the others.
        slopes = torch.tensor([math.log(0.85) if head % 2 == 0 else 0.0 for head in range(heads)])
        self.distance = nn.Parameter(slopes[None, :] * torch.arange(reach, dtype=torch.float32)[:, None])

    def forward(self, states: Tensor) -> Tensor:
        """States float [B, L, d] → the same, each seeing itself and what came before."""
        batch, length, width = states.shape
        # [B, L, 3, H, d / H] → three of [B, H, L, d / H]
        q, k, v = self.qkv(self.before_attention(states)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        steps = torch.arange(length, device=states.device)
        behind = steps[:, None] - steps[None, :]
        bias = self.distance[behind.clamp(0, len(self.distance) - 1)].permute(2, 0, 1)
        bias = bias.masked_fill(behind < 0, -1e9)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width / self.heads) + bias, dim=-1)
        weights = F.dropout(weights, self.dropout, self.training)
        mixed = (weights @ v).transpose(1, 2).reshape(batch, length, width)
        states = states + F.dropout(self.out(mixed), self.dropout, self.training)
        return states + F.dropout(self.feed(self.before_feed(states)), self.dropout, self.training)


class ShopperTower(nn.Module):
    """Toys met, oldest first, and a recipient's profile → one vector of width d after each contact.

    A learned start state stands before the first contact, so an empty history has an answer too. Padding lies at the
    end, where causal attention never looks, so it needs no mask of its own.
    """

    def __init__(
        self,
        width: int,
        layers: int,
        heads: int,
        dropout: float,
        max_history: int,
        profile_width: int,
        kinds: int = 0,
    ) -> None:
        """`kinds` > 0 adds embeddings for that many event kinds and for the gap since the contact before."""
        super().__init__()
        self.profile_width = profile_width
        self.dropout = dropout
        self.scale = math.sqrt(width)
        self.start = nn.Parameter(torch.randn(width) / self.scale)
        self.kinds = nn.Embedding(kinds + 1, width, padding_idx=0) if kinds else None
        self.gaps = nn.Embedding(len(GAP_EDGES) + 2, width) if kinds else None
        for table in (self.kinds, self.gaps):
            if table is not None:
                nn.init.zeros_(table.weight)
        self.blocks = nn.ModuleList([Block(width, heads, dropout, max_history + 1) for _ in range(layers)])
        self.last = nn.LayerNorm(width)
        self.profile = nn.Sequential(
            nn.Linear(profile_width, width, bias=False), nn.GELU(), nn.Linear(width, width, bias=False)
        )

    def forward(self, toys: Tensor, kinds: Tensor | None = None, gaps: Tensor | None = None) -> Tensor:
        """States float [B, L + 1, d] for toy vectors [B, L, d] of unit length; state t knows the first t contacts.

        kinds: int [B, L] codes; gaps: float [B, L] days, −1 unknown. Both may be left out.
        """
        states = toys
        if self.kinds is not None and self.gaps is not None and kinds is not None and gaps is not None:
            states = states + self.kinds(kinds) + self.gaps(gap_buckets(gaps))
        start = self.start.expand(toys.shape[0], 1, -1)
        states = F.dropout(torch.cat([start, states], dim=1) * self.scale, self.dropout, self.training)
        for block in self.blocks:
            states = block(states)
        answer: Tensor = self.last(states)
        return answer

    def queries(self, states: Tensor, profile: Tensor) -> Tensor:
        """Vectors of unit length for states [n, d] and the profiles [n, P] of whom the next toy is for."""
        answer: Tensor = states + self.profile(profile)
        return F.normalize(answer, dim=-1)


def gap_buckets(gaps: Tensor) -> Tensor:
    """int [B, L] bucket of each gap in days; see `GAP_EDGES`."""
    edges = torch.tensor(GAP_EDGES, device=gaps.device)
    return torch.where(gaps < 0, 0, 1 + torch.bucketize(gaps.contiguous(), edges, right=True))


def last_states(states: Tensor, toys: Tensor) -> Tensor:
    """The state [B, d] after the last contact, for states [B, L + 1, d] and histories int [B, L] with padding 0."""
    length = (toys > 0).sum(dim=1)
    return states[torch.arange(states.shape[0], device=states.device), length]


def rows_of(table: Tensor, rows: Tensor) -> Tensor:
    """Rows [..., d] of a table [N, d] by int64 [...]: `table[rows]`, to learn through.

    The gradient of that is added up by several threads in whatever order they come, so that no two trainings end alike;
    this one's is always the same, and with one thread the same as that.
    """
    return F.embedding(rows, table)
