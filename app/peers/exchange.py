"""What is handed over to a peer, and what comes back."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.peers.side.contest import LISTED
from data.atomic import atomic_file
from data.errors import DataError, parameter_error
from data.sequences import Sequences
from data.split import Holdout, Split
from recommender.evaluation.requests import REQUESTS

DATA: Final = "data.npz"


def hand_over(split: Split, n_toys: int, file: Path) -> str:
    """Write all that a peer may know into `file`, numpy's npz without objects; returns its digest.

    Train sequences, validation queries with their targets, test queries without. Toys are numbers from 1, as ours.
    Raises ToyGuideError if a query has several targets.
    """
    if len(split.validation.targets) != len(split.validation):
        raise parameter_error("split", "hand_over", "one with one target a query, as leave-one-out is", "several")
    arrays: dict[str, Any] = {
        "n_toys": np.array(n_toys),
        **_histories("train", split.train),
        **_histories("validation", split.validation.histories),
        "targets": split.validation.targets,
        **_histories("query", split.test.histories),
        "timed": np.arange(min(REQUESTS, len(split.test))),
    }
    digest = hashlib.sha256()
    for name, values in arrays.items():
        digest.update(name.encode() + values.tobytes())
    with atomic_file(file) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays, digest=np.array(digest.hexdigest()))
    return digest.hexdigest()


def read_lists(file: Path, holdout: Holdout) -> NDArray[np.int32]:
    """A peer's lists, int32 [len(holdout), at most 20]. Raises DataError if the file holds anything else."""
    try:
        lists = np.load(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{file} must hold a peer's lists as an array of numpy. {error}.") from error
    if lists.ndim != 2 or lists.dtype.kind != "i" or len(lists) != len(holdout) or not 1 <= lists.shape[1] <= LISTED:
        raise DataError(
            f"{file} must hold integers of the shape ({len(holdout)}, at most {LISTED}), a row a query. "
            f"Got {lists.dtype} of the shape {lists.shape}."
        )
    return np.asarray(lists, np.int32)


def _histories(name: str, sequences: Sequences) -> dict[str, NDArray[np.int32] | NDArray[np.int64]]:
    return {f"{name}_toys": sequences.toys, f"{name}_offsets": sequences.offsets}
