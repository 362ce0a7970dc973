"""What is asked of every catalogue: real shoppers' queries, as the student of a bundle makes them, and their masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ToyGuideError
from recommender.serving.policy.mask import Situation
from recommender.serving.policy.safety import company
from recommender.serving.policy.shelf import Shelf

if TYPE_CHECKING:
    from recommender.serving.engine import Engine

_UNKNOWN = -1


@dataclass(frozen=True)
class Asked:
    """Q shoppers.

    queries: float32 [Q, d]; ages: int32 [Q], months, −1 = not said; seen: int32 [Q, L], toys met, 0 = padding
    default_youngest: months, where no child is stated
    """

    queries: NDArray[np.float32]
    ages: NDArray[np.int32]
    seen: NDArray[np.int32]
    default_youngest: int

    def __len__(self) -> int:
        return len(self.queries)

    def situation(self, row: int, rows_of: NDArray[np.int64]) -> Situation:
        """What the mask of shopper `row` is made from; rows_of [n + 1]: the catalogue's row of each real toy, or 0."""
        age = None if self.ages[row] == _UNKNOWN else int(self.ages[row])
        seen = rows_of[self.seen[row]]
        return Situation(
            company(age, None, self.default_youngest), seen=tuple(seen[seen > 0].tolist()), recipient_age=age
        )

    def save(self, file: Path) -> None:
        """Write them to `file`, an npz."""
        with file.open("wb") as stream:
            np.savez(
                stream, queries=self.queries, ages=self.ages, seen=self.seen, youngest=np.array(self.default_youngest)
            )

    @classmethod
    def read(cls, file: Path) -> Asked:
        """What `save` wrote."""
        with np.load(file, allow_pickle=False) as found:
            return cls(found["queries"], found["ages"], found["seen"], int(found["youngest"]))


def ask(engine: Engine, data: Path, count: int, seed: int = 0) -> Asked:
    """At most `count` shoppers of the dataset in `data`, drawn at random: their pasts but for the last toy.

    Raises ToyGuideError if the dataset is not of the bundle's toys.
    """
    from data.dataset import load_fit_dataset
    from data.protocol import plan_split, split_dataset
    from recommender.base import batch_holdout
    from recommender.serving.student import met_toys, pad_histories

    dataset = load_fit_dataset(data)
    if dataset.index.ids != engine.index.ids:
        raise ToyGuideError(
            f"The dataset in {data} is not of the toys of {engine.folder}: bench sizes asks what its shoppers would. "
            "Give the dataset that the bundle was made from."
        )
    batch = batch_holdout(split_dataset(dataset, plan_split(dataset)).test.sample(count, seed))
    met = [met_toys(toys, kinds) for toys, kinds in zip(batch.toys.tolist(), batch.kinds.tolist(), strict=True)]
    student = engine.student
    queries = student.queries(pad_histories(met, student.max_history), student.profiles(batch.recipients))
    ages = [None if each is None else each.age_months for each in batch.recipients]
    return Asked(
        queries,
        np.array([_UNKNOWN if age is None else age for age in ages], np.int32),
        batch.toys,
        engine.default_youngest_months,
    )


def stretched(shelf: Shelf, sources: NDArray[np.int64]) -> Shelf:
    """The shelf of a grown catalogue: each toy has what its source has; sources: rows of `shelf`, int64 [N + 1]."""
    arrays: dict[str, Any] = {
        name: array[sources] for name, array in vars(shelf).items() if isinstance(array, np.ndarray)
    }
    return replace(shelf, **arrays)
