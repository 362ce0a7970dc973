"""What it costs: bytes and milliseconds, and what quality is to be had for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.report.document import Block, Cards, Plot, Section, Table, Words
from app.report.figures import Estimate, estimate, sure
from app.report.model.judged import Judged, Kind
from app.report.plots import Dot, scatter, short
from distillation.front import pareto_front
from recommender.evaluation.metrics import MAIN, per_query

_LOOKS: dict[str, str] = {"shipped": "dot-0", "student": "dot-0", "form": "dot-0", "teacher": "dot-1"}


@dataclass(frozen=True)
class Cost:
    """One recommender, or the student stored otherwise (kind "form", as it was measured when the bundle was built).

    bytes: of what it must keep, None where nobody counted; milliseconds: median of a request; quick, slow: 5 % of the
    requests took less, and 5 % took longer; None where they were not kept
    """

    name: str
    kind: Kind | str
    ndcg_10: Estimate
    bytes: int | None
    milliseconds: float
    quick: float | None
    slow: float | None


def measure_costs(every: Sequence[Judged], standing: Mapping[str, Any] | None) -> tuple[Cost, ...]:
    """Costs of all that were judged, and of the other forms of the student that a bundle's manifest tells of."""
    found = []
    for each in every:
        quick, middle, slow = np.quantile(each.milliseconds, [0.05, 0.5, 0.95]).tolist()
        ndcg = estimate(per_query(each.judgement.ranks)[MAIN])
        found.append(Cost(each.name, each.kind, ndcg, each.bytes, middle, quick, slow))
    for row in (standing or {}).get("contenders", []):
        if row["kind"] == "form":
            ndcg = Estimate(row[MAIN], row["low"], row["high"])
            found.append(Cost(row["name"], "form", ndcg, row["bytes"], row["milliseconds"], None, None))
    return tuple(found)


def cost_section(costs: Sequence[Cost], parts: Mapping[str, int], more: Sequence[Block]) -> Section:
    """Size and latency, the two fronts, and what a sweep says. parts: bytes of the bundle by part"""
    shipped = next(each for each in costs if each.kind == "shipped")
    held = ", ".join(f"{part} {_kilobytes(size)}" for part, size in parts.items() if size)
    took = f", nine requests in ten between {shipped.quick:.2f} and {shipped.slow:.2f}" if shipped.quick else ""
    return Section(
        "What it costs",
        (
            Words(
                f"The student as it ships has {_kilobytes(shipped.bytes or 0)}: the graph of its network, and a table "
                f"with a row of numbers for each toy. The bundle by part: {held}. (The toy encoder places new toys; "
                "together says which toys are taken along with which; mobile is the student once more, in one "
                f"file.) One request for ten toys, with all rules and reasons, takes {shipped.milliseconds:.2f} ms "
                f"on one thread of the machine that wrote this{took}. Other recommenders only score and sort. What "
                "else that machine was doing is in these times."
            ),
            _table(costs),
            Cards((_front(costs, "bytes"), _front(costs, "milliseconds"))),
            *more,
        ),
    )


def _table(costs: Sequence[Cost]) -> Table:
    rows = tuple(
        (
            each.name,
            sure(each.ndcg_10),
            "–" if each.bytes is None else f"{each.bytes / 1e6:.3f}",
            f"{each.milliseconds:.2f}",
            "at the build" if each.quick is None else f"{each.quick:.2f}–{each.slow:.2f}",
        )
        for each in sorted(costs, key=lambda each: each.bytes or 0)
    )
    strong = frozenset(place for place, row in enumerate(rows) if row[0] == _shipped(costs).name)
    return Table(("recommender", "NDCG@10 (95 %)", "MB", "ms a request", "nine in ten"), rows, 1, strong)


def _shipped(costs: Sequence[Cost]) -> Cost:
    return next(each for each in costs if each.kind == "shipped")


def _front(costs: Sequence[Cost], cost: str) -> Plot:
    by_size = cost == "bytes"
    known = sorted((each for each in costs if not by_size or each.bytes), key=_named_first)
    points = [((each.bytes or 0) / 1e6 if by_size else each.milliseconds, each.ndcg_10.value) for each in known]
    front = pareto_front(points)
    dots = [
        Dot(x, y, f"{each.name}: NDCG@10 {short(y)}, {x:.3f} {'MB' if by_size else 'ms'}",
            _LOOKS.get(each.kind, "dot-none"), each.kind == "form",
            each.name.removeprefix("student (").removesuffix(")"))
        for each, (x, y) in zip(known, points, strict=True)
    ]  # fmt: skip
    on = _shipped(costs).name in {known[place].name for place in front}
    what = "as small" if by_size else "as quick"
    title = f"Nothing {what} is better than the student" if on else f"Something {what} is better than the student"
    rows = tuple(
        (str(front.index(place) + 1) if place in front else "", known[place].name, f"{x:.3f}", short(y))
        for place, (x, y) in sorted(enumerate(points), key=lambda each: each[1])
    )
    return Plot(
        title,
        "Circles: students, hollow those stored otherwise; square: teacher; diamonds: simple ways. Ringed and joined: "
        f"the best that is to be had {what} (the Pareto front). The axis goes by tens where costs are far apart.",
        scatter(dots, front, title, "MB" if by_size else "milliseconds a request", "NDCG@10", by_tens=True),
        Table(("front", "recommender", "MB" if by_size else "ms", "NDCG@10"), rows, 2),
    )


def _named_first(cost: Cost) -> int:
    """Those whose names must be read get room for them first."""
    return ("shipped", "teacher", "baseline", "previous", "student", "form").index(cost.kind)


def _kilobytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e6 else f"{size / 1000:.0f} kB"
