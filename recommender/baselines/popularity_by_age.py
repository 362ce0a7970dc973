"""The toys most taken for children of about the same age."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.ids import ToyIndex
from data.sequences import Sequences
from recommender.base import QueryBatch, Recommender
from recommender.baselines.contacts import counted_contacts, toy_counts

AGE_BANDS: Final = (12, 24, 36, 60, 96, 144, 216)
"""Months at which the next band begins: under 1, 1, 2, 3–4, 5–7, 8–11, 12–17 years, adults."""


class PopularityByAge(Recommender):
    """score(toy) = contacts in the recipient's age band + prior · the toy's share of all contacts.

    The prior orders toys that a band has not met, and rules where a band has few contacts. Where the age is unknown the
    score is that of `Popularity`.
    """

    name = "popularity by age"

    def __init__(self, index: ToyIndex, train: Sequences, prior: float = 20.0) -> None:
        self.index = index
        contacts = counted_contacts(train)
        ages = np.array(
            [-1 if who is None or who.age_months is None else who.age_months for who in train.recipient_table]
        )
        age = ages[contacts.recipients]
        band = np.searchsorted(AGE_BANDS, age, side="right")
        overall = toy_counts(contacts, len(index))
        share = prior * overall / max(overall.sum(), 1.0)
        self.by_band = np.empty((len(AGE_BANDS) + 2, len(index)), np.float32)
        for code in range(len(AGE_BANDS) + 1):
            chosen = (band == code) & (age >= 0)
            counts = np.bincount(contacts.toys[chosen], weights=contacts.weights[chosen], minlength=len(index))
            self.by_band[code] = counts + share
        self.by_band[-1] = overall  # the age is unknown

    def _score(self, batch: QueryBatch) -> NDArray[np.float32]:
        ages = [None if who is None else who.age_months for who in batch.recipients]
        bands = [-1 if age is None else int(np.searchsorted(AGE_BANDS, age, side="right")) for age in ages]
        scores: NDArray[np.float32] = self.by_band[bands]
        return scores
