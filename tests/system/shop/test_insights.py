"""The Insights page in a browser: charts are drawn, and the tables below them have the manifest's figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.shop.theme import load_theme
from recommender.serving.bundle import read_manifest, write_manifest
from tests.app.shop.test_standing import metrics
from tests.system.shop.conftest import Stack, open_stack
from tests.system.shop.goods import toys
from tests.system.shop.hands import visit

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def stack(make_bundle: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The shop over a bundle that says where its student stands."""
    folder = tmp_path_factory.mktemp("insights")
    bundle = make_bundle(folder / "bundle", toys())
    kept: dict[str, Any] = asdict(read_manifest(bundle))
    for name in ("files", "toyguide", "format", "metrics"):
        del kept[name]
    write_manifest(bundle, **kept, metrics=metrics())
    with open_stack(bundle, folder) as opened:
        yield opened


def test_charts_are_drawn_and_their_tables_have_the_figures(page: Page, stack: Stack) -> None:
    vega: list[str] = []
    page.on("request", lambda call: vega.append(call.url) if "VegaLite" in call.url else None)
    visit(page, stack)
    expect(page.locator(".st-key-footer")).to_be_visible()
    assert vega == [], "what draws charts is fetched where there are some"
    page.locator(".st-key-footer").get_by_role("link", name="Insights").click()
    for name, marks in (("overall", 4), ("slices", 5), ("size", 4), ("time", 5)):
        card = page.locator(f".st-key-insight-{name}")
        expect(card.locator("svg.marks")).to_be_visible(timeout=120_000)
        figures = card.locator("svg.marks :is(.mark-rect, .mark-symbol.role-mark) > path")
        expect(figures).to_have_count(marks)
    assert vega
    card = page.locator(".st-key-insight-overall")
    expect(card).to_contain_text("as good as its teacher")
    expect(card.get_by_role("table")).to_be_hidden()
    card.get_by_text("The figures as a table").click()
    row = card.get_by_role("row").filter(has_text="Student, in use")
    expect(row).to_contain_text("0.080")
    expect(row).to_contain_text("0.25 MB")
    expect(page.locator(".st-key-insight-size")).to_contain_text("Not drawn, for nobody measured it: Teacher.")


@pytest.mark.parametrize(
    "page", [{"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "zh-CN"}], indirect=True
)
def test_on_a_phone_at_night_in_chinese_nothing_leaves_the_screen(page: Page, stack: Stack) -> None:
    visit(page, stack, "/insights")
    chart = page.locator(".st-key-insight-slices svg.marks")
    expect(chart).to_be_visible(timeout=120_000)
    expect(page.locator(".st-key-insight-overall")).to_contain_text("不相上下")
    expect(page.locator(".st-key-insight-time svg.marks")).to_be_visible()
    bar = page.locator(".st-key-insight-overall svg.marks .mark-rect > path").nth(1)
    expect(bar).to_have_attribute("fill", load_theme().dark["tomato"])  # the palette of the night
    main = page.get_by_test_id("stMain")
    assert main.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    for drawn in page.locator("svg.marks").all():
        box = drawn.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
