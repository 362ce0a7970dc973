"""Lines over time as inline SVG: one for each way, named where it ends, with marks where something happened."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.report.plots import nice_step, plain

WIDE: Final = 720
STYLE: Final = """
.line { fill:none; stroke-width:2.25; stroke-linejoin:round; }
.line-0 { stroke:var(--teal); } .line-1 { stroke:var(--violet); } .line-2 { stroke:var(--tomato); }
.line-3 { stroke:var(--soft); stroke-dasharray:5 4; }
.end-0 { fill:var(--teal); } .end-1 { fill:var(--violet); } .end-2 { fill:var(--tomato); } .end-3 { fill:var(--soft); }
.end { font-weight:600; } .event { stroke:var(--soft); stroke-dasharray:2 3; } .event-name { fill:var(--soft); }
"""
_LETTER: Final = 6.6
_LINE: Final = 15


@dataclass(frozen=True)
class Line:
    """One way. values: one for each label, None = nothing; look: 0 to 3, a class of `STYLE`"""

    name: str
    values: Sequence[float | None]
    look: int


@dataclass(frozen=True)
class Event:
    """Something that happened at the label of this place."""

    place: int
    name: str


def lines(
    data: Sequence[Line],
    labels: Sequence[str],
    title: str,
    events: Sequence[Event] = (),
    height: int = 280,
    share: bool = False,
) -> str:
    """The lines from 0 upwards; `share`: the figures are shares, shown in per cent."""
    known = [value for line in data for value in line.values if value is not None]
    if not known or not labels:
        return f'<p class="nothing" aria-label="{escape(title)}">Nothing to show yet.</p>'
    left, top, bottom = 46, 30, 30
    right = max(len(line.name) for line in data) * _LETTER + 16
    step = nice_step(max(known) or 1.0, 4)
    most = step * math.ceil(max(known) / step - 1e-9) or step
    wide, tall = WIDE - left - right, height - top - bottom

    def at(place: int, value: float) -> tuple[float, float]:
        return left + wide * (place / max(1, len(labels) - 1)), top + tall * (1 - value / most)

    parts = []
    for tick in range(round(most / step) + 1):
        y = at(0, tick * step)[1]
        said = f"{tick * step:.0%}" if share and step >= 0.01 else plain(tick * step, step)
        parts.append(f'<line class="grid" x1="{left}" x2="{left + wide:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{left - 7}" y="{y + 4:.1f}" text-anchor="end">{said}</text>')
    every = max(1, math.ceil(len(labels) * (max(map(len, labels)) + 1.5) * _LETTER / wide))
    for place in range(0, len(labels), every):
        x = at(place, 0)[0]
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{height - 8}" text-anchor="middle">{escape(labels[place])}</text>'
        )
    for event in events:
        x = at(event.place, 0)[0]
        parts.append(f'<line class="event" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 10}" y2="{top + tall}"/>')
        parts.append(f'<text class="event-name" x="{x + 4:.1f}" y="{top - 8}">{escape(event.name)}</text>')
    for line in data:
        parts.append(_path(line, [at(place, value or 0.0) for place, value in enumerate(line.values)]))
    parts += _ends(data, at, left + wide + 8, top)
    return (
        f'<svg viewBox="0 0 {WIDE} {height}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _path(line: Line, places: Sequence[tuple[float, float]]) -> str:
    """One stroke for each run of values without a gap."""
    drawn, pen = "", "M"
    for value, (x, y) in zip(line.values, places, strict=True):
        if value is None:
            pen = "M"
            continue
        drawn += f"{pen}{x:.1f} {y:.1f}"
        pen = "L"
    return f'<path class="line line-{line.look}" d="{drawn}"><title>{escape(line.name)}</title></path>'


def _ends(data: Sequence[Line], at: Callable[[int, float], tuple[float, float]], x: float, top: float) -> list[str]:
    """The names at the ends of the lines, pushed apart where they would lie over each other.

    at: (place, value) → where that is drawn
    """
    ends = []
    for line in data:
        last = max((place for place, value in enumerate(line.values) if value is not None), default=None)
        if last is not None:
            ends.append((at(last, line.values[last] or 0.0)[1] + 4, line))
    ends.sort(key=lambda end: end[0])
    placed: list[str] = []
    lowest = top - _LINE
    for y, line in ends:
        lowest = max(y, lowest + _LINE)
        placed.append(f'<text class="end end-{line.look}" x="{x:.1f}" y="{lowest:.1f}">{escape(line.name)}</text>')
    return placed
