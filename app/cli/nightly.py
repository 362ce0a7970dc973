"""From a dataset's events to a Parquet file with a list for each shopper, in bounded memory."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from data.atomic import atomic_file
from data.dataset import Dataset
from data.errors import DataError
from data.ids import ToyIndex
from data.protocol import default_order
from data.shoppers import ShopperPast, read_pasts
from data.stream import GroupWriter
from recommender.serving.batch import Known
from recommender.serving.pool import Errand, Ranked, rank_in_parallel

LEAST_CHUNK: Final = 512
"""Shoppers that a worker is given at a time, or one batch if that is more."""
GROUP_ROWS: Final = 1 << 15
LISTS: Final = pa.schema(
    [
        pa.field("shopper_id", pa.string(), nullable=False),
        pa.field("recipient_id", pa.string()),
        pa.field("recipient_age", pa.int16()),
        pa.field("youngest_months", pa.int16()),
        pa.field("toys", pa.list_(pa.string()), nullable=False),
        pa.field("scores", pa.list_(pa.float32()), nullable=False),
    ]
)


@dataclass
class Night:
    """What was done.

    shorter: shoppers whose list has fewer than k toys; unknown: shoppers asked for who have no event
    seconds: from the first event read to the last list written
    ranking_cpu_seconds: of all workers, on lists; other_cpu_seconds: of the process that reads and writes
    worker_mib: the most memory that a worker ever held
    """

    shoppers: int = 0
    shorter: int = 0
    unknown: int = 0
    seconds: float = 0.0
    ranking_cpu_seconds: float = 0.0
    other_cpu_seconds: float = 0.0
    worker_mib: float = 0.0

    @property
    def rate(self) -> float:
        """Shoppers a second."""
        return self.shoppers / max(self.seconds, 1e-9)


def write_lists(
    out: Path,
    folder: Path,
    dataset: Dataset,
    index: ToyIndex,
    errand: Errand,
    workers: int,
    wanted: Sequence[str] | None = None,
    on_progress: Callable[[Night], None] = lambda night: None,
) -> Night:
    """Write the lists of the shoppers of `dataset`, which lies in `folder`, or of those `wanted`; whole or not at all.

    index: the bundle's toys. Raises DataError if there is no shopper or `out` cannot be written, ToyGuideError if a
    worker is killed.
    """
    night, started, cpu = Night(), time.monotonic(), time.process_time()
    facts = {"model": errand.model, "dataset": dataset.digest, "k": errand.k}
    schema = LISTS.with_metadata({"toyguide": json.dumps(facts)})
    with atomic_file(out) as temporary, tempfile.TemporaryDirectory(prefix="toyguide-score-") as spill:
        writer = GroupWriter(temporary, schema, GROUP_ROWS)
        pasts = read_pasts(folder, Path(spill), default_order(dataset), dataset.source.seed, wanted)
        sent: list[list[ShopperPast]] = []

        def chunks() -> Iterator[list[Known]]:
            while chunk := list(islice(pasts, max(LEAST_CHUNK, errand.batch))):
                sent.append(chunk)
                yield [Known(past.contacts, past.recipient, past.youngest) for past in chunk]

        with closing(rank_in_parallel(errand, chunks(), workers)) as lists:
            for ranked in lists:
                chunk = sent.pop(0)
                writer.write(_table(chunk, ranked, index, schema))
                night.shoppers += len(chunk)
                night.shorter += int((ranked.toys[:, -1] < 0).sum())
                night.ranking_cpu_seconds += ranked.cpu_seconds
                night.worker_mib = max(night.worker_mib, ranked.peak_mib)
                night.seconds = time.monotonic() - started
                on_progress(night)
        if not night.shoppers:
            raise DataError(f"There is no shopper to score: none of those asked for has an event in {folder}.")
        writer.close()
    night.unknown = 0 if wanted is None else len(set(wanted)) - night.shoppers
    night.seconds, night.other_cpu_seconds = time.monotonic() - started, time.process_time() - cpu
    return night


def _table(chunk: Sequence[ShopperPast], ranked: Ranked, index: ToyIndex, schema: pa.Schema) -> pa.Table:
    found = ranked.toys > 0
    ends = np.concatenate([[0], np.cumsum(found.sum(axis=1))]).astype(np.int32)
    recipients = [past.recipient for past in chunk]
    columns = [
        pa.array([past.shopper for past in chunk], pa.string()),
        pa.array([who.id if who else None for who in recipients], pa.string()),
        pa.array([who.age_months if who else None for who in recipients], pa.int16()),
        pa.array([past.youngest for past in chunk], pa.int16()),
        pa.ListArray.from_arrays(ends, pa.array(index.to_ids(ranked.toys[found]), pa.string())),
        pa.ListArray.from_arrays(ends, pa.array(ranked.scores[found], pa.float32())),
    ]
    return pa.Table.from_arrays(columns, schema=schema)
