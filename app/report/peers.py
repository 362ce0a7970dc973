"""The chart of a contest: quality by the time of a request, a dot as large as its model. An SVG of its own, on a card
of its own, so that it can be read on a light page and on a dark one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from app.report.labels import Box, first_free
from app.report.plots import nice_step, short

WIDTH: Final = 720
HEIGHT: Final = 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 28, 56, 56
_INK, _SOFT, _LINE, _CARD, _OURS, _PEER = "#2d2540", "#5d5470", "#ecdcc0", "#fffdf8", "#0b6a66", "#c0342b"
_LEAST, _MOST = 5.0, 26.0
"""Radii of the smallest and the largest model, in pixels."""
_LETTER: Final = 7.0  # width of a letter of a label


def chart(found: Mapping[str, Any]) -> str:
    """The SVG of results as `toyguide bench peers` writes them."""
    rows = [row for row in found["rows"] if "milliseconds" in row]
    if not rows:
        return _whole(found, [])
    times = [row["milliseconds"] for row in rows]
    low_x, high_x = math.floor(math.log10(min(times)) - 0.1), math.ceil(math.log10(max(times)) + 0.1)
    best = max(row["high"] for row in rows)
    step = nice_step(best, 5)
    high_y = step * math.ceil(best / step)
    largest = max(row["bytes"] for row in rows)

    def at(milliseconds: float, quality: float) -> tuple[float, float]:
        across = (math.log10(milliseconds) - low_x) / (high_x - low_x)
        return _LEFT + across * (WIDTH - _LEFT - _RIGHT), _TOP + (1 - quality / high_y) * (HEIGHT - _TOP - _BOTTOM)

    parts = []
    for tick in range(round(high_y / step) + 1):
        y = at(10**low_x, tick * step)[1]
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_LINE}"/>')
        parts.append(_text(_LEFT - 8, y + 4, short(tick * step), "end", _SOFT))
    for power in range(low_x, high_x + 1):
        x = at(10**power, 0)[0]
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}" stroke="{_LINE}" '
            'stroke-dasharray="3 4"/>'
        )
        parts.append(_text(x, HEIGHT - _BOTTOM + 18, f"{10.0**power:g}", "middle", _SOFT))
    dots = [_Dot(row, *at(row["milliseconds"], row["ndcg@10"]), _radius(row, largest)) for row in rows]
    taken = [dot.box for dot in dots]
    for dot in sorted(dots, key=lambda each: each.x):
        parts += _marks(dot, at(1, dot.row["low"])[1], at(1, dot.row["high"])[1])
        parts += _label(dot, taken)
    return _whole(found, parts)


@dataclass(frozen=True)
class _Dot:
    row: Mapping[str, Any]
    x: float
    y: float
    radius: float

    @property
    def box(self) -> Box:
        return self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius

    @property
    def figures(self) -> str:
        return f"{self.row['milliseconds']:.2f} ms, {self.row['bytes'] / 1e6:.2f} MB"


def _radius(row: Mapping[str, Any], largest: float) -> float:
    return max(_LEAST, _MOST * math.sqrt(row["bytes"] / largest))


def _marks(dot: _Dot, low: float, high: float) -> list[str]:
    colour = _OURS if dot.row["kind"] == "ours" else _PEER
    said = f"{dot.row['name']}: NDCG@10 {dot.row['ndcg@10']:.4f}, {dot.figures}"
    return [
        f'<line x1="{dot.x:.1f}" x2="{dot.x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{colour}" '
        'stroke-width="1.5"/>',
        f'<circle cx="{dot.x:.1f}" cy="{dot.y:.1f}" r="{dot.radius:.1f}" fill="{colour}" fill-opacity=".72" '
        f'stroke="{colour}"><title>{escape(said)}</title></circle>',
    ]


def _label(dot: _Dot, taken: list[Box]) -> list[str]:
    """Name and figures beside the dot, where they cover nothing that is `taken`; their box is added to that."""
    name = str(dot.row["name"])
    wide = _LETTER * max(len(name), len(dot.figures))
    near, upper = dot.radius + 7, dot.y - dot.radius - 22
    places = (
        (dot.x + near, dot.y - 2, "start", dot.x + near),
        (dot.x - near, dot.y - 2, "end", dot.x - near - wide),
        (dot.x, upper, "middle", dot.x - wide / 2),
        (dot.x, dot.y + near + 9, "middle", dot.x - wide / 2),
    )
    boxes = [(left, y - 12, left + wide, y + 18) for _, y, _, left in places]
    chosen = first_free(boxes, taken, (_LEFT, _TOP - 8, WIDTH - 4, HEIGHT - _BOTTOM)) or 0
    taken.append(boxes[chosen])
    x, y, anchor, _ = places[chosen]
    return [
        _text(x, y, name, anchor, _INK, 'font-weight="600"'),
        _text(x, y + 15, dot.figures, anchor, _SOFT),
    ]


def _whole(found: Mapping[str, Any], parts: list[str]) -> str:
    threads = found["threads"]
    title = "Quality by the time of one request"
    said = (
        f"{found['queries']:,} shoppers, {found['dataset']['toys']:,} toys, "
        f"{threads} thread{'' if threads == 1 else 's'}; "
        "a dot's area is the model's size, its bar the 95 % interval"
    )
    body = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="14" fill="{_CARD}" stroke="{_LINE}"/>',
        _text(20, 26, title, "start", _INK, 'font-size="15" font-weight="650"'),
        _text(20, 43, said, "start", _SOFT),
        *parts,
        _text(WIDTH - _RIGHT, HEIGHT - 14, "milliseconds a request, as its user asks (logarithmic)", "end", _SOFT),
        _text(20, HEIGHT - 14, "up: NDCG@10", "start", _SOFT),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,sans-serif" '
        f'font-size="12">{"".join(body)}</svg>\n'
    )


def _text(x: float, y: float, said: str, anchor: str, colour: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" {more}>{escape(said)}</text>'
