"""Lines over time: in their place, named where they end, and without a stroke where nothing is known."""

from __future__ import annotations

import re

from app.report.lines import Event, Line, lines

WEEKS = ("11-25", "12-02", "12-09")


def test_each_line_is_drawn_and_named() -> None:
    svg = lines([Line("popularity", (0.05, 0.06, 0.05), 2), Line("retrained", (0.07, 0.08, 0.09), 0)], WEEKS, "By week")
    assert svg.count('class="line line-') == 2
    ends = {name: float(y) for y, name in re.findall(r'class="end end-\d" x="[\d.]+" y="([\d.]+)">([a-z]+)<', svg)}
    assert ends["retrained"] < ends["popularity"]  # the higher figure stands higher


def test_the_axis_begins_at_0_and_reaches_the_highest() -> None:
    svg = lines([Line("rate", (0.21, 0.39, 0.30), 0)], WEEKS, "Rate", share=True)
    ticks = re.findall(r'text-anchor="end">(\d+%)<', svg)
    assert ticks[0] == "0%"
    assert ticks[-1] == "40%"


def test_a_gap_is_no_stroke_and_names_do_not_lie_over_each_other() -> None:
    svg = lines([Line("one", (0.1, None, 0.1), 0), Line("two", (0.1, 0.1, 0.1), 1)], WEEKS, "Gap")
    path = re.search(r'class="line line-0" d="([^"]+)"', svg)
    assert path is not None
    assert path[1].count("M") == 2
    heights = [float(y) for y in re.findall(r'class="end end-\d" x="[\d.]+" y="([\d.]+)"', svg)]
    assert abs(heights[0] - heights[1]) >= 15


def test_events_are_marked_at_their_place_and_names_are_escaped() -> None:
    svg = lines([Line("a & b", (1.0, 2.0, 3.0), 0)], WEEKS, "Marked", [Event(1, "recall <3>")])
    assert "recall &lt;3&gt;" in svg
    assert "a &amp; b" in svg
    assert svg.count('class="event"') == 1


def test_nothing_is_said_to_be_nothing() -> None:
    assert "Nothing to show yet" in lines([Line("none", (None, None), 0)], WEEKS[:2], "Empty")
    one = lines([Line("week", (0.5,), 0)], WEEKS[:1], "One")
    assert "nan" not in one
