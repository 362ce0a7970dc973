"""What `toyguide bench sizes` measured, as one SVG that stands by itself: time a request over the catalogue's size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from app.cli.sizes.verdict import BUDGET, FLOAT32, INDEX, INT8, RECALLS, RULES, quickest

WIDTH: Final = 560
_HEIGHT: Final = 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 150, 34, 46
_LINE: Final = 15
_STYLE: Final = """
svg { --ink:#2d2540; --soft:#5d5470; --card:#fff; --line:#ecdcc0; --a:#0b6a66; --b:#6a3fb5; --c:#c0342b; --d:#b3711a; }
@media (prefers-color-scheme: dark) { svg { --ink:#f3ecff; --soft:#b9aed0; --card:#272036; --line:#42385a; --a:#5cc4b8;
  --b:#bb9bff; --c:#ff8a7c; --d:#f0b45f; } }
.card { fill:var(--card); } .head { fill:var(--ink); font-weight:650; } .tick { fill:var(--soft); }
.grid { stroke:var(--line); } .budget { stroke:var(--ink); stroke-dasharray:5 4; opacity:.6; }
.series { fill:none; stroke-width:2.25; } .a { --of:var(--a); } .b { --of:var(--b); } .c { --of:var(--c); }
.d { --of:var(--d); } .e { --of:var(--soft); } .series, .point { stroke:var(--of); } .point, .label { fill:var(--of); }
.e.series { stroke-dasharray:2 4; }
"""


@dataclass(frozen=True)
class Series:
    """A line: points (toys, milliseconds), those that are not finite left out; look: its class, a … e."""

    name: str
    look: str
    points: tuple[tuple[float, float], ...]


def chart(sizes: Sequence[Mapping[str, Any]]) -> str:
    """The SVG. sizes: as `app.cli.sizes.verdict.verdict` takes them."""
    kinds = [(f"exact {FLOAT32}", "a", FLOAT32, 0.0), (f"exact {INT8}", "b", INT8, 0.0)]
    kinds += [(f"index, recall ≥ {recall:g}", look, INDEX, recall) for recall, look in zip(RECALLS, "dc", strict=True)]
    kinds.append(("rules (the mask)", "e", RULES, 0.0))
    series = [
        Series(name, look, tuple((each["toys"], quickest(each, way, recall)) for each in sizes))
        for name, look, way, recall in kinds
    ]
    return draw(series, "Milliseconds a request, one thread, by the size of the catalogue", BUDGET)


def draw(series: Sequence[Series], title: str, budget: float) -> str:
    """Lines over two logarithmic axes, each with its name at its end; budget: a height that is marked."""
    drawn = [(each, [point for point in each.points if math.isfinite(point[1])]) for each in series]
    toys = [x for _, points in drawn for x, _ in points]
    times = [y for _, points in drawn for _, y in points] + [budget]
    low_x, high_x = math.log10(min(toys)), math.log10(max(toys))
    low_y, high_y = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    wide, tall = WIDTH - _LEFT, _HEIGHT - _TOP - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(x) - low_x) / ((high_x - low_x) or 1)
        return _LEFT + share * wide, _TOP + (high_y - math.log10(y)) / ((high_y - low_y) or 1) * tall

    parts = [f'<text class="head" x="14" y="20">{escape(title)}</text>']
    for power in range(low_y, high_y + 1):
        y = at(10**low_x, 10.0**power)[1]
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for size in sorted(set(toys)):
        x = at(size, budget)[0]
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_TOP + tall}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{_TOP + tall + 18}" text-anchor="middle">{size:,.0f}</text>')
    parts.append(f'<text class="tick" x="{WIDTH}" y="{_HEIGHT - 8}" text-anchor="end">toys</text>')
    y = at(10**low_x, budget)[1]
    parts.append(f'<line class="budget" x1="{_LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
    ends = _apart([(at(*points[-1])[1], place) for place, (_, points) in enumerate(drawn) if points])
    for place, (each, points) in enumerate(drawn):
        if not points:
            continue
        places = [at(*point) for point in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="series {each.look}" points="{line}"/>')
        for (x, y), (size, time) in zip(places, points, strict=True):
            said = f"{each.name}, {size:,.0f} toys: {time:.3f} ms"
            spot = f'<circle class="point {each.look}" cx="{x:.1f}" cy="{y:.1f}" r="3.5">'
            parts.append(f"{spot}<title>{escape(said)}</title></circle>")
        label = f'x="{places[-1][0] + 9:.1f}" y="{ends[place] + 4:.1f}"'
        parts.append(f'<text class="label {each.look}" {label}>{escape(each.name)}</text>')
    whole = WIDTH + _RIGHT
    return (
        f'<svg viewBox="0 0 {whole} {_HEIGHT}" width="{whole}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" font-size="12"><style>{_STYLE}</style>'
        f'<rect class="card" width="100%" height="100%" rx="14"/>{"".join(parts)}</svg>\n'
    )


def _apart(ends: Sequence[tuple[float, int]]) -> dict[int, float]:
    """{place: height of its label}, none nearer to the one above than a line. ends: (height, place)."""
    heights: dict[int, float] = {}
    lowest = -math.inf
    for y, place in sorted(ends):
        lowest = max(y, lowest + _LINE)
        heights[place] = lowest
    return heights
