"""What a teacher says before a toy is taken: the soft targets of a student of toys.

Of each query's logits the K highest are looked at one by one, and of the rest the log-sum-exp, at the temperature that
is learned at: the softmax of the teacher over K toys and one tail is then exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.errors import parameter_error
from data.sequences import Sequences, take_ragged
from distillation.losses import check_teacher
from recommender.base import UNKNOWN_GAP, QueryBatch, Recommender
from recommender.learning.batches import Batch

TEMPERATURES: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Those that a cache keeps tails for."""


class SoftTargets(NamedTuple):
    """A teacher's logits for S queries: of K toys each, and of all others together.

    toys: int64 [S, K], best first, 0 = none; logits: float32 [S, K], −inf where there is none
    tail: float32 [S], log Σ exp(logit / T) over every other toy that is not `left_out`; −inf where there is none
    left_out: int64 [S, M], toys in neither side's softmax, 0 = none
    """

    toys: Tensor
    logits: Tensor
    tail: Tensor
    left_out: Tensor


Outside = Literal["prefix", "shopper"]
Targets = Callable[[Batch, slice], SoftTargets]
"""(batch, which of its targets) → what the teacher says before each of them."""


def left_out(train: Sequences, batch: Batch, rows: slice, outside: Outside) -> Tensor:
    """int64 [S, M]: the toys that the soft targets of `rows` say nothing of, 0 = none.

    "prefix": those met by then. "shopper": all that the shopper ever met in training. A teacher has learned by heart
    what its shoppers took, the rules above all: of the toys to come it says what it remembers, not what it would guess
    of a stranger. Of all others it says what it would say to anybody with that history, and that is worth learning.
    """
    if outside == "prefix":
        return batch.prefix[rows]
    owner = np.searchsorted(train.offsets, batch.contacts[rows].cpu().numpy(), side="right") - 1
    starts, stops = train.offsets[owner], train.offsets[owner + 1]
    flat, _ = take_ragged(starts, stops)
    real = np.arange(int((stops - starts).max(initial=1))) < (stops - starts)[:, None]
    toys = np.zeros(real.shape, np.int64)
    toys[real] = train.toys[flat]
    return torch.from_numpy(toys)


def own_top(soft: SoftTargets, student: Tensor, head: int, own: int, temperature: float) -> SoftTargets:
    """The teacher's first `head` toys and, of its further ones, the `own` that the student ranks highest.

    student: logits float [S, N + 1]. What is left joins the tail, so no mass is lost. So the student is told what its
    teacher thinks of the very toys it would show. Source of the idea: the mixing of the student's own top items with
    the teacher's in recommender distillation, as RCE-KD (2025) found it to help.
    """
    toys, logits = soft.toys[:, head:], soft.logits[:, head:]
    if own >= toys.shape[1]:
        return soft
    ranked = student.detach().gather(1, toys).masked_fill(toys == 0, float("-inf"))
    chosen = ranked.topk(own, dim=1).indices
    left = torch.logsumexp(logits.scatter(1, chosen, float("-inf")) / temperature, dim=1)
    return SoftTargets(
        torch.cat([soft.toys[:, :head], toys.gather(1, chosen)], dim=1),
        torch.cat([soft.logits[:, :head], logits.gather(1, chosen)], dim=1),
        torch.logaddexp(soft.tail, left),
        soft.left_out,
    )


def live_targets(
    teacher: Recommender, train: Sequences, top: int, temperature: float, outside: Outside = "prefix"
) -> Targets:
    """The same, scored when it is asked for: for histories that no cache knows, such as cropped or shuffled ones."""

    def targets(batch: Batch, rows: slice) -> SoftTargets:
        silent = left_out(train, batch, rows, outside)
        logits = allowed_logits(teacher, _window_queries(batch, rows, train), silent)
        return SoftTargets(*truncate(logits, top, (temperature,))[0], silent)

    return targets


def check_outside(outside: str) -> None:
    """Raise ToyGuideError unless it says which toys the soft targets leave out."""
    if outside not in get_args(Outside):
        raise parameter_error("outside", "distil", f"one of {', '.join(get_args(Outside))}", outside)


def check_temperature(temperature: float) -> None:
    """Raise ToyGuideError unless cached tails are kept for `temperature`."""
    if temperature not in TEMPERATURES:
        grid = ", ".join(f"{each:g}" for each in TEMPERATURES)
        raise parameter_error("temperature", "distil", f"one of {grid} (tails are cached for these)", temperature)


def prefix_queries(train: Sequences, contacts: NDArray[np.int64]) -> QueryBatch:
    """What was known before each of `contacts` (places in the flat arrays): all earlier contacts of its shopper."""
    owner = np.searchsorted(train.offsets, contacts, side="right") - 1
    starts = train.offsets[owner]
    lengths = contacts - starts
    flat, _ = take_ragged(starts, contacts)
    real = np.arange(max(1, int(lengths.max(initial=0)))) < lengths[:, None]
    toys = np.zeros(real.shape, np.int32)
    kinds = np.zeros(real.shape, np.int8)
    gaps = np.full(real.shape, UNKNOWN_GAP, np.float32)
    for array, values in ((toys, train.toys), (kinds, train.kinds), (gaps, train.gaps)):
        array[real] = values[flat]
    return QueryBatch(toys, kinds, gaps, [train.recipient_table[code] for code in train.recipients[contacts]])


def _window_queries(batch: Batch, rows: slice, train: Sequences) -> QueryBatch:
    """What a batch's own windows say before each of its targets; whom it is for, as the target's contact says."""
    row, step = batch.row[rows], batch.step[rows]
    known = torch.arange(batch.toys.shape[1])[None, :] < step[:, None]
    codes = train.recipients[batch.contacts[rows].numpy()]
    return QueryBatch(
        (batch.toys[row] * known).numpy().astype(np.int32),
        (batch.kinds[row] * known).numpy().astype(np.int8),
        torch.where(known, batch.gaps[row], UNKNOWN_GAP).numpy().astype(np.float32),
        [train.recipient_table[code] for code in codes],
    )


def allowed_logits(teacher: Recommender, queries: QueryBatch, silent: Tensor) -> Tensor:
    """Logits float32 [S, N + 1], −inf for padding and for the toys of `silent` int64 [S, M]."""
    scores = torch.from_numpy(teacher.score_batch(queries))
    check_teacher(scores)
    logits = torch.cat([scores.new_full((len(scores), 1), float("-inf")), scores], dim=1)
    logits.scatter_(1, silent, float("-inf"))
    logits[:, 0] = float("-inf")
    return logits


def truncate(logits: Tensor, top: int, temperatures: tuple[float, ...]) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """((toys, logits, tail of the first temperature) of `SoftTargets`, the tails of all, float32 [S, temperatures])."""
    values, toys = logits.topk(min(top, logits.shape[1] - 1), dim=1)
    highest = values[:, :1]
    rest = logits.scatter(1, toys, float("-inf"))
    second = rest.amax(dim=1, keepdim=True)
    rest -= torch.where(torch.isfinite(second), second, 0.0)
    above = second - torch.where(torch.isfinite(highest), highest, 0.0)
    sums = _sums_of_powers(rest, temperatures)
    tails = torch.stack([sums[each].log() + above[:, 0] / each for each in temperatures], dim=1)
    values = torch.where(torch.isfinite(values), values - highest, float("-inf"))
    return (torch.where(torch.isfinite(values), toys, 0), values, tails[:, 0]), tails


def _sums_of_powers(rest: Tensor, temperatures: tuple[float, ...]) -> dict[float, Tensor]:
    """T → Σ exp(rest / T) float32 [S], for rows of `rest` of at most 0: half a temperature is a square, no exponential.

    That is three times as fast for a grid, and off by 10⁻⁵ at most.
    """
    found: dict[float, Tensor] = {}
    for highest in sorted(temperatures, reverse=True):
        if highest in found:
            continue
        powers, each = torch.exp(rest / highest), highest
        while True:
            if each in temperatures:
                found[each] = powers.sum(dim=1)
            each /= 2
            if each < min(temperatures):
                break
            powers.square_()
    return found
