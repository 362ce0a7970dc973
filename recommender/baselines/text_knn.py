"""Toys whose words are like those of the toys met: what can be said of a toy that nobody has taken yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.ids import ToyIndex
from data.schema import Toy
from recommender.base import QueryBatch, Recommender
from recommender.baselines.contacts import query_matrix
from recommender.features import encode_toys, fit_schema


class TextKNN(Recommender):
    """score(j) = Σ over the query's toys i of decay^age · cosine(TF-IDF of i, TF-IDF of j).

    The words are those of `recommender.features`: titles, categories and brands, words and pairs of words.
    """

    name = "text-kNN"

    def __init__(self, index: ToyIndex, toys: Sequence[Toy], decay: float = 0.8) -> None:
        self.index = index
        self.decay = decay
        schema = fit_schema(toys)
        features = encode_toys(toys, schema)
        rows = np.repeat(np.arange(len(toys)), features.text.shape[1])
        bags = (features.text_weights[1:].ravel(), (rows, features.text[1:].ravel().astype(np.int64)))
        self.words = sparse.csr_array(bags, shape=(len(toys), schema.text_rows))

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        told = query_matrix(batch, len(self.index), self.decay) @ self.words
        return np.asarray((told @ self.words.T).toarray(), np.float32)
