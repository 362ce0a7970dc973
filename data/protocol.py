"""From a dataset to a split, in one place, so that what learns and what judges agree on what was held out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import pandas as pd

from data.dataset import Dataset
from data.errors import DataError, ToyGuideError
from data.schema import EventColumn
from data.sequences import Order, build_sequences
from data.split import Split, leave_one_out, temporal

BEFORE_CUT: Final = 0.8
"""The default cut is the first day of the month by whose end more than this share of the dated events lies behind."""
VALIDATION_MONTHS: Final = 3


class Protocol(StrEnum):
    """How a dataset is split."""

    LEAVE_ONE_OUT = "leave-one-out"
    TEMPORAL = "temporal"


@dataclass(frozen=True)
class SplitPlan:
    """Everything that says what was held out; a run record keeps it. The cuts are for `temporal` alone."""

    protocol: Protocol
    order: Order
    validation_cut: date | None = None
    cut: date | None = None

    def record(self) -> dict[str, Any]:
        """The plan as JSON can hold it."""
        return {key: value if value is None else str(value) for key, value in asdict(self).items()}


def plan_from(record: dict[str, Any]) -> SplitPlan:
    """The plan that `SplitPlan.record` made. Raises KeyError, ValueError or TypeError if it is none."""
    order = record["order"]
    if order not in ("given", "hashed"):
        raise ValueError(f"'order' must be 'given' or 'hashed'. Got {order!r}.")
    cuts = {name: None if record[name] is None else date.fromisoformat(record[name]) for name in CUTS}
    return SplitPlan(Protocol(record["protocol"]), order, **cuts)


CUTS: Final = ("validation_cut", "cut")


def default_order(dataset: Dataset) -> Order:
    """Hashed, for events of one time have no order of their own; the benchmark's layout alone keeps the given one."""
    return "given" if dataset.source.name == "sequences" else "hashed"


def plan_split(
    dataset: Dataset,
    protocol: Protocol = Protocol.LEAVE_ONE_OUT,
    order: Order | None = None,
    cut: date | None = None,
    validation_cut: date | None = None,
) -> SplitPlan:
    """A plan with every default filled in.

    leave-one-out: `order` is `default_order` unless given. temporal: always hashed; `cut` is by default the first day
    of the month that holds the 80 % quantile of the dated events (2014-01-01 on the Amazon toys of 2014), and
    `validation_cut` three months before.
    Raises ToyGuideError for options that do not go together, DataError if no event is dated.
    """
    if protocol is Protocol.LEAVE_ONE_OUT:
        if cut or validation_cut:
            raise ToyGuideError("A cut belongs to the temporal protocol; leave it out, or add '--protocol temporal'.")
        return SplitPlan(protocol, order or default_order(dataset))
    if order == "given":
        raise ToyGuideError("The temporal protocol goes by time and knows no given order; leave '--order' out.")
    cut = cut or _default_cut(dataset)
    validation_cut = validation_cut or (pd.Timestamp(cut) - pd.DateOffset(months=VALIDATION_MONTHS)).date()
    if not validation_cut < cut:
        raise ToyGuideError(f"The validation cut must lie before the cut, {cut}. Got {validation_cut}.")
    return SplitPlan(protocol, "hashed", validation_cut, cut)


def _default_cut(dataset: Dataset) -> date:
    times = dataset.events_frame()[EventColumn.TIME].dropna()
    if times.empty:
        raise DataError("The temporal protocol needs events with a time; none of this dataset has one.")
    reached = pd.Timestamp(times.sort_values().iloc[int(BEFORE_CUT * (len(times) - 1))])
    return reached.date().replace(day=1)


def split_dataset(dataset: Dataset, plan: SplitPlan | None = None) -> Split:
    """Split a dataset, by leave-one-out in its default order unless a plan says otherwise.

    The hash that orders events of one time has the seed of the dataset. Raises DataError if no shopper can be judged.
    """
    plan = plan or plan_split(dataset)
    sequences = build_sequences(dataset, plan.order, dataset.source.seed)
    if plan.protocol is Protocol.LEAVE_ONE_OUT:
        return leave_one_out(sequences)
    if plan.cut is None or plan.validation_cut is None:
        raise ToyGuideError("The temporal protocol needs both cuts.")
    return temporal(sequences, plan.validation_cut, plan.cut)
