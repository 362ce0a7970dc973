"""Points with their intervals, a row each: what is surer is shorter. Colours come from the page's style sheet."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.report.charts import svg
from app.report.figures import Estimate
from app.report.plots import Dot, mark, nice_step

WIDTH: Final = 440
_LETTER: Final = 7.1  # width of a wide letter at 13 px
STYLE: Final = """
.dots { font-size:13px; } .dots .dot { fill-opacity:1; } .dots .hollow { fill:var(--card); }
.whisker { stroke-width:2; opacity:.7; } .whisker.dot-0 { stroke:var(--teal); }
.whisker.dot-1 { stroke:var(--violet); }
.whisker.dot-2 { stroke:var(--ink); } .whisker.dot-none { stroke:var(--tomato); }
.dot-2 { stroke:var(--ink); fill:var(--ink); } .band { fill:var(--line); opacity:.28; }
.against { stroke:var(--ink); stroke-width:1.25; stroke-dasharray:4 3; opacity:.75; }
"""


@dataclass(frozen=True)
class Series:
    """Whose points these are. look: dot-0, dot-1, dot-2 (circles) or dot-none (a diamond); hollow: drawn as a ring"""

    name: str
    look: str
    hollow: bool = False


def dot_plot(
    rows: Sequence[tuple[str, Sequence[Estimate | None]]],
    series: Sequence[Series],
    title: str,
    across: str,
    show: Callable[[float], str],
    against: float | None = None,
) -> str:
    """A point for every series in each of `rows` (name, estimates in the order of `series`).

    show: a figure as text; against: where a dashed line is drawn to compare with
    """
    known = [each for _, row in rows for each in row if each is not None]
    if not known:
        return f'<p class="nothing" aria-label="{escape(title)}">Nothing to show.</p>'
    left = min(190.0, max(len(name) for name, _ in rows) * _LETTER + 16)
    right, step_down, pad = 26, 15, 11
    top = 34 if len(series) > 1 else 10
    each_high = step_down * (len(series) - 1) + 2 * pad
    bottom = top + each_high * len(rows)
    ends = [end for each in known for end in (each.value, each.low, each.high) if not math.isnan(end)]
    ends += [] if against is None else [against]
    low, high, step = _bounds(ends)
    wide = WIDTH - left - right

    def at(value: float) -> float:
        return left + (value - low) / (high - low) * wide

    parts = [
        f'<rect class="band" x="0" y="{top + each_high * place}" width="{WIDTH}" height="{each_high}"/>'
        for place in range(1, len(rows), 2)
    ]
    for tick in range(round((high - low) / step) + 1):
        value = low + tick * step
        x = at(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_bare(show(value))}</text>'
        )
    if against is not None:
        x = at(against)
        parts.append(f'<line class="against" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
    for place, (name, row) in enumerate(rows):
        first = top + place * each_high + pad
        middle = first + step_down * (len(series) - 1) / 2
        parts.append(
            f'<text class="name" x="{left - 10:.1f}" y="{middle + 4.5:.1f}" text-anchor="end">{escape(name)}</text>'
        )
        for down, (whose, estimate) in enumerate(zip(series, row, strict=True)):
            if estimate is not None:
                parts.append(_point(estimate, whose, name, at, first + down * step_down, show))
    parts.append(f'<text class="tick" x="{WIDTH - right}" y="{bottom + 38}" text-anchor="end">{escape(across)}</text>')
    if len(series) > 1:
        parts.append(_legend(series))
    return svg(title, bottom + 44, parts, WIDTH, "dots")


def _bare(figure: str) -> str:
    """A tick's figure without zeros that say nothing: .02, not .0200."""
    return re.sub(r"^[+−]?0?\.$", "0", re.sub(r"(\.\d*?)0+$", r"\1", figure))


def _bounds(ends: Sequence[float]) -> tuple[float, float, float]:
    """(low, high, step) of an axis with room for all `ends`."""
    low, high = min(ends), max(ends)
    if low >= 0 and low < 0.6 * high:
        low = 0.0
    step = nice_step((high - low) or abs(high) or 1.0, 5)
    low = step * math.floor(low / step + 1e-9)
    return low, max(step * math.ceil(high / step - 1e-9), low + step), step


def _point(
    estimate: Estimate, whose: Series, name: str, at: Callable[[float], float], y: float, show: Callable[[float], str]
) -> str:
    said = f"{whose.name}, {name}: {show(estimate.value)}"
    whisker = ""
    if not math.isnan(estimate.low):
        said += f" ({show(estimate.low)} to {show(estimate.high)})"
        ends = f'x1="{at(estimate.low):.1f}" x2="{at(estimate.high):.1f}"'
        whisker = f'<line class="whisker {whose.look}" {ends} y1="{y:.1f}" y2="{y:.1f}"/>'
    return whisker + mark(at(estimate.value), y, Dot(estimate.value, y, said, whose.look, whose.hollow))


def _legend(series: Sequence[Series]) -> str:
    parts, x = [], 8.0
    for each in series:
        parts.append(mark(x, 14, Dot(0, 0, each.name, each.look, each.hollow)))
        parts.append(f'<text class="figure" x="{x + 10:.1f}" y="18.5">{escape(each.name)}</text>')
        x += len(each.name) * _LETTER + 31
    return "".join(parts)
