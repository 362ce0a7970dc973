"""One budget for all the children of a visit: what is asked for. Frozen, and changed by plain functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

MAX_EACH: Final = 3
MAX_SHARES: Final = 8  # the API's bound on the children of one budget


@dataclass(frozen=True, slots=True)
class Plan:
    """open: the plan is looked at; budget: for all together, None until somebody says; each: how many toys for each"""

    open: bool = False
    budget: int | None = None
    each: int = 1


def choose(plan: Plan, **answers: Any) -> Plan:
    """Set answers, by the names of the fields; a tap that takes the number of toys away means one."""
    if answers.get("each", 1) is None:
        answers["each"] = 1
    return replace(plan, **answers)


def most_each(people: int) -> int:
    """How many toys each of so many children can get."""
    return max(1, min(MAX_EACH, MAX_SHARES // people)) if people else 1
