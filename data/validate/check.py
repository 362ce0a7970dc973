"""What a check is, what it sees and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TableName = Literal["toys", "events"]
Rows = NDArray[np.int64]

NO_ROWS: Final[Rows] = np.zeros(0, np.int64)


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"  # a model trained on it, or a shelf filled from it, would be wrong: must not be trained on
    WARNING = "warning"  # doubtful: figures may mean less than they seem to
    NOTE = "note"  # worth knowing


@dataclass(frozen=True)
class Tables:
    """The two tables of a dataset, and the moment that counts as now.

    toys: schema TOY_TABLE, any rows; events: schema EVENT_TABLE, any rows — also such as no `Dataset` may hold
    """

    toys: pa.Table
    events: pa.Table
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def table(self, name: TableName) -> pa.Table:
        """The table of that name."""
        return self.toys if name == "toys" else self.events


@dataclass(frozen=True)
class Found:
    """What one check found.

    rows: int64 [n] rows of the check's table, from 0, ascending, none twice
    values: length n, what stands there where it is not simply the cell; None = the cell
    """

    rows: Rows
    values: Sequence[Any] | None = None


@dataclass(frozen=True)
class Check:
    """One thing that can be wrong.

    says: what is wrong with a row found, as the end of a sentence; fix: what to do about it
    find: the rows of `table` that are so, vectorised: it must take seconds on millions of rows
    """

    name: str
    severity: Severity
    table: TableName
    column: str
    says: str
    fix: str
    find: Callable[[Tables], Found]
