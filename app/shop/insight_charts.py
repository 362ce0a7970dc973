"""The charts of the Insights page as Vega-Lite, in the shop's colours. Every figure in them stands in a table too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.shop.theme import load_theme

Scheme = Literal["light", "dark"]
Place = Literal["slanted", "right", "below"]
Chart = dict[str, Any]

COLOURS: Final = {"shipped": "tomato", "form": "amber", "teacher": "teal", "baseline": "edge"}
SHAPES: Final = {"shipped": "diamond", "form": "circle", "teacher": "square", "baseline": "triangle-up"}
"""Kind of contender → its colour in the palette, and its sign: neither says it alone."""
BREAK: Final = " · "
"""In a group's name: the rest stands on a second line."""
_LABELS: Final = 185  # pixels for names beside bars
_ROW: Final = 46


@dataclass(frozen=True, slots=True)
class Point:
    """What is drawn of one contender. label: beside it, may be empty; told: the whole, under the pointer"""

    name: str
    kind: str
    label: str
    told: str
    ndcg: float
    low: float
    high: float
    cost: float = 0.0
    group: str = ""
    place: Place = "right"


def bars(points: Sequence[Point], figure: str, scheme: Scheme) -> Chart:
    """A bar for each, best first, with its interval and its figure."""
    order = [point.name for point in points]
    y = {"field": "name", "type": "nominal", "sort": order, "title": None}
    end = {"field": "high", "type": "quantitative"}
    return _whole(
        {
            "data": {"values": _values(points)},
            "height": {"step": _ROW},
            "encoding": {"y": y, "tooltip": _TOLD},
            "layer": [
                {
                    "mark": {"type": "bar", "height": 22, "cornerRadiusEnd": 6},
                    "encoding": {
                        "x": {"field": "ndcg", "type": "quantitative", "title": figure},
                        "color": _colour(scheme),
                    },
                },
                {
                    "mark": {"type": "rule", "strokeWidth": 2, "color": _palette(scheme)["ink"]},
                    "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
                },
                {
                    "mark": {
                        "type": "text",
                        "align": "left",
                        "dx": 8,
                        "color": _palette(scheme)["ink"],
                        "fontWeight": 700,
                    },
                    "encoding": {"x": end, "text": {"field": "label"}},
                },
            ],
        },
        scheme,
    )


def intervals(points: Sequence[Point], figure: str, scheme: Scheme, names: Mapping[str, str]) -> Chart:
    """For each group its contenders one below the other, with their intervals. names: kind → its name in the legend."""
    groups = list(dict.fromkeys(point.group for point in points))
    kinds = [kind for kind in names if any(point.kind == kind for point in points)]
    lines = {"labelExpr": f"split(datum.label, '{BREAK}')"}
    y = {"field": "group", "type": "nominal", "sort": groups, "title": None, "axis": lines}
    offset = {"field": "kind", "type": "nominal", "sort": kinds}
    colour = {
        **_colour(scheme, kinds),
        "legend": {"title": None, "orient": "top", "labelExpr": _expression(names), "direction": "vertical"},
    }
    shape = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": kinds, "range": [SHAPES[kind] for kind in kinds]},
        "legend": colour["legend"],
    }
    return _whole(
        {
            "data": {"values": _values(points)},
            "height": {"step": 17, "for": "offset"},
            "encoding": {"y": y, "yOffset": offset, "color": colour, "tooltip": _TOLD},
            "layer": [
                {
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                    "encoding": {"x": {"field": "ndcg", "type": "quantitative", "title": figure}, "shape": shape},
                },
            ],
        },
        scheme,
    )


def pareto(
    points: Sequence[Point],
    worth: Sequence[Point],
    titles: tuple[str, str],
    scheme: Scheme,
    names: Mapping[str, str],
) -> Chart:
    """Cost to the right, quality upwards, a line through those worth having. titles: of the axes."""
    kinds = [kind for kind in names if any(point.kind == kind for point in points)]
    costs = [point.cost for point in points]
    x = {
        "field": "cost",
        "type": "quantitative",
        "title": titles[0],
        "scale": {"type": "log", "domain": [min(costs) / 1.7, max(costs) * 5], "nice": False},
        "axis": {"values": _ticks(min(costs) / 1.7, max(costs) * 5), "format": "~g", "grid": False},
    }
    room = 1.4 * max(point.ndcg for point in points)  # for words above the best
    y = {"field": "ndcg", "type": "quantitative", "title": titles[1], "scale": {"domain": [0, room], "nice": False}}
    legend = {"title": None, "orient": "top", "labelExpr": _expression(names), "direction": "vertical"}
    ink = _palette(scheme)["ink"]
    return _whole(
        {
            "height": 340,
            "encoding": {"x": x, "y": y},
            "layer": [
                {
                    "data": {"values": _values(worth)},
                    "mark": {
                        "type": "line",
                        "interpolate": "step-after",
                        "strokeDash": [5, 4],
                        "color": ink,
                        "opacity": 0.5,
                    },
                },
                {
                    "data": {"values": _values(points)},
                    "mark": {"type": "point", "filled": True, "size": 150, "opacity": 1},
                    "encoding": {
                        "color": {**_colour(scheme, kinds), "legend": legend},
                        "shape": {
                            "field": "kind",
                            "type": "nominal",
                            "scale": {"domain": kinds, "range": [SHAPES[kind] for kind in kinds]},
                            "legend": legend,
                        },
                        "tooltip": _TOLD,
                    },
                },
                *(
                    {
                        "data": {"values": _values([point for point in points if point.place == place])},
                        "mark": {"type": "text", "align": "left", "baseline": "middle", "color": ink, **how},
                        "encoding": {"text": {"field": "label"}},
                    }
                    for place, how in _PLACES.items()
                ),
            ],
        },
        scheme,
    )


def pairs(rows: Sequence[tuple[str, int, int]], words: tuple[str, str], scheme: Scheme) -> Chart:
    """For each name a bar, and within it a darker one that is a part of it. words: what the two are."""
    palette = _palette(scheme)
    order = [name for name, _, _ in rows]
    values = [{"name": name, "whole": whole, "part": part} for name, whole, part in rows]
    layers = [
        {
            "mark": {"type": "bar", "height": height, "cornerRadiusEnd": 6, "color": palette[colour]},
            "encoding": {"x": {"field": field, "type": "quantitative", "title": words[0], "axis": {"tickMinStep": 1}}},
        }
        for field, colour, height in (("whole", "edge", 22), ("part", "tomato", 12))
    ]
    told = [
        {"field": "name", "title": " "},
        {"field": "whole", "title": words[0]},
        {"field": "part", "title": words[1]},
    ]
    return _whole(
        {
            "data": {"values": values},
            "height": {"step": 34},
            "encoding": {
                "y": {"field": "name", "type": "nominal", "sort": order, "title": None},
                "tooltip": told,
            },
            "layer": layers,
        },
        scheme,
    )


_PLACES: Final[dict[str, Chart]] = {
    "right": {"dx": 11, "dy": -10},
    "below": {"dx": 11, "dy": 8},
    "slanted": {"dx": 12, "angle": 315},
}


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers within the ends of a logarithmic axis: powers of ten, and with few of these 2 and 5 between."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 100 else (1,)
    return [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]


_TOLD: Final = [{"field": "name", "title": " "}, {"field": "told", "title": " "}]


def _values(points: Sequence[Point]) -> list[dict[str, Any]]:
    return [
        {
            name: getattr(point, name)
            for name in ("name", "kind", "label", "told", "ndcg", "low", "high", "cost", "group", "place")
        }
        for point in points
    ]


def _colour(scheme: Scheme, kinds: Sequence[str] = tuple(COLOURS)) -> Chart:
    palette = _palette(scheme)
    return {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(kinds), "range": [palette[COLOURS[kind]] for kind in kinds]},
        "legend": None,
    }


def _expression(names: Mapping[str, str]) -> str:
    """A Vega expression that gives a kind its name in the legend. `names` are the shop's own words."""
    tests = "".join(f"datum.value === '{kind}' ? {_quoted(name)} : " for kind, name in names.items())
    return f"{tests}datum.value"


def _quoted(words: str) -> str:
    return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _palette(scheme: Scheme) -> Mapping[str, str]:
    theme = load_theme()
    return theme.dark if scheme == "dark" else theme.light


def _whole(chart: Chart, scheme: Scheme) -> Chart:
    """`chart` in the shop's face: its letters, its lines, no box around it."""
    palette, words = _palette(scheme), load_theme().sizes["words"]
    return {
        **chart,
        "background": None,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 4, "right": 4, "top": 4, "bottom": 4},
        "config": {
            "font": words,
            "view": {"stroke": None},
            "axis": {
                "labelColor": palette["ink"],
                "titleColor": palette["soft-ink"],
                "gridColor": palette["line"],
                "domain": False,
                "ticks": False,
                "labelFontSize": 14,
                "titleFontSize": 13,
                "titleFontWeight": 500,
                "labelPadding": 8,
                "titlePadding": 10,
            },
            "axisY": {"labelLimit": _LABELS},
            "axisX": {"tickCount": 5},
            "legend": {"labelColor": palette["ink"], "labelFontSize": 14, "symbolSize": 120, "padding": 6},
            "text": {"fontSize": 13},
        },
    }
