"""The toys most shoppers took lately."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.ids import ToyIndex
from data.sequences import Sequences
from recommender.base import QueryBatch, Recommender
from recommender.baselines.contacts import counted_contacts

_MS_PER_DAY: Final = 86_400_000


class RecentPopularity(Recommender):
    """A toy's score is the summed weight of its contacts in training, halved for every `half_life` days of age.

    Age is counted back from the last contact of the training part; a contact of unknown time counts as the oldest.
    """

    name = "recent popularity"

    def __init__(self, index: ToyIndex, train: Sequences, half_life: float = 60.0) -> None:
        self.index = index
        contacts = counted_contacts(train)
        known = contacts.times[contacts.times >= 0]
        first, last = (int(known.min()), int(known.max())) if len(known) else (0, 0)
        days = (last - np.where(contacts.times >= 0, contacts.times, first)) / _MS_PER_DAY
        weights = contacts.weights * 0.5 ** (days / half_life)
        self.counts = np.bincount(contacts.toys, weights=weights, minlength=len(index)).astype(np.float32)

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        return np.tile(self.counts, (len(batch), 1))
