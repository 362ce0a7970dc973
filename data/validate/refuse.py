"""The first error of a dataset in one sentence: for those who cannot go on with it, and need no list."""

from __future__ import annotations

from collections.abc import Sequence

from data.validate.check import Check, Severity, Tables
from data.validate.report import CHECKS, validate


def first_error(tables: Tables, checks: Sequence[Check] = CHECKS) -> str | None:
    """Table, row (from 0), id and column of the first row with an error, what is wrong and what stands there.

    None if no row has one. Checks of a lower severity are not run.
    """
    for table in ("toys", "events"):
        for check in checks:
            if check.severity is Severity.ERROR and check.table == table and (sentence := _sentence(tables, check)):
                return sentence
    return None


def _sentence(tables: Tables, check: Check) -> str | None:
    (outcome,) = validate(tables, [check]).outcomes
    if not outcome.count:
        return None
    first = outcome.findings(tables, 1)[0]
    others = f" (and {outcome.count - 1} more)" if outcome.count > 1 else ""
    return (
        f"{first.table}, row {first.row} ({first.id!r}), column '{first.column}': {first.says}{others}. "
        f"Got {str(first.value)[:60]!r}; {first.fix}."
    )
