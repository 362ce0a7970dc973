"""A two-tower as a `Recommender`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.ids import ToyIndex
from data.split import Holdout
from recommender.base import QueryBatch, Recommender
from recommender.evaluation.metrics import ndcg_at
from recommender.evaluation.ranking import judge
from recommender.features import encode_recipients
from recommender.learning.two_tower import TwoTower


class TwoTowerRecommender(Recommender):
    """A trained two-tower as a `Recommender`; scores are logits (cosine / temperature)."""

    scores_are_logits = True

    def __init__(self, name: str, index: ToyIndex, model: TwoTower, interests: Sequence[str]) -> None:
        self.name = name
        self.index = index
        self.model = model.eval()
        self.interests = tuple(interests)
        self.max_history = model.config.max_history
        with torch.inference_mode():
            self.table: Tensor = model.table()

    def encode(self, batch: QueryBatch) -> Tensor:
        """Query vectors [B, d], scaled so that `query @ table.T` is the logit."""
        toys, kinds, gaps = newest(batch, self.max_history)
        profile = torch.from_numpy(encode_recipients(batch.recipients, self.interests))
        with torch.inference_mode():
            queries = self.model.encode(self.table, toys, kinds, gaps, profile)
        return queries / self.model.config.temperature

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        with torch.inference_mode():
            scores: NDArray[np.float32] = (self.encode(batch) @ self.table[1:].T).numpy()
        return scores


def validation_ndcg(recommender: Recommender, judged: Holdout) -> float:
    """Mean NDCG@10 over the queries of `judged`: what an epoch is chosen by."""
    return float(ndcg_at(judge(recommender, judged).ranks, 10).mean())


def newest(batch: QueryBatch, max_history: int) -> tuple[Tensor, Tensor, Tensor]:
    """(toys int64 [B, L], kinds int64, gaps float32) with each history's newest `max_history` contacts."""
    length = (batch.toys > 0).sum(axis=1)
    start = np.maximum(length - max_history, 0)
    width = max(1, int((length - start).max(initial=0)))
    places = start[:, None] + np.arange(width)
    real = places < length[:, None]
    places = np.where(real, places, 0)
    rows = np.arange(len(batch))[:, None]
    return (
        torch.from_numpy(np.where(real, batch.toys[rows, places], 0).astype(np.int64)),
        torch.from_numpy(np.where(real, batch.kinds[rows, places], 0).astype(np.int64)),
        torch.from_numpy(np.where(real, batch.gaps[rows, places], -1.0).astype(np.float32)),
    )
