"""What a teacher says before every toy that was taken: computed once, kept on disk, read by every student of a sweep.

Of each query's logits the K highest are kept, and of the rest its log-sum-exp at every temperature of a fixed grid: the
softmax of the teacher over K toys and one tail is then exact at any of them. Logits are stored relative to the highest,
which moves no probability and keeps float16 exact where it matters.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.atomic import atomic_folder
from data.errors import ToyGuideError, parameter_error
from data.sequences import Sequences, take_ragged
from distillation.losses import check_teacher
from recommender.base import UNKNOWN_GAP, QueryBatch, Recommender
from recommender.learning.batches import Batch, Windows, take_batch
from recommender.learning.fit import Reporter

TEMPERATURES: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
RECORD: Final = "scores.json"
_FILES: Final = ("contacts", "toys", "logits", "tails")
_MAX_CELLS: Final = 2**23  # logits held at once: 32 MiB, and a few times that while they are sorted


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


@dataclass(frozen=True)
class ScoreCache:
    """A teacher's cached scores at one temperature, see `open_cache`. C queries.

    train: the training part; outside: see `left_out`
    row_of: int64 [E], the row of a contact of the training part; −1 where it is no target
    toys: uint16 or int32 [C, K]; logits: float16 [C, K]; tails: float32 [C] at this temperature
    """

    train: Sequences
    outside: Outside
    row_of: NDArray[np.int64]
    toys: NDArray[Any]
    logits: NDArray[np.float16]
    tails: NDArray[np.float32]

    def __call__(self, batch: Batch, rows: slice) -> SoftTargets:
        """The targets of `rows` of a batch whose contacts are those of the training part."""
        places = self.row_of[batch.contacts[rows].cpu().numpy()]
        return SoftTargets(
            torch.from_numpy(self.toys[places].astype(np.int64)),
            torch.from_numpy(self.logits[places].astype(np.float32)),
            torch.from_numpy(self.tails[places]),
            left_out(self.train, batch, rows, self.outside),
        )


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
        logits = _allowed_logits(teacher, _window_queries(batch, rows, train), silent)
        return SoftTargets(*truncate(logits, top, (temperature,))[0], silent)

    return targets


def fill_cache(
    folder: Path,
    teacher: Recommender,
    train: Sequences,
    windows: Windows,
    key: dict[str, Any],
    report: Reporter | None = None,
) -> dict[str, Any]:
    """Score every target of `windows` and keep the scores in `folder`, whole or not at all; returns their record.

    windows: the student's, renumbered so that their contacts are those of `train`; what they mask is masked here
    key: JSON values that say whose scores of what these are; `top` and `outside` say how many, and what is left out
    Raises ToyGuideError for a score that is no number, DataError if the disk is full.
    """
    top, outside = key["top"], key["outside"]
    if not 1 <= top <= len(teacher.index):
        raise parameter_error("top", "distil", f"an int in [1, {len(teacher.index)}]", top)
    started, count = time.monotonic(), int(windows.counted.sum())
    dtype = np.dtype(np.uint16 if len(teacher.index) < 2**16 else np.int32)
    shapes: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {
        "contacts": (np.dtype(np.int64), (count,)),
        "toys": (dtype, (count, top)),
        "logits": (np.dtype(np.float16), (count, top)),
        "tails": (np.dtype(np.float32), (count, len(TEMPERATURES))),
    }
    useful = np.flatnonzero(windows.counted.sum(dim=1).numpy())
    useful = useful[np.argsort(windows.lengths[useful], kind="stable")]  # alike in length: little padding to encode
    step = max(1, min(512, _MAX_CELLS // (len(teacher.index) + 1)))
    done = 0
    with atomic_folder(folder) as temporary:
        files = {name: (temporary / f"{name}.npy").open("wb") for name in _FILES}
        try:
            for name, (kind, shape) in shapes.items():
                _write_header(files[name], kind, shape)
            for first in range(0, len(useful), 256):
                batch = take_batch(windows, torch.from_numpy(useful[first : first + 256]))
                for start in range(0, len(batch.targets), step):
                    rows = slice(start, start + step)
                    contacts = batch.contacts[rows].numpy()
                    silent = left_out(train, batch, rows, outside)
                    logits = _allowed_logits(teacher, prefix_queries(train, contacts), silent)
                    (toys, values, _), tails = truncate(logits, top, TEMPERATURES)
                    for name, array in (
                        ("contacts", contacts),
                        ("toys", toys.numpy()),
                        ("logits", values.numpy()),
                        ("tails", tails.numpy()),
                    ):
                        files[name].write(array.astype(shapes[name][0]).tobytes())
                    done += len(contacts)
                    if report:
                        report("reading the teacher", done, count)
        finally:
            for file in files.values():
                file.close()
        seconds = time.monotonic() - started
        record = {
            "key": key,
            "temperatures": list(TEMPERATURES),
            "queries": count,
            "top": top,
            "bytes": sum((temporary / f"{name}.npy").stat().st_size for name in _FILES),
            "seconds": round(seconds, 1),
            "queries_per_second": round(count / max(seconds, 1e-9)),
            "digest": _digest_of(temporary),
        }
        (temporary / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of the scores kept in `folder`; None where there are none.

    Raises ToyGuideError if there is something else, or scores that are not whole.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        whole = isinstance(record, dict) and record.keys() >= {"key", "digest", "top", "temperatures"}
        if whole and record["digest"] == _digest_of(folder):
            return dict(record)
    except (OSError, ValueError, RecursionError):
        whole = False
    raise ToyGuideError(
        f"{folder} must hold a teacher's cached scores and nothing else, or be empty. "
        + ("Its scores were changed since they were written; remove it." if whole else "It holds something else.")
    )


def open_cache(folder: Path, key: dict[str, Any], temperature: float, train: Sequences) -> ScoreCache:
    """The scores in `folder`, read from disk as they are needed; `train` is what they were computed for.

    Raises ToyGuideError if they are of another `key`, or do not hold `temperature`.
    """
    record = read_record(folder)
    if record is None:
        raise ToyGuideError(f"{folder} holds no teacher's scores.")
    if (wanted := json.loads(json.dumps(key))) != record["key"]:
        name = next(each for each in {**wanted, **record["key"]} if wanted.get(each) != record["key"].get(each))
        raise ToyGuideError(
            f"{folder} holds scores of another '{name}' ({_short(record['key'].get(name))}) than is asked for "
            f"({_short(wanted.get(name))}). Give another folder, or remove it."
        )
    check_temperature(temperature)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _FILES}
    row_of = np.full(len(train.toys), -1, np.int64)
    row_of[arrays["contacts"]] = np.arange(len(arrays["contacts"]))
    column = TEMPERATURES.index(temperature)
    tails = np.ascontiguousarray(arrays["tails"][:, column])
    return ScoreCache(train, key["outside"], row_of, arrays["toys"], arrays["logits"], tails)


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


def _allowed_logits(teacher: Recommender, queries: QueryBatch, silent: Tensor) -> Tensor:
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
    rest = logits.scatter(1, toys, float("-inf")) - torch.where(torch.isfinite(highest), highest, 0.0)
    tails = torch.stack([torch.logsumexp(rest / each, dim=1) for each in temperatures], dim=1)
    values = torch.where(torch.isfinite(values), values - highest, float("-inf"))
    return (torch.where(torch.isfinite(values), toys, 0), values, tails[:, 0]), tails


def _write_header(file: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )


def _digest_of(folder: Path) -> str:
    """Hex digest over the arrays' sizes and first and last bytes: whole and of one writing, found in milliseconds."""
    digest = hashlib.sha256()
    for name in _FILES:
        file = folder / f"{name}.npy"
        size = file.stat().st_size
        with file.open("rb") as stream:
            digest.update(f"{name} {size} ".encode() + stream.read(4096))
            stream.seek(max(0, size - 4096))
            digest.update(stream.read())
    return digest.hexdigest()


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
