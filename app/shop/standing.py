"""Where the model stands, as `GET /v1/model` says it: who was judged beside it, on what, and who is worth having.

What a bundle does not say, or says in a way that cannot be right, is left out: nothing is filled in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

VERSION: Final = 1
"""The form of `metrics.standing` that is read here."""
KINDS: Final = ("shipped", "form", "teacher", "baseline")
Cost = Literal["megabytes", "milliseconds"]


@dataclass(frozen=True, slots=True)
class Figure:
    """NDCG@10 of `name` over `queries` shoppers, with the ends of its 95 % interval."""

    name: str
    queries: int
    ndcg: float
    recall: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Contender:
    """One who was judged. kind: one of `KINDS`; bits: of a student's (graph, table)

    megabytes: 10⁶ bytes, None where nobody counted; milliseconds: of a request, None where nobody measured
    """

    kind: str
    whole: Figure
    bits: tuple[int, int] | None
    megabytes: float | None
    milliseconds: float | None

    def cost(self, cost: Cost) -> float | None:
        """Megabytes or milliseconds."""
        return self.megabytes if cost == "megabytes" else self.milliseconds


@dataclass(frozen=True, slots=True)
class Difference:
    """NDCG@10 of the model that ships minus that of `other`, on the same queries, with its 95 % interval."""

    other: str
    mean: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """More than chance gives?"""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What a bundle says. slices: name of a slice → figures of those judged on it, in the bundle's order"""

    contenders: tuple[Contender, ...]
    slices: Mapping[str, tuple[Figure, ...]]
    differences: tuple[Difference, ...]

    @property
    def shipped(self) -> Contender:
        """What answers here."""
        return next(each for each in self.contenders if each.kind == "shipped")

    def best(self, kind: str) -> Contender | None:
        """The best of a kind."""
        return max((each for each in self.contenders if each.kind == kind), key=lambda it: it.whole.ndcg, default=None)

    def against(self, other: str) -> Difference | None:
        """What the model that ships is above `other`."""
        return next((each for each in self.differences if each.other == other), None)


def read_standing(metrics: Mapping[str, Any]) -> Standing | None:
    """What `metrics` of a manifest say; None for a bundle that says nothing of it, or in another form."""
    said = metrics.get("standing")
    if not isinstance(said, Mapping) or said.get("version") != VERSION:
        return None
    contenders = [each for each in map(_contender, _rows(said, "contenders")) if each]
    if sum(each.kind == "shipped" for each in contenders) != 1:
        return None
    slices: dict[str, list[Figure]] = {}
    for row in _rows(said, "slices"):
        figure = _figure(row)
        if figure and isinstance(row.get("slice"), str):
            slices.setdefault(row["slice"], []).append(figure)
    differences = [each for each in map(_difference, _rows(said, "paired")) if each]
    return Standing(tuple(contenders), {name: tuple(rows) for name, rows in slices.items()}, tuple(differences))


def front(contenders: Sequence[Contender], cost: Cost) -> list[Contender]:
    """Those that no other beats, from cheap to dear: nothing that costs as little is better."""
    priced = [(each.cost(cost), each) for each in contenders]
    ordered = sorted(
        ((it, each) for it, each in priced if it is not None), key=lambda one: (one[0], -one[1].whole.ndcg)
    )
    found: list[Contender] = []
    for _, each in ordered:
        if not found or each.whole.ndcg > found[-1].whole.ndcg:
            found.append(each)
    return found


def _rows(said: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    rows = said.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _contender(row: Mapping[str, Any]) -> Contender | None:
    figure = _figure(row)
    if figure is None or row.get("kind") not in KINDS:
        return None
    size, time = _number(row, "bytes"), _number(row, "milliseconds")
    bits = (row.get("graph_bits"), row.get("table_bits"))
    known = isinstance(bits[0], int) and isinstance(bits[1], int)
    return Contender(
        str(row["kind"]),
        figure,
        (int(bits[0] or 0), int(bits[1] or 0)) if known else None,
        size / 1e6 if size else None,  # no model has 0 bytes, and answers in no time
        time or None,
    )


def _figure(row: Mapping[str, Any]) -> Figure | None:
    queries = _number(row, "queries")
    ndcg, recall, low, high = (_number(row, name) for name in ("ndcg@10", "recall@10", "low", "high"))
    if ndcg is None or recall is None or low is None or high is None or not queries:
        return None
    if not isinstance(row.get("name"), str) or not low <= high <= 1 or max(ndcg, recall) > 1:
        return None
    return Figure(row["name"], int(queries), ndcg, recall, low, high)


def _difference(row: Mapping[str, Any]) -> Difference | None:
    mean, low, high = (_number(row, name, signed=True) for name in ("difference", "low", "high"))
    if mean is None or low is None or high is None or not isinstance(row.get("second"), str):
        return None
    return Difference(row["second"], mean, low, high)


def _number(row: Mapping[str, Any], name: str, signed: bool = False) -> float | None:
    """A finite number, not below 0 unless `signed`; None for anything else."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return None
    return None if value < 0 and not signed else float(value)
