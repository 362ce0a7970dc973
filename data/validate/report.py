"""Running every check, and leaving out the rows that must not be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.schema import EventColumn, ToyColumn
from data.validate.ages import AGE_CHECKS
from data.validate.check import Check, Rows, Severity, TableName, Tables
from data.validate.events import EVENT_CHECKS
from data.validate.toys import TOY_CHECKS, where

CHECKS: Final[tuple[Check, ...]] = (*TOY_CHECKS, *AGE_CHECKS, *EVENT_CHECKS)


@dataclass(frozen=True)
class Finding:
    """One row that a check found. `row` counts from 0 in its table; `id` is the toy's or the event's own."""

    check: str
    severity: Severity
    table: TableName
    row: int
    id: str | None
    column: str
    value: Any
    says: str
    fix: str


@dataclass(frozen=True)
class Outcome:
    """One check's rows: `count` of them, and all of their places."""

    check: Check
    rows: Rows
    values: Sequence[Any] | None

    @property
    def count(self) -> int:
        """How many rows were found."""
        return len(self.rows)

    def findings(self, tables: Tables, limit: int | None = None) -> list[Finding]:
        """The first `limit` findings (all by default), in the table's order."""
        check, table = self.check, tables.table(self.check.table)
        rows = self.rows[:limit]
        ids = table[ToyColumn.ID if check.table == "toys" else EventColumn.ID].take(pa.array(rows)).to_pylist()
        values = table[check.column].take(pa.array(rows)).to_pylist() if self.values is None else self.values
        return [
            Finding(
                check.name, check.severity, check.table, int(row), name, str(check.column), value, check.says, check.fix
            )
            for row, name, value in zip(rows, ids, values, strict=False)
        ]


@dataclass(frozen=True)
class Report:
    """What every check found in some tables, in the order of `CHECKS`."""

    tables: Tables
    outcomes: tuple[Outcome, ...]

    @property
    def unfit(self) -> bool:
        """True where the dataset must not be trained on: an error was found."""
        return self.count(Severity.ERROR) > 0

    def count(self, severity: Severity) -> int:
        """Findings of that severity; a row may have several."""
        return sum(outcome.count for outcome in self.outcomes if outcome.check.severity is severity)


@dataclass(frozen=True)
class Counts:
    """Rows of one table: read = kept + rejected."""

    read: int
    kept: int
    rejected: int


@dataclass(frozen=True)
class Cleaned:
    """Tables without the rows of any error.

    reasons: rows left out by the check they were first found by; events of a toy that was left out under
    "event of a toy left out". Its counts add up to what was rejected.
    """

    tables: Tables
    toys: Counts
    events: Counts
    reasons: dict[str, int]


def validate(tables: Tables, checks: Sequence[Check] = CHECKS) -> Report:
    """Run every check."""
    outcomes = []
    for check in checks:
        found = check.find(tables)
        outcomes.append(Outcome(check, found.rows, found.values))
    return Report(tables, tuple(outcomes))


def leave_out_errors(report: Report) -> Cleaned:
    """The tables without the rows that have an error, and without the events of toys that go with them."""
    tables = report.tables
    kept = {"toys": np.ones(tables.toys.num_rows, bool), "events": np.ones(tables.events.num_rows, bool)}
    reasons: Counter[str] = Counter()
    for outcome in report.outcomes:
        if outcome.check.severity is Severity.ERROR:
            _drop(kept[outcome.check.table], outcome.rows, outcome.check.name, reasons)
    toys = tables.toys.filter(pa.array(kept["toys"]))
    left = pc.invert(pc.is_in(tables.events[EventColumn.TOY], toys[ToyColumn.ID].combine_chunks()))
    _drop(kept["events"], where(left), "event of a toy left out", reasons)
    events = tables.events.filter(pa.array(kept["events"]))
    return Cleaned(Tables(toys, events, tables.now), _counts(kept["toys"]), _counts(kept["events"]), dict(reasons))


def _drop(kept: NDArray[np.bool_], rows: Rows, reason: str, reasons: Counter[str]) -> None:
    fresh = rows[kept[rows]]
    kept[fresh] = False
    if len(fresh):
        reasons[reason] += len(fresh)


def _counts(kept: NDArray[np.bool_]) -> Counts:
    return Counts(len(kept), int(kept.sum()), int((~kept).sum()))
