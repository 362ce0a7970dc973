from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.report.plots import STEPS, Dot, heat_map, nice_step, plain, scatter, shade_of
from app.report.sweep import fronts, gain_of, sweep_page
from distillation.study import Row

ABOUT = {
    "teacher": "a" * 64,
    "teacher_name": "small & <b>bold</b>",
    "dataset": "b" * 64,
    "toys": 3000,
    "alpha": [0.1, 0.5],
    "temperature": [1.0, 2.0],
    "width": [32],
    "family": ["transformer", "pooling"],
    "bits": [8, 4],
    "epochs": 10,
    "untaught": {"epochs": 40, "learning_rate": 0.003, "dropout": 0.5},
    "finish": 2,
}


def row(number, family, bits, alpha, temperature, ndcg, size, milliseconds):
    return Row(number, family, 32, bits, alpha, temperature, ndcg, 2 * ndcg, size, milliseconds, 60.0, 9, 7)


ROWS = [
    row(0, "transformer", 8, None, None, 0.040, 200_000, 0.20),
    row(1, "pooling", 4, None, None, 0.030, 100_000, 0.10),
    row(2, "transformer", 8, 0.1, 1.0, 0.060, 200_000, 0.20),
    row(3, "transformer", 8, 0.5, 2.0, 0.058, 200_000, 0.20),
    row(4, "pooling", 4, 0.1, 2.0, 0.045, 100_000, 0.10),
    Row(5, "pooling", 32, 8, 0.5, 1.0, error="The loss is <no> number."),
]


def test_the_page_fetches_nothing_and_closes_what_it_opens():
    page = sweep_page(ABOUT, ROWS, "my <sweep>")
    assert not re.search(r"(?:src|href)=|@import|url\(|<script", page)
    opened: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag):
            assert opened.pop() == tag

        def handle_startendtag(self, tag, attrs):
            pass

    Balance().feed(page)
    assert opened == []
    assert "my &lt;sweep&gt;" in page
    assert "small &amp; &lt;b&gt;" in page
    assert "The loss is &lt;no&gt; number." in page
    assert all('role="img" aria-label="' in tag for tag in re.findall(r"<svg[^>]*xmlns[^>]*>", page))


def test_every_student_is_in_the_table_best_first_and_on_both_plots():
    page = sweep_page(ABOUT, ROWS, "sweep")
    table = page[page.index("Every student") :]
    assert re.findall(r"<th scope=row>(\d+)</th>", table) == ["2", "3", "4", "0", "1", "5"]
    for each in ROWS[:5]:
        assert page.count(f"<title>#{each.number} ") == 2
    assert table.count("no teacher") == 2
    assert "size and latency" in table
    assert "+50.0" in table  # .060 against .040
    assert ".0600" in page[page.index("What temperature") :]


def test_figures_by_hand():
    made = ROWS[:5]
    assert fronts(made) == {"bytes": {4, 2}, "milliseconds": {4, 2}}
    assert gain_of(ROWS[2], made) == pytest.approx(0.5)
    assert gain_of(ROWS[0], made) is None
    assert gain_of(ROWS[2], ROWS[1:5]) is None


def test_a_sweep_that_has_made_nothing_yet_has_a_page():
    page = sweep_page(ABOUT, [], "sweep")
    assert page.count("Nothing to show yet") == 2
    assert "NaN" not in page


numbers = st.floats(0, 1e7, allow_subnormal=False)


@given(st.lists(st.tuples(numbers, st.floats(0, 1, allow_subnormal=False), st.text(max_size=5)), max_size=20))
def test_dots_lie_within_the_plot_whatever_they_are(data):
    clean = [(x, y, "".join(c for c in text if c.isprintable())) for x, y, text in data]
    dots = [Dot(x, y, text, "dot-0", bool(n % 2)) for n, (x, y, text) in enumerate(clean)]
    root = ET.fromstring(scatter(dots, range(min(2, len(dots))), "a & b", "cost", "quality"))
    if dots:
        _, _, wide, high = map(float, root.attrib["viewBox"].split())
        marks = [each for each in root.iter() if each.attrib.get("class", "").startswith("dot")]
        assert len(marks) == len(dots)
        assert all(0 <= float(m.attrib["cx"]) <= wide and 0 <= float(m.attrib["cy"]) <= high for m in marks)


@given(st.dictionaries(st.tuples(st.sampled_from([0.1, 0.5]), st.sampled_from([1.0, 2.0])), st.floats(0, 1)))
def test_a_heat_map_shows_every_figure_and_frames_the_best(values):
    root = ET.fromstring(heat_map(values, [0.1, 0.5], [1.0, 2.0], ("α", "T"), "a & b"))
    kinds = [each.attrib.get("class", "") for each in root.iter()]
    assert sum(kind.startswith("heat heat-") for kind in kinds) == len(values)
    assert kinds.count("best-cell") == min(1, len(values))


@given(st.floats(1e-6, 1e9), st.integers(1, 9))
def test_steps_are_round_and_cover(span, parts):
    step = nice_step(span, parts)
    assert step * parts >= span * 0.999
    assert step * parts <= span * 2.51
    assert float(plain(step, step).replace(",", "")) == pytest.approx(step, rel=1e-6)


def test_shades():
    assert [shade_of(value, (0.0, 1.0)) for value in (0.0, 0.5, 1.0)] == [0, STEPS // 2, STEPS - 1]
    assert shade_of(3.0, (3.0, 3.0)) == STEPS - 1
