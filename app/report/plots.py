"""Two plots as inline SVG: points with their Pareto front, and a heat map. Colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from app.report.charts import WIDTH, svg
from app.report.labels import Box, first_free

STEPS: Final = 7
"""Shades of a heat map: the classes heat-0 … heat-6."""
_FAR: Final = 20
"""Costs of which the highest is more than so many times the lowest may have an axis that goes by tens."""
_CORNERS: Final = {"dot-none": "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z", "dot-1": "m-4 -4h8v8h-8z"}
"""Looks that are no circles, drawn around their point: who does not see colours well sees shapes."""
_LETTER: Final = 6.3  # width of a wide letter at 12 px
_NEAR: Final = 0.6
"""Costs that lie nearer together than this share of the highest have an axis that does not begin at 0."""
STYLE: Final = """
:root { --violet:#6a3fb5; --heat-0:#eef4ee; --heat-1:#d3e8e2; --heat-2:#add8cf; --heat-3:#7fc1b7; --heat-4:#4aa39a;
  --heat-5:#1f7f7a; --heat-6:#0a5652; --on-pale:#2d2540; --on-deep:#fff; }
@media (prefers-color-scheme: dark) { :root { --violet:#bb9bff; --heat-0:#26303a; --heat-1:#27414a; --heat-2:#28555a;
  --heat-3:#2f6f70; --heat-4:#3f9089; --heat-5:#5cb9ac; --heat-6:#92e0d2; --on-pale:#f3ecff; --on-deep:#14211f; } }
.dot { stroke-width:1.75; } .dot-0 { stroke:var(--teal); fill:var(--teal); }
.dot-1 { stroke:var(--violet); fill:var(--violet); } .dot-none { stroke:var(--tomato); fill:var(--tomato); }
.dot { fill-opacity:.75; } .hollow { fill:var(--card); fill-opacity:1; }
.front { fill:none; stroke:var(--ink); stroke-width:1.5; stroke-dasharray:5 3; opacity:.7; }
.chosen { fill:none; stroke:var(--ink); stroke-width:1.5; } .place { fill:var(--ink); font-weight:650; }
.heat { stroke:var(--card); stroke-width:2; } .heat-text { font-weight:550; font-variant-numeric:tabular-nums; }
.best-cell { fill:none; stroke:var(--tomato); stroke-width:2.5; }
""" + "".join(
    f".heat-{step} {{ fill:var(--heat-{step}); }} .on-{step} {{ fill:var(--on-{'pale' if step < 4 else 'deep'}); }}\n"
    for step in range(STEPS)
)


@dataclass(frozen=True)
class Dot:
    """A point. look: its class, dot-0, dot-1, … or dot-none; hollow: drawn as a ring; label: shown when pointed at

    name: stands beside it in a scatter where there is room
    """

    x: float
    y: float
    label: str
    look: str
    hollow: bool = False
    name: str = ""


def scatter(
    dots: Sequence[Dot],
    front: Sequence[int],
    title: str,
    across: str,
    up: str,
    height: int = 360,
    by_tens: bool = False,
) -> str:
    """Points by cost and quality, those of `front` (places in `dots`, cheapest first) numbered and joined.

    by_tens: whether costs that are far apart have a logarithmic axis
    """
    if not dots:
        return f'<p class="nothing" aria-label="{escape(title)}">Nothing to show yet.</p>'
    left, right, bottom, top = 58, 24, 44, 26
    wide, tall = WIDTH - left - right, height - top - bottom
    most = max(dot.x for dot in dots) or 1.0
    least = min(dot.x for dot in dots)
    least = least if least > _NEAR * most else 0.0
    step_x = nice_step((most - least) or most, 5)
    ticks = [step_x * tick for tick in range(math.floor(least / step_x - 0.2), math.ceil(most / step_x + 0.2) + 1)]
    ticks = [tick for tick in ticks if tick >= 0]
    smallest = min((dot.x for dot in dots if dot.x > 0), default=most)
    scale: Callable[[float], float] = float
    if by_tens and most > _FAR * smallest:
        ticks = _tens(smallest, most)
        scale = _logarithm(ticks[0])
    low_x, high_x = scale(ticks[0]), scale(ticks[-1])
    low, high = min(dot.y for dot in dots), max(dot.y for dot in dots)
    step_y = nice_step((high - low) or abs(high) or 1.0, 5)
    low_y = step_y * math.floor(low / step_y)
    high_y = max(step_y * math.ceil(high / step_y), low_y + step_y)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (scale(x) - low_x) / (high_x - low_x) * wide, top + (high_y - y) / (high_y - low_y) * tall

    parts = []
    for stair in range(round((high_y - low_y) / step_y) + 1):
        value = low_y + stair * step_y
        y = at(ticks[0], value)[1]
        parts.append(f'<line class="grid" x1="{left}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{left - 7}" y="{y + 4:.1f}" text-anchor="end">{plain(value, step_y)}</text>'
        )
    for tick in ticks:
        x = at(tick, low_y)[0]
        said = f"{tick:g}" if scale is not float else plain(tick, step_x)
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - bottom + 18}" text-anchor="middle">{said}</text>')
    parts.append(f'<text class="tick" x="{WIDTH - right}" y="{height - 8}" text-anchor="end">{escape(across)}</text>')
    parts.append(f'<text class="tick" x="{left - 48}" y="{top - 12}">{escape(up)}</text>')
    parts.append(_steps([at(dots[place].x, dots[place].y) for place in front], WIDTH - right))
    for dot in sorted(dots, key=lambda each: each.hollow, reverse=True):
        parts.append(mark(*at(dot.x, dot.y), dot))
    taken = [_around(*at(dot.x, dot.y), 6) for dot in dots]
    for number, place in enumerate(front, start=1):
        x, y = at(dots[place].x, dots[place].y)
        parts.append(f'<circle class="chosen" cx="{x:.1f}" cy="{y:.1f}" r="8.5"/>')
        beside = -14 if x > left + 20 else 14  # never over the figures of the axis
        parts.append(f'<text class="place" x="{x + beside:.1f}" y="{y - 9:.1f}" text-anchor="middle">{number}</text>')
        taken += [_around(x, y, 9), _around(x + beside, y - 13, 7)]
    within = (left, 0, WIDTH, height - bottom)
    for dot in dots:
        parts += _name(dot.name, *at(dot.x, dot.y), taken, within)
    return svg(title, height, parts, look="chart")


def _around(x: float, y: float, far: float) -> Box:
    return x - far, y - far, x + far, y + far


def _name(name: str, x: float, y: float, taken: list[Box], within: Box) -> Iterator[str]:
    """The name of a point, where it covers nothing `taken`, to which its box is added; nothing where no room is."""
    wide = len(name) * _LETTER
    anchors = ((x + 12, y + 4, "start", 0.0), (x - 12, y + 4, "end", 1.0), (x, y + 21, "middle", 0.5),
               (x, y - 13, "middle", 0.5), (x + 9, y + 19, "start", 0.0), (x - 9, y + 19, "end", 1.0))  # fmt: skip
    boxes = [(at - part * wide, down - 10, at + (1 - part) * wide, down + 3) for at, down, _, part in anchors]
    chosen = first_free(boxes, taken, within) if name else None
    if chosen is not None:
        taken.append(boxes[chosen])
        at, down, anchor, _ = anchors[chosen]
        yield f'<text class="of-dot" x="{at:.1f}" y="{down:.1f}" text-anchor="{anchor}">{escape(name)}</text>'


def _logarithm(least: float) -> Callable[[float], float]:
    """Places on a logarithmic axis that begins at `least`: what costs nothing stands there too."""
    return lambda value: math.log10(max(value, least))


def _tens(least: float, most: float) -> list[float]:
    """Ticks of a logarithmic axis around both: 1, 2, 5, 10, …, or every third or tenth where that is a crowd."""
    decades = math.log10(most / least)
    factors = (1, 2, 5) if decades < 1.7 else (1, 3) if decades < 3 else (1,)
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    every = [factor * 10.0**power for power in powers for factor in factors]
    first = max((place for place, tick in enumerate(every) if tick < least), default=0)
    last = min((place for place, tick in enumerate(every) if tick > most), default=len(every) - 1)
    return every[first : last + 1]


def _steps(places: Sequence[tuple[float, float]], end: float) -> str:
    """The front as stairs: what is to be had for so much. A stair ends where the next, better one begins."""
    if not places:
        return ""
    (x, y), *rest = places
    path = [f"M{x:.1f} {y:.1f}"] + [f"H{x:.1f}V{y:.1f}" for x, y in rest] + [f"H{end}"]
    return f'<path class="front" d="{"".join(path)}"/>'


def mark(x: float, y: float, dot: Dot) -> str:
    """The sign of a point at (x, y) of a drawing: a circle, a square for dot-1, a diamond for dot-none."""
    look = f"dot {dot.look}{' hollow' if dot.hollow else ''}"
    shape, place = "circle", f'cx="{x:.1f}" cy="{y:.1f}" r="4.5"'
    if dot.look in _CORNERS:
        shape, place = "path", f'd="M{x:.1f} {y:.1f}{_CORNERS[dot.look]}"'
    said = f"<title>{escape(dot.label)}</title>" if dot.label else ""
    return f'<{shape} class="{look}" {place}>{said}</{shape}>'


def heat_map(
    values: Mapping[tuple[float, float], float | None],
    rows: Sequence[float],
    columns: Sequence[float],
    names: tuple[str, str],
    title: str,
) -> str:
    """Figures by (row, column): pale is this map's lowest, deep its highest, which is framed too."""
    left, top, cell = 52, 34, 44
    wide = min(92.0, (WIDTH - left) / max(len(columns), 1))
    known = [value for value in values.values() if value is not None]
    bounds = min(known, default=0.0), max(known, default=0.0)
    parts, framed = [], ""
    parts.append(f'<text class="tick" x="{left}" y="12">{escape(names[1])} →</text>')
    parts.append(f'<text class="tick" x="{left - 10}" y="28" text-anchor="end">{escape(names[0])} ↓</text>')
    for place, column in enumerate(columns):
        x = left + (place + 0.5) * wide
        parts.append(f'<text class="tick" x="{x:.1f}" y="28" text-anchor="middle">{column:g}</text>')
    for down, row in enumerate(rows):
        y = top + down * cell
        parts.append(f'<text class="tick" x="{left - 10}" y="{y + cell / 2 + 4:.1f}" text-anchor="end">{row:g}</text>')
        for place, column in enumerate(columns):
            x, value = left + place * wide, values.get((row, column))
            frame = f'x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{cell}" rx="5"'
            middle = f'x="{x + wide / 2:.1f}" y="{y + cell / 2 + 4:.1f}" text-anchor="middle"'
            if value is None:
                parts.append(f'<text class="tick" {middle}>–</text>')
                continue
            shade = shade_of(value, bounds)
            said = f"{names[0]} {row:g}, {names[1]} {column:g}: {value:.4f}"
            parts.append(f'<rect class="heat heat-{shade}" {frame}><title>{escape(said)}</title></rect>')
            parts.append(f'<text class="heat-text on-{shade}" {middle}>{short(value)}</text>')
            if value == bounds[1] and not framed:
                framed = f'<rect class="best-cell" {frame}/>'
    return svg(title, top + cell * len(rows) + 4, [*parts, framed], round(left + wide * len(columns) + 4), "chart")


def shade_of(value: float, bounds: tuple[float, float]) -> int:
    """Which of `STEPS` shades a value has between two bounds."""
    low, high = bounds
    share = 1.0 if high <= low else (value - low) / (high - low)
    return min(STEPS - 1, max(0, int(share * STEPS)))


def short(value: float) -> str:
    """A share of 1 to four digits, as the tables of this project write them: .0717."""
    return f"{value:.4f}".removeprefix("0") if 0 <= value < 1 else f"{value:.4f}"


def nice_step(span: float, parts: int) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten of which `parts` cover `span` > 0."""
    power = 10.0 ** math.floor(math.log10(span / parts))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10, 20) if power * factor * parts >= span * (1 - 1e-9))


def plain(value: float, step: float) -> str:
    """A tick's figure with as many digits as its step needs."""
    digits = next(n for n in range(13) if n == 12 or abs(step - round(step, n)) < step * 1e-6)
    return f"{value:,.{digits}f}"
