"""Sequences as training windows, and windows as batches of similar length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.sequences import Sequences
from recommender.features import encode_recipients


@dataclass(frozen=True)
class Windows:
    """W stretches of at most `max_history` + 1 contacts; state t of a window knows its first t contacts.

    toys: int64 [W, L]; kinds: int64 [W, L]; gaps: float32 [W, L]; padding is at the end
    counted: bool [W, L], True where contact t is a target for state t
    contacts: int64 [W, L]: where contact t stands in the flat arrays of the sequences it was cut from
    profiles: int64 [W, L] rows of `profile_table` [R, P]: whom contact t was for
    lengths: int64 [W]
    chance: float32 [W, L], that contact t, where it is a target, is one in a pass over the windows; None = it always is
    """

    toys: Tensor
    kinds: Tensor
    gaps: Tensor
    counted: Tensor
    contacts: Tensor
    profiles: Tensor
    profile_table: Tensor
    lengths: NDArray[np.int64]
    chance: Tensor | None = None

    @property
    def expected(self) -> float:
        """How many targets a pass has, in the mean."""
        counted = self.counted if self.chance is None else self.counted * self.chance
        return float(counted.sum(dtype=torch.float64))

    @property
    def passes(self) -> int:
        """How many passes make an epoch: it has about as many targets as there are, whatever their chances."""
        return max(1, round(int(self.counted.sum()) / max(self.expected, 1.0)))

    def drawn(self, generator: np.random.Generator) -> Windows:
        """The windows of one pass."""
        if self.chance is None:
            return self
        lot = torch.from_numpy(generator.random(self.counted.shape, np.float32))
        return replace(self, counted=self.counted & (lot < self.chance))

    def renumbered(self, contacts: Tensor) -> Windows:
        """The same windows, where contact i of `contacts` int64 [E'] stands at `contacts[i]` instead of i."""
        return replace(self, contacts=contacts[self.contacts])


class Batch(NamedTuple):
    """One training step's share. P is the number of counted targets.

    toys: int64 [B, L]; kinds: int64 [B, L]; gaps: float32 [B, L]: the inputs (a window without its last contact)
    row, step: int64 [P]: the state that each target is predicted from is `states[row, step]`
    targets: int64 [P]; contacts: int64 [P], where each target stands in the sequences; profile: float32 [P, F]
    prefix: int64 [P, L]: toys already met by then, 0 = none; never the target itself, which may have been refused once
    """

    toys: Tensor
    kinds: Tensor
    gaps: Tensor
    row: Tensor
    step: Tensor
    targets: Tensor
    contacts: Tensor
    profile: Tensor
    prefix: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(*(tensor.to(device) for tensor in self))


def make_windows(
    sequences: Sequences, max_history: int, interests: Sequence[str], chance: NDArray[np.float32] | None = None
) -> Windows:
    """Cut every sequence, from its end, into windows of `max_history` + 1 contacts.

    Neighbouring windows share one contact: the last target of one is the first input of the next.
    chance: float32 [E], see `Windows`
    """
    starts, stops, first = [], [], []
    for begin, end in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True):
        stop = int(end)
        while stop - begin >= 1:
            start = max(int(begin), stop - max_history - 1)
            starts.append(start)
            stops.append(stop)
            first.append(start == begin)
            if start == begin:
                break
            stop = start + 1
    start_of, stop_of = np.array(starts, np.int64), np.array(stops, np.int64)
    lengths = stop_of - start_of
    places = start_of[:, None] + np.arange(int(lengths.max(initial=1)))
    real = places < stop_of[:, None]
    places = np.where(real, places, 0)
    counted = sequences.wanted[places] & real
    counted[~np.array(first, np.bool_), 0] = False
    profiles = encode_recipients(sequences.recipient_table, interests)
    return Windows(
        torch.from_numpy(np.where(real, sequences.toys[places], 0).astype(np.int64)),
        torch.from_numpy(np.where(real, sequences.kinds[places], 0).astype(np.int64)),
        torch.from_numpy(np.where(real, sequences.gaps[places], -1.0).astype(np.float32)),
        torch.from_numpy(counted),
        torch.from_numpy(places),
        torch.from_numpy(np.where(real, sequences.recipients[places], 0).astype(np.int64)),
        torch.from_numpy(profiles),
        lengths,
        None if chance is None else torch.from_numpy(chance[places]),
    )


def epoch_batches(windows: Windows, targets_per_batch: int, generator: np.random.Generator) -> Iterator[Batch]:
    """An epoch's passes: batches of about `targets_per_batch` targets, alike in length, in random order."""
    for _ in range(windows.passes):
        yield from _pass(windows.drawn(generator), targets_per_batch, generator)


def _pass(windows: Windows, targets_per_batch: int, generator: np.random.Generator) -> Iterator[Batch]:
    sizes = windows.counted.sum(dim=1).numpy()
    useful = np.flatnonzero(sizes)
    order = useful[np.lexsort((generator.random(len(useful)), windows.lengths[useful]))]
    cuts = np.flatnonzero(np.diff(np.cumsum(sizes[order]) // targets_per_batch)) + 1
    groups = [group for group in np.split(order, cuts) if len(group)]
    for place in generator.permutation(len(groups)):
        yield take_batch(windows, torch.from_numpy(groups[place]))


def count_batches(windows: Windows, targets_per_batch: int) -> int:
    """How many batches `epoch_batches` makes of an epoch, to within one of each of its passes."""
    return max(1, windows.passes * int(windows.expected) // targets_per_batch)


def take_batch(windows: Windows, rows: Tensor) -> Batch:
    """The windows `rows` as one batch, trimmed to the longest."""
    width = int(windows.lengths[rows.numpy()].max())
    toys = windows.toys[rows, :width]
    row, step = windows.counted[rows, :width].nonzero(as_tuple=True)
    inputs = toys[:, : width - 1] if width > 1 else toys[:, :1] * 0
    targets = toys[row, step]
    met = torch.arange(inputs.shape[1])[None, :] < step[:, None]
    return Batch(
        inputs,
        windows.kinds[rows, : inputs.shape[1]] * (inputs > 0),
        windows.gaps[rows, : inputs.shape[1]],
        row,
        step,
        targets,
        windows.contacts[rows[row], step],
        windows.profile_table[windows.profiles[rows[row], step]],
        inputs[row] * (met & (inputs[row] != targets[:, None])),
    )


def exclude_prefix(logits: Tensor, prefix: Tensor) -> Tensor:
    """Logits [P, N + 1] with −inf (in place) for padding and for the toys [P, L] already met."""
    return logits.scatter_(1, prefix, float("-inf")).index_fill_(
        1, torch.zeros(1, dtype=torch.long, device=logits.device), float("-inf")
    )
