"""The id map: the shop's own string ids outside, int32 indices from 1 inside; 0 is padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


class ToyIndex:
    """A frozen, ordered map between toy ids and indices 1 … n."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids: tuple[str, ...] = tuple(ids)
        self._index = {toy: index for index, toy in enumerate(self.ids, start=1)}
        if len(self._index) != len(self.ids):
            seen: set[str] = set()
            twice = next(toy for toy in self.ids if toy in seen or seen.add(toy))  # type: ignore[func-returns-value]
            raise ValueError(f"The 'ids' parameter of ToyIndex must hold each id once. Got {twice!r} twice.")

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, toy: str) -> bool:
        return toy in self._index

    def __getitem__(self, toy: str) -> int:
        """The index of `toy`, from 1; KeyError if unknown."""
        return self._index[toy]

    def get(self, toy: str) -> int:
        """The index of `toy`, or 0 if unknown."""
        return self._index.get(toy, 0)

    def split_known(self, toys: Iterable[str]) -> tuple[list[int], list[str]]:
        """(indices of the known, ids of the unknown), each in the given order."""
        known: list[int] = []
        missing: list[str] = []
        for toy in toys:
            index = self._index.get(toy)
            if index is None:
                missing.append(toy)
            else:
                known.append(index)
        return known, missing

    def to_ids(self, indices: NDArray[np.integer] | Iterable[int]) -> list[str]:
        """Ids of `indices` (each ≥ 1), in order."""
        return [self.ids[int(index) - 1] for index in indices]
