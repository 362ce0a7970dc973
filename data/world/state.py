"""What has happened so far: whom each shopper met which toys for, what each home owns, which series are under way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.world.catalogue import Catalogue
from data.world.households import Households
from data.world.plan import PURCHASE, RETURN, VIEW
from data.world.truth import RECENT, Moments
from data.world.words import kinds


class State:
    """The past of a world, moved on a day at a time; everything in it is from before the current day."""

    def __init__(self, catalogue: Catalogue, households: Households) -> None:
        shoppers, recipients = len(households.people), len(households.home)
        self._households = households
        self._kind = catalogue.kind
        self._serial = (catalogue.next_in_series >= 0) | np.isin(
            np.arange(len(catalogue)), catalogue.next_in_series[catalogue.next_in_series >= 0]
        )
        self._met = _Lists(shoppers)
        self._owned = _Lists(shoppers)
        self._recent = np.full((recipients, RECENT), -1, np.int32)
        self._kinds = np.zeros((shoppers, len(kinds())), bool)

    def moments(
        self,
        day: int,
        shopper: NDArray[np.int32],
        recipient: NDArray[np.int32],
        budget: NDArray[np.float32],
    ) -> Moments:
        """What the choices of `day` depend on."""
        home = self._households.home[recipient]
        excluded = np.concatenate([self._met.rows(shopper), self._owned.rows(home)], axis=1)
        return Moments(day, shopper, recipient, budget, excluded, self._recent[recipient], self._kinds[home])

    def record(
        self,
        shopper: NDArray[np.int32],
        recipient: NDArray[np.int32],
        toy: NDArray[np.int32],
        outcome: NDArray[np.int8],
    ) -> None:
        """Add contacts, in order: int arrays [E], toys from 0."""
        home = self._households.home[recipient]
        bought = outcome == PURCHASE
        self._met.add(shopper, toy)
        self._owned.add(home[bought], toy[bought])
        self._kinds[home[bought], self._kind[toy[bought]]] = True
        wanted = (outcome > VIEW) & (outcome < RETURN) & self._serial[toy]
        for who, what in zip(recipient[wanted], toy[wanted], strict=True):
            self._recent[who, 1:] = self._recent[who, :-1]
            self._recent[who, 0] = what


class _Lists:
    """A growing list of toys for each row, as one array padded with −1."""

    def __init__(self, rows: int) -> None:
        self._toys = np.full((rows, 8), -1, np.int32)
        self._counts = np.zeros(rows, np.int64)

    def rows(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        width = int(self._counts[rows].max(initial=0))
        return np.asarray(self._toys[rows, :width])

    def add(self, rows: NDArray[np.int32], toys: NDArray[np.int32]) -> None:
        """Append toy i to row i; a row may come several times."""
        order = np.argsort(rows, kind="stable")
        owner = rows[order]
        place = self._counts[owner] + np.arange(len(owner)) - np.searchsorted(owner, owner)
        while len(place) and place.max() >= self._toys.shape[1]:
            self._toys = np.concatenate([self._toys, np.full_like(self._toys, -1)], axis=1)
        self._toys[owner, place] = toys[order]
        np.add.at(self._counts, owner, 1)
