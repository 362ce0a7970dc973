"""The options that say what is held out, the same for every command that has them.

Their names stand here once more, so that a command line that asks for something else never loads pandas.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from data.dataset import Dataset
    from data.protocol import SplitPlan


class ProtocolName(StrEnum):
    """How a dataset is split."""

    LEAVE_ONE_OUT = "leave-one-out"
    TEMPORAL = "temporal"


class OrderName(StrEnum):
    """How events at one and the same time are ordered."""

    GIVEN = "given"
    HASHED = "hashed"


ProtocolOption = Annotated[ProtocolName, typer.Option("--protocol", help="How the dataset is split.")]
OrderOption = Annotated[
    OrderName | None,
    typer.Option("--order", help="Order of events at one time. By default as the dataset's source says."),
]
CutOption = Annotated[
    datetime | None,
    typer.Option("--cut", formats=["%Y-%m-%d"], help="temporal: the day (UTC) from which the test part is judged."),
]
ValidationCutOption = Annotated[
    datetime | None,
    typer.Option(
        "--validation-cut",
        formats=["%Y-%m-%d"],
        help="temporal: the day from which the validation part is judged, until the cut; three months before it.",
    ),
]


def chosen_plan(
    dataset: Dataset,
    protocol: ProtocolName,
    order: OrderName | None,
    cut: datetime | None,
    validation_cut: datetime | None,
) -> SplitPlan:
    """What the options say, with every default filled in."""
    from data.protocol import Protocol, plan_split

    return plan_split(
        dataset,
        Protocol(protocol.value),
        order.value if order else None,
        cut.date() if cut else None,
        validation_cut.date() if validation_cut else None,
    )
