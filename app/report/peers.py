"""The chart of a contest: quality by the time of a request, a dot as large as its model. An SVG of its own, on a card
of its own, so that it can be read on a light page and on a dark one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from app.report.plots import nice_step, short

WIDTH: Final = 720
HEIGHT: Final = 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 28, 56, 56
_INK, _SOFT, _LINE, _CARD, _OURS, _PEER = "#2d2540", "#5d5470", "#ecdcc0", "#fffdf8", "#0b6a66", "#c0342b"
_LEAST, _MOST = 5.0, 26.0
"""Radii of the smallest and the largest model, in pixels."""


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
    for row in sorted(rows, key=lambda each: -each["bytes"]):
        parts += _dot(
            row, *at(row["milliseconds"], row["ndcg@10"]), largest, [at(1, row[end])[1] for end in ("low", "high")]
        )
    return _whole(found, parts)


def _dot(row: Mapping[str, Any], x: float, y: float, largest: float, ends: list[float]) -> list[str]:
    radius = max(_LEAST, _MOST * math.sqrt(row["bytes"] / largest))
    colour = _OURS if row["kind"] == "ours" else _PEER
    said = f"{row['name']}: NDCG@10 {row['ndcg@10']:.4f}, {row['milliseconds']:.2f} ms, {row['bytes'] / 1e6:.2f} MB"
    to_left = x > WIDTH / 2
    beside = x - radius - 7 if to_left else x + radius + 7
    anchor = "end" if to_left else "start"
    return [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}" stroke="{colour}" stroke-width="1.5"/>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity=".72" stroke="{colour}">'
        f"<title>{escape(said)}</title></circle>",
        _text(beside, y - 2, row["name"], anchor, _INK, 'font-weight="600"'),
        _text(beside, y + 13, f"{row['milliseconds']:.2f} ms, {row['bytes'] / 1e6:.2f} MB", anchor, _SOFT),
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
