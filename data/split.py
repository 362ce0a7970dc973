"""What is learned from and what is judged: splits of sequences.

`leave-one-out`, the benchmark's standard protocol: each shopper's last wanted toy is the test target and the one before
it the validation target; training ends before the validation target. The query is everything before the target, so the
validation toy is in the test query.

`temporal`: what is learned lies before a date and what is judged from it on, for all shoppers alike, so that nobody
learns from a future that others have lived already. A query may have several relevant toys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.sequences import Sequences, take_ragged

Part = Literal["validation", "test", "newcomers"]
MIN_WANTED = 3
MIN_BEFORE = 2
"""Contacts before the cut that a shopper must have to be judged by the temporal protocol."""


_ANY = 2**62


@dataclass(frozen=True)
class Holdout:
    """Queries to judge, Q in all, with T relevant toys together, at least one each.

    histories: Q sequences, what is known before the targets
    targets: int32 [T], the toys to find, from 1; those of query q are `targets[bounds[q] : bounds[q + 1]]`
    bounds: int64 [Q + 1]
    recipients: int32 [Q] into `histories.recipient_table`: whom the first target was for
    tied: bool [Q], True where the first target has the same time as the contact before it (or either time is unknown)
    """

    histories: Sequences
    targets: NDArray[np.int32]
    bounds: NDArray[np.int64]
    recipients: NDArray[np.int32]
    tied: NDArray[np.bool_]
    protocol: str
    part: Part

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def take(self, rows: NDArray[np.int64]) -> Holdout:
        """The queries `rows`, in that order."""
        flat, bounds = take_ragged(self.bounds[rows], self.bounds[rows + 1])
        return replace(
            self,
            histories=self.histories.take(rows, self.histories.offsets[rows + 1]),
            targets=self.targets[flat],
            bounds=bounds,
            recipients=self.recipients[rows],
            tied=self.tied[rows],
        )

    def without_history(self) -> Holdout:
        """The same queries of shoppers nobody knows: only whom it is for is told."""
        starts = self.histories.offsets[:-1]
        return replace(self, histories=self.histories.take(np.arange(len(self)), starts))

    def sample(self, size: int, seed: int) -> Holdout:
        """At most `size` queries drawn without replacement; the same for the same seed."""
        if len(self) <= size:
            return self
        return self.take(np.sort(np.random.default_rng(seed).choice(len(self), size, replace=False)))


@dataclass(frozen=True)
class Split:
    """Sequences to learn from, and two sets of queries that they know nothing of.

    train: what is learned from while `validation` chooses
    refit: what is learned from, once all is chosen, to be judged on `test`; None where that is `train` as well
    undated: contacts left out because their time is unknown
    newcomers: queries of the test part of shoppers with too short a past to be judged there, most with none at all;
        None where the protocol has none
    """

    train: Sequences
    validation: Holdout
    test: Holdout
    refit: Sequences | None = None
    undated: int = 0
    newcomers: Holdout | None = None

    def learned(self, part: Part) -> Sequences:
        """What a recommender that is judged on `part` may learn from."""
        return self.refit if self.refit is not None and part != "validation" else self.train

    def holdout(self, part: Part) -> Holdout:
        """The queries of `part`. Raises DataError if there are none."""
        if part == "newcomers":
            if self.newcomers is None:
                raise DataError(f"{self.test.protocol} has no newcomers to judge.")
            return self.newcomers
        return self.test if part == "test" else self.validation


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
        train, _last_toys(sequences, judged, validation, "validation"), _last_toys(sequences, judged, test, "test")
    )


def _last_toys(sequences: Sequences, judged: NDArray[np.int64], targets: NDArray[np.int64], part: Part) -> Holdout:
    return Holdout(
        sequences.take(judged, targets),
        sequences.toys[targets],
        np.arange(len(targets) + 1),
        sequences.recipients[targets],
        _tied(sequences, targets),
        "leave-one-out",
        part,
    )


def _tied(sequences: Sequences, targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    times = sequences.times
    return np.asarray((times[targets] == times[targets - 1]) | (times[targets] < 0) | (times[targets - 1] < 0))


def temporal(sequences: Sequences, validation_cut: date, cut: date) -> Split:
    """Split at two dates (UTC): `test` is judged from `cut` on, `validation` from `validation_cut` until `cut`.

    Contacts of unknown time are left out and counted. A shopper is judged who has at least two contacts before and
    takes at least one toy that is wanted and new after; all such toys are relevant.
    sequences: in order of time within each shopper ("hashed" order).
    Raises DataError if a part has no such shopper.
    """
    dated, kept = sequences.only(sequences.times >= 0)
    first, second = milliseconds(validation_cut), milliseconds(cut)
    before_cut, _ = dated.only(dated.times < second)
    label, judged = f"temporal {cut}", range(MIN_BEFORE, _ANY)
    validation = _taken_since(before_cut, first, label, "validation", judged)
    test = _taken_since(dated, second, label, "test", judged)
    for holdout, day in ((validation, validation_cut), (test, cut)):
        if not len(holdout):
            raise DataError(
                f"temporal needs a shopper with at least {MIN_BEFORE} dated events before {day} who then likes, carts "
                f"or buys a new toy ({holdout.part} part). There is none; give another '--cut'."
            )
    newcomers = _taken_since(dated, second, label, "newcomers", range(MIN_BEFORE))
    return Split(
        dated.only(dated.times < first)[0],
        validation,
        test,
        before_cut,
        len(sequences.toys) - len(kept),
        newcomers if len(newcomers) else None,
    )


def _taken_since(sequences: Sequences, cut: int, label: str, part: Part, lengths: range) -> Holdout:
    """What each shopper with so many contacts before `cut` (ms) takes from then on to the end."""
    past = np.add.reduceat(np.append(sequences.times < cut, False), sequences.offsets[:-1], dtype=np.int64)
    past[np.diff(sequences.offsets) == 0] = 0
    stops = sequences.offsets[:-1] + past
    taken = sequences.wanted & (sequences.times >= cut) & ~_met_before(sequences, stops)
    counts = np.bincount(sequences.rows[taken], minlength=len(sequences))
    judged = np.flatnonzero((past >= lengths.start) & (past < lengths.stop) & (counts > 0))
    targets = np.flatnonzero(taken & np.isin(sequences.rows, judged))
    bounds = np.concatenate([[0], np.cumsum(counts[judged])]).astype(np.int64)
    first = targets[bounds[:-1]]
    return Holdout(
        sequences.take(judged, stops[judged]),
        sequences.toys[targets],
        bounds,
        sequences.recipients[first],
        _tied(sequences, first) & (past[judged] > 0),
        label,
        part,
    )


def _met_before(sequences: Sequences, stops: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool [E]: the toy was met by the same shopper before `stops`, or earlier from then on (a second like, say)."""
    key = sequences.rows * (int(sequences.toys.max(initial=0)) + 1) + sequences.toys
    past = np.arange(len(key)) < stops[sequences.rows]
    new = np.ones(len(key), np.bool_)
    wanted = np.flatnonzero(sequences.wanted & ~past)
    _, first = np.unique(key[wanted], return_index=True)
    new[wanted] = False
    new[wanted[first]] = True
    return np.asarray(~new | (np.isin(key, key[past]) & ~past))


def milliseconds(day: date) -> int:
    """The beginning of a day in UTC, in milliseconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
