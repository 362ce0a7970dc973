"""From a dataset to a split, in one place, so that what learns and what judges agree on what was held out."""

from __future__ import annotations

from enum import StrEnum

from data.dataset import Dataset
from data.sequences import Order, build_sequences
from data.split import Split, leave_one_out


class Protocol(StrEnum):
    """How a dataset is split."""

    LEAVE_ONE_OUT = "leave-one-out"


def default_order(dataset: Dataset) -> Order:
    """Hashed, for events of one time have no order of their own; the benchmark's layout alone keeps the given one."""
    return "given" if dataset.source.name == "sequences" else "hashed"


def split_dataset(dataset: Dataset, protocol: Protocol = Protocol.LEAVE_ONE_OUT, order: Order | None = None) -> Split:
    """Split a dataset; `order` is `default_order` unless given. The hash's seed is that of the dataset.

    Raises DataError if no shopper can be judged.
    """
    match protocol:
        case Protocol.LEAVE_ONE_OUT:
            return leave_one_out(build_sequences(dataset, order or default_order(dataset), dataset.source.seed))
