"""A teacher's answers, computed once, kept on disk, read by every student of a sweep.

Tails are kept at every temperature of a fixed grid. Logits are stored relative to the highest, which moves no
probability and keeps float16 exact where it matters.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.atomic import atomic_folder
from data.errors import ToyGuideError, parameter_error
from data.sequences import Sequences
from distillation.targets import (
    TEMPERATURES,
    Outside,
    SoftTargets,
    allowed_logits,
    check_temperature,
    left_out,
    prefix_queries,
    truncate,
)
from recommender.base import Recommender
from recommender.learning.batches import Batch, Windows, take_batch
from recommender.learning.fit import Reporter

RECORD: Final = "scores.json"
_ARRAYS: Final = ("contacts", "toys", "logits", "tails")
_MAX_CELLS: Final = 2**22  # logits held at once: 16 MiB, and a few times that while they are sorted

Answers = Iterable[tuple[NDArray[np.int64], Tensor]]
"""(contacts int64 [S], the logits float32 [S, N + 1] of a teacher before each of them, −inf where nothing is said)."""


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

    def answers() -> Iterator[tuple[NDArray[np.int64], Tensor]]:
        useful = np.flatnonzero(windows.counted.sum(dim=1).numpy())
        useful = useful[np.argsort(windows.lengths[useful], kind="stable")]  # alike in length: little padding to encode
        step = queries_at_once(len(teacher.index))
        for first in range(0, len(useful), 256):
            batch = take_batch(windows, torch.from_numpy(useful[first : first + 256]))
            for start in range(0, len(batch.targets), step):
                rows = slice(start, start + step)
                contacts = batch.contacts[rows].numpy()
                silent = left_out(train, batch, rows, key["outside"])
                yield contacts, allowed_logits(teacher, prefix_queries(train, contacts), silent)

    return keep_answers(folder, answers(), int(windows.counted.sum()), len(teacher.index), key, report)


def queries_at_once(n_toys: int) -> int:
    """How many queries a teacher is asked at a time."""
    return max(1, min(256, _MAX_CELLS // (n_toys + 1)))


def keep_answers(
    folder: Path,
    answers: Answers,
    count: int,
    n_toys: int,
    key: dict[str, Any],
    report: Reporter | None = None,
    beside: Mapping[str, NDArray[Any]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Keep `count` answers of a teacher in `folder`, whole or not at all; returns their record.

    beside: further arrays by name, kept as they are once the last answer was given
    """
    top = key["top"]
    if not 1 <= top <= n_toys:
        raise parameter_error("top", "distil", f"an int in [1, {n_toys}]", top)
    started, done = time.monotonic(), 0
    shapes: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {
        "contacts": (np.dtype(np.int64), (count,)),
        "toys": (np.dtype(np.uint16 if n_toys < 2**16 else np.int32), (count, top)),
        "logits": (np.dtype(np.float16), (count, top)),
        "tails": (np.dtype(np.float32), (count, len(TEMPERATURES))),
    }
    with atomic_folder(folder) as temporary:
        with ExitStack() as open_files:
            files = {name: open_files.enter_context((temporary / f"{name}.npy").open("wb")) for name in shapes}
            for name, (kind, shape) in shapes.items():
                _write_header(files[name], kind, shape)
            for contacts, logits in answers:
                (toys, values, _), tails = truncate(logits, top, TEMPERATURES)
                arrays = {"contacts": contacts, "toys": toys.numpy(), "logits": values.numpy(), "tails": tails.numpy()}
                for name, array in arrays.items():
                    files[name].write(array.astype(shapes[name][0]).tobytes())
                done += len(contacts)
                if report:
                    report("reading the teacher", done, count)
        for name, array in beside.items():
            np.save(temporary / f"{name}.npy", array, allow_pickle=False)
        seconds = time.monotonic() - started
        record = {
            "key": key,
            "temperatures": list(TEMPERATURES),
            "queries": count,
            "top": top,
            "bytes": sum(file.stat().st_size for file in temporary.glob("*.npy")),
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
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
    row_of = np.full(len(train.toys), -1, np.int64)
    row_of[arrays["contacts"]] = np.arange(len(arrays["contacts"]))
    column = TEMPERATURES.index(temperature)
    tails = np.ascontiguousarray(arrays["tails"][:, column])
    return ScoreCache(train, key["outside"], row_of, arrays["toys"], arrays["logits"], tails)


def _write_header(file: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )


def _digest_of(folder: Path) -> str:
    """Hex digest over the arrays' sizes and first and last bytes: whole and of one writing, found in milliseconds."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.npy")):
        size = file.stat().st_size
        with file.open("rb") as stream:
            digest.update(f"{file.stem} {size} ".encode() + stream.read(4096))
            stream.seek(max(0, size - 4096))
            digest.update(stream.read())
    return digest.hexdigest()


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
