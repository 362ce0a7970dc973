"""Small charts as inline SVG: columns, bars and a curve. Colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

WIDTH: Final = 440
_LETTER, _DIGIT = 7.4, 7.2  # widths of a wide letter and of a digit at 13 px


def number(value: float) -> str:
    """A count for people: 1,234, and halves where there are any."""
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def tenths(value: float) -> str:
    """A share with one digit behind the point; what is neither none nor all never reads as 0 % or 100 %."""
    if 0 < value < 0.001:
        return "<\u00a00.1\u00a0%"
    if 0.999 < value < 1:
        return ">\u00a099.9\u00a0%"
    return f"{100 * value:.1f}\u00a0%"


def percent(value: float) -> str:
    """A share for people, as `tenths` but for a 0 behind the point."""
    return tenths(value).replace(".0\u00a0%", "\u00a0%")


def columns(data: Sequence[tuple[str, float]], title: str, height: int = 210) -> str:
    """Upright columns in the given order, for what has an order of its own (ages, prices, months)."""
    left, bottom, top = 52, 26, 12
    most = max((value for _, value in data), default=0)
    if most <= 0:
        return _nothing(title)
    step, ticks = _ticks(most)
    high = step * ticks
    scale = (height - top - bottom) / high
    slot = (WIDTH - left - 4) / len(data)
    every = max(1, math.ceil((max(len(label) for label, _ in data) * _DIGIT + 5) / slot))
    parts = []
    for tick in range(ticks + 1):
        y = height - bottom - tick * step * scale
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{number(tick * step)}</text>'
        )
    gap = min(6.0, slot * 0.22)
    for place, (label, value) in enumerate(data):
        x, tall = left + place * slot + gap / 2, value * scale
        parts.append(
            f'<rect class="mark" x="{x:.1f}" y="{height - bottom - tall:.1f}" width="{slot - gap:.1f}" '
            f'height="{tall:.1f}" rx="{min(3.0, tall / 2, (slot - gap) / 2):.1f}">'
            f"<title>{escape(label)}: {number(value)}</title></rect>"
        )
        if place % every == 0:
            middle = min(left + (place + 0.5) * slot, WIDTH - len(label) * _DIGIT / 2 - 2)
            parts.append(
                f'<text class="tick" x="{middle:.1f}" y="{height - 8}" text-anchor="middle">{escape(label)}</text>'
            )
    return svg(title, height, parts, look="chart")


def bars(data: Sequence[tuple[str, float]], title: str, show: Callable[[float], str] = number, most: float = 0) -> str:
    """Lying bars with their figure at the end, for names; `most` is the length of a full bar, else the longest."""
    full = most or max((value for _, value in data), default=0)
    if not data or full <= 0:
        return _nothing(title)
    line, room = 24, 76
    left = min(200.0, max(len(label) for label, _ in data) * _LETTER + 14)
    longest = round((left - 14) / _LETTER)
    parts = []
    for place, (label, value) in enumerate(data):
        y = place * line
        long = (WIDTH - left - room) * value / full
        name = label if len(label) <= longest else label[: longest - 1] + "…"
        parts.append(f'<text class="name" x="{left - 8:.1f}" y="{y + 16}" text-anchor="end">{escape(name)}</text>')
        wide = max(long, 1.0 if value else 0.0)
        round_ = min(3.0, wide / 2)
        parts.append(
            f'<rect class="mark" x="{left:.1f}" y="{y + 4}" width="{wide:.1f}" height="16" rx="{round_:.1f}">'
            f"<title>{escape(label)}: {show(value)}</title></rect>"
        )
        parts.append(f'<text class="figure" x="{left + long + 7:.1f}" y="{y + 16}">{show(value)}</text>')
    return svg(title, line * len(data), parts, look="chart")


def curve(points: Sequence[tuple[float, float]], title: str, across: str, up: str, height: int = 300) -> str:
    """A curve of shares (both axes 0 to 1) under the diagonal of equality."""
    if not points:
        return _nothing(title)
    left, bottom, top = 52, 42, 8
    wide, tall = WIDTH - left - 8, height - top - bottom

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * wide, top + (1 - y) * tall

    parts = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, _ = at(tick, 0)
        _, y = at(0, tick)
        ends = "end" if tick == 1 else "middle"
        parts.append(f'<line class="grid" x1="{left}" x2="{left + wide}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.0%}</text>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 24}" text-anchor="{ends}">{tick:.0%}</text>')
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
    (x0, y0), (x1, y1) = at(0, 0), at(1, 1)
    parts.append(f'<polygon class="area" points="{x0:.1f},{y0:.1f} {line} {x1:.1f},{y0:.1f}"/>')
    parts.append(f'<line class="even" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>')
    parts.append(f'<polyline class="curve" points="{line}"/>')
    parts.append(f'<text class="tick" x="{left + wide}" y="{height - 6}" text-anchor="end">{escape(across)}</text>')
    parts.append(f'<text class="tick" x="{left + 8}" y="{top + 14}">{escape(up)}</text>')
    return svg(title, height, parts, look="chart")


def _ticks(most: float) -> tuple[float, int]:
    """(step, how many): round steps that reach `most`, at most five."""
    power = 10.0 ** (len(str(int(most))) - 1)
    for step in (power * factor for factor in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5)):
        if step >= 1 and most <= 5 * step:
            return step, max(1, int(-(-most // step)))
    return 5 * power, 2


def svg(title: str, height: int, parts: Sequence[str], width: int = WIDTH, look: str = "") -> str:
    """A whole drawing of `parts`, at most a quarter larger than drawn. look: its class"""
    named = f' class="{look}"' if look else ""
    return (
        f'<svg{named} viewBox="0 0 {width} {height}" style="max-width:{width * 1.25:.0f}px" role="img" '
        f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _nothing(title: str) -> str:
    return f'<p class="nothing" aria-label="{escape(title)}">Nothing to show: no row states it.</p>'
