"""One document, written twice: what a person reads is the same, and nothing in it is taken for markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import unescape

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.report.document import (
    Cards,
    Code,
    Document,
    Item,
    Lists,
    Plot,
    Points,
    Section,
    Table,
    Tiles,
    Words,
)
from app.report.dots import Series, dot_plot
from app.report.figures import Estimate, estimate, interval, share, signed, sure, when
from app.report.html import to_html
from app.report.markdown import to_markdown
from app.report.plots import Dot, scatter, short

NASTY = "a <b>*bold*</b> | `code` [link](x)"


def document(words: str) -> Document:
    table = Table(("name", "figure"), ((words, ".1"), ("other", ".2")), 1, frozenset({1}))
    plot = Plot(words, words, '<svg xmlns="http://www.w3.org/2000/svg"></svg>', table)
    lists = Lists(words, words, (("one", (Item(words, words, True), Item("second"))), ("two", (Item("third"),))))
    blocks = (
        Words(words),
        Points((words,)),
        Tiles(((words, "3"),)),
        table,
        Cards((plot,)),
        plot,
        lists,
        Code("run it"),
    )
    return Document(words, words, (Section(words, blocks),))


def test_nothing_that_a_toy_is_called_is_taken_for_markup() -> None:
    page, markdown = to_html(document(NASTY)), to_markdown(document(NASTY))
    assert "<b>" not in page.replace("<b>3</b>", "")  # a tile's figure
    assert page.count(NASTY.replace("<", "&lt;").replace(">", "&gt;")) >= 10
    assert not re.search(r"(?<!\\)[|`*<\[](?=bold|b>|code|link)", markdown)
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3, 4}


@pytest.mark.parametrize("words", ["Plain words.", "木轨道 & more"])
def test_both_say_every_word(words: str) -> None:
    page, markdown = unescape(to_html(document(words))), to_markdown(document(words))
    for each in (words, "second", "third", "run it", ".2", "other"):
        assert each in page
        assert each in markdown
    assert f"**{words}**<br>{words}" in markdown
    assert "| **other** | **.2** |" in markdown


def test_figures_are_written_with_their_intervals() -> None:
    assert sure(Estimate(0.0676, 0.0621, 0.0733)) == ".0676 (.0621–.0733)"
    assert sure(Estimate(0.0012, -0.0011, 0.00001), signed) == "+.0012 (−.0011 to .0000)"
    assert interval(Estimate(0.1, -0.2, 0.3), signed) == "−.2000 to +.3000"
    assert share(Estimate(0.117, 0.109, 0.126)) == "11.7\u00a0% (10.9–12.6\u00a0%)"
    found = estimate(np.array([0.0, 1.0] * 50))
    assert found.value == 0.5
    assert 0.35 < found.low < 0.5 < found.high < 0.65
    assert np.isnan(estimate(np.empty(0)).value)


figures = st.floats(-1, 1, allow_subnormal=False)
estimates = st.none() | st.lists(figures, min_size=3, max_size=3).map(
    lambda ends: Estimate(sorted(ends)[1], min(ends), max(ends))
)


@given(st.lists(st.tuples(estimates, estimates), max_size=6), st.none() | figures)
def test_points_and_whiskers_lie_within_the_plot(
    rows: list[tuple[Estimate | None, ...]], against: float | None
) -> None:
    series = [Series("one", "dot-0"), Series("two", "dot-none")]
    named = [(f"row {place}", row) for place, row in enumerate(rows)]
    root = ET.fromstring(dot_plot(named, series, "a & b", "across", short, against))
    marks = [each for each in root.iter() if each.attrib.get("class", "").startswith("dot dot-")]
    known = sum(estimate is not None for row in rows for estimate in row)
    assert len(marks) == (known + 2 if known else 0)  # the legend has one of each
    if known:
        _, _, wide, high = map(float, root.attrib["viewBox"].split())
        for line in root.iter("{http://www.w3.org/2000/svg}line"):
            assert all(0 <= float(line.attrib[name]) <= wide for name in ("x1", "x2"))
            assert all(0 <= float(line.attrib[name]) <= high for name in ("y1", "y2"))


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=8))
def test_costs_that_are_far_apart_have_room(costs: list[float]) -> None:
    dots = [Dot(cost, 0.5, "x", "dot-0") for cost in costs]
    root = ET.fromstring(scatter(dots, [0], "t", "MB", "NDCG@10", by_tens=True))
    wide = float(root.attrib["viewBox"].split()[2])
    marks = [each for each in root.iter() if each.attrib.get("class", "").startswith("dot ")]
    places = [float(each.attrib["cx"]) for each in marks]
    assert all(50 <= place <= wide for place in places)
    in_order = [places[place] for place in np.argsort(costs, kind="stable")]
    assert in_order == sorted(in_order)


def test_a_logarithmic_axis_tells_a_cost_from_its_first_tick() -> None:
    dots = [Dot(cost, 0.5, "x", "dot-0") for cost in (0.0, 0.012, 5.0)]
    root = ET.fromstring(scatter(dots, [], "t", "MB", "NDCG@10", by_tens=True))
    free, cheap, dear = (float(e.attrib["cx"]) for e in root.iter() if e.attrib.get("class", "").startswith("dot "))
    first = next(e for e in root.iter() if e.text == "0.01")
    assert free == float(first.attrib["x"]) < cheap < dear


def test_moments_are_written_for_people() -> None:
    assert when("2026-11-29T18:22:32+00:00") == "2026-11-29 18:22 UTC"
    assert when("2026-11-29T19:22:32+01:00") == "2026-11-29 18:22 UTC"
    assert when("") == ""
    assert when("one day") == "one day"
