from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.report.charts import bars, columns, curve, percent
from app.report.dataset import dataset_page
from data.dataset import Dataset, Source, build_dataset
from data.schema import Toy
from data.stats import Stats, describe
from data.tables import EVENT_TABLE, TOY_TABLE
from data.world.simulate import WorldOptions, simulate


@pytest.fixture(scope="module")
def world() -> Stats:
    return describe(simulate(WorldOptions(200, 100, 1500, 5)))


def test_the_page_fetches_nothing_and_closes_what_it_opens(world: Stats) -> None:
    page = dataset_page(world, "my shop")
    assert not re.search(r"(?:src|href)=|@import|url\(|<script", page)
    opened: list[str] = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            pass

    Balance().feed(page)
    assert opened == []
    for words in ("my shop", "The long tail", "Events by month", "Columns of events", f"{world.events:,}"):
        assert words in page
    assert page.count("<svg") == 12
    assert all('role="img" aria-label="' in tag for tag in re.findall(r"<svg[^>]*>", page))


def test_text_of_the_source_is_never_markup() -> None:
    nasty = '<img src=x onerror="alert(1)">'
    stats = describe(build_dataset([Toy("t", nasty, category=(nasty,))], [], Source(nasty, 0)))
    page = dataset_page(stats, nasty)
    assert "<img" not in page
    assert "&lt;img" in page


def test_a_dataset_without_events_has_a_page(world: Stats) -> None:
    page = dataset_page(
        describe(Dataset(TOY_TABLE.empty_table(), EVENT_TABLE.empty_table(), Source("table", 0))), "empty"
    )
    assert "Nothing to show" in page
    assert "NaN" not in page
    assert "No shopper has three wanted toys" in dataset_page(replace(world, ties=None), "x")


labels = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=40)


@given(st.lists(st.tuples(labels, st.integers(0, 10**9).map(float)), max_size=30))
def test_charts_are_well_formed_whatever_they_are_given(data: list[tuple[str, float]]) -> None:
    for chart in (columns(data, "a & b"), bars(data, "a & b"), curve([(0, 0), (1, 1)], "c", "x", "y")):
        root = ET.fromstring(chart)
        assert all(float(mark.attrib["height"]) >= 0 for mark in root.iter() if mark.attrib.get("class") == "mark")


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.0004, "< 0.1 %"), (0.483, "48.3 %"), (0.9996, "> 99.9 %"), (1, "100 %")]
)
def test_shares_read_well(share: float, text: str) -> None:
    assert percent(share).replace("\u00a0", " ") == text
