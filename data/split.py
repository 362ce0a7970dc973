"""What is learned from and what is judged: splits of sequences.

`leave-one-out`, the benchmark's standard protocol: each shopper's last wanted toy is the test target and the one before
it the validation target; training ends before the validation target. The query is everything before the target, so the
validation toy is in the test query.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.sequences import Sequences

Part = Literal["validation", "test"]
MIN_WANTED = 3


@dataclass(frozen=True)
class Holdout:
    """Queries to judge, Q in all.

    histories: Q sequences, what is known before the target; never empty of wanted toys
    targets: int32 [Q], the toy to find, from 1
    recipients: int32 [Q] into `histories.recipient_table`: whom the target was for
    tied: bool [Q], True where the target has the same time as the contact before it (or either time is unknown)
    """

    histories: Sequences
    targets: NDArray[np.int32]
    recipients: NDArray[np.int32]
    tied: NDArray[np.bool_]
    protocol: str
    part: Part

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: NDArray[np.int64]) -> Holdout:
        """The queries `rows`, in that order."""
        return replace(
            self,
            histories=self.histories.take(rows, self.histories.offsets[rows + 1]),
            targets=self.targets[rows],
            recipients=self.recipients[rows],
            tied=self.tied[rows],
        )

    def sample(self, size: int, seed: int) -> Holdout:
        """At most `size` queries drawn without replacement; the same for the same seed."""
        if len(self) <= size:
            return self
        return self.take(np.sort(np.random.default_rng(seed).choice(len(self), size, replace=False)))


@dataclass(frozen=True)
class Split:
    """Sequences to learn from, and two sets of queries that they know nothing of."""

    train: Sequences
    validation: Holdout
    test: Holdout


def leave_one_out(sequences: Sequences) -> Split:
    """Split every shopper with at least three wanted toys; the others go into training whole.

    Raises DataError if no shopper has three.
    """
    places = np.flatnonzero(sequences.wanted)
    owner = sequences.rows[places]
    counts = np.bincount(owner, minlength=len(sequences))
    last = np.cumsum(counts) - 1
    judged = np.flatnonzero(counts >= MIN_WANTED)
    if not len(judged):
        raise DataError(
            f"leave-one-out needs a shopper with at least {MIN_WANTED} different toys liked, carted or bought. "
            f"The most that one of the {len(sequences)} shoppers has is {counts.max(initial=0)}."
        )
    test, validation = places[last[judged]], places[last[judged] - 1]
    stops = sequences.offsets[1:].copy()
    stops[judged] = validation
    train = sequences.take(np.arange(len(sequences)), stops)
    return Split(
        train, _holdout(sequences, judged, validation, "validation"), _holdout(sequences, judged, test, "test")
    )


def _holdout(sequences: Sequences, judged: NDArray[np.int64], targets: NDArray[np.int64], part: Part) -> Holdout:
    times = sequences.times
    return Holdout(
        sequences.take(judged, targets),
        sequences.toys[targets],
        sequences.recipients[targets],
        (times[targets] == times[targets - 1]) | (times[targets] < 0) | (times[targets - 1] < 0),
        "leave-one-out",
        part,
    )
