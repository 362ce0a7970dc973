"""The Insights page under Streamlit's AppTest, over a real kiosk: its bundle, its figures, its staff keys."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop import insight_words
from app.shop.client import KioskClient
from app.shop.pages.staff import desk
from app.shop.staff_client import StaffClient
from app.shop.staff_models import TopToy
from recommender.serving.bundle import read_manifest, write_manifest
from tests.app.shop.hands import healthy, words
from tests.app.shop.test_standing import metrics


def charts(shop: AppTest) -> list[dict[str, Any]]:
    return [json.loads(each.proto.spec) for each in shop.get("vega_lite_chart")]


def with_metrics(bundle: Path, folder: Path, said: dict[str, Any]) -> Path:
    """A copy of `bundle` that says `said` of itself."""
    shutil.copytree(bundle, folder)
    kept = asdict(read_manifest(folder))
    for name in ("files", "toyguide", "format", "metrics"):
        del kept[name]
    write_manifest(folder, **kept, metrics=said)
    return folder


def test_a_bundle_of_before_says_what_it_has_and_how_to_have_more(open_page: Callable[..., AppTest]) -> None:
    shop = open_page("insights")
    assert "The model that ranks" in words(shop)
    assert "toyguide bundle build" in words(shop)
    assert charts(shop) == []
    assert "For those with a staff key" in words(shop)


def test_the_tables_have_the_figures_of_the_manifest(
    start_kiosk: Callable[[Path], Any],
    bundle: Path,
    tmp_path: Path,
    open_page: Callable[..., AppTest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kiosk = start_kiosk(with_metrics(bundle, tmp_path / "judged", metrics()))
    monkeypatch.setenv("TOYGUIDE_SHOP_API", kiosk.address)
    monkeypatch.setenv("TOYGUIDE_SHOP_TIMEOUT_SECONDS", "60")  # a busy machine is no kiosk that is away
    shop = open_page("insights")
    assert len(charts(shop)) == 4
    assert "as good as its teacher" in words(shop)
    for cell in ("0.080", "0.070–0.090", "16.0 %", "0.25 MB", "0.50 ms", "0.100 (0.090–0.110)"):
        assert f">{cell}</td>" in words(shop), cell
    assert "Not drawn, for nobody measured it: Teacher." in words(shop)
    chinese = open_page("insights", lang="zh")
    assert "学生模型与教师模型不相上下" in words(chinese)
    assert ">0.25 MB</td>" in words(chinese)


def test_what_was_shown_is_told_with_a_key(kiosk: Any, client: KioskClient, open_page: Callable[..., AppTest]) -> None:
    shown = client.recommend({"k": 4, "youngest_age_months": 60}).items
    shop = open_page("insights")
    assert "Of the catalogue was shown" not in words(shop)
    staff = StaffClient(client, kiosk.keys.add("Ana", Role.CLERK))
    shop.session_state["desk"] = desk.Desk(staff, staff.whose(), desk.clock())
    shop = healthy(shop.run())
    assert "Of the catalogue was shown" in words(shop)
    on_sale = sum(toy.active for toy in kiosk.engine.toys)
    assert f"{len(shown)} different toys of {on_sale} on sale" in words(shop)
    assert "was shown most: 1 times. Of these ten, something was wanted 0 times." in words(shop)
    assert len(charts(shop)) == 2
    for item in shown:
        assert f"<td>{item.toy.title}</td>" in words(shop)


def test_a_key_that_is_no_longer_taken_locks_the_figures(
    kiosk: Any, client: KioskClient, open_page: Callable[..., AppTest]
) -> None:
    staff = StaffClient(client, kiosk.keys.add("Ana", Role.CLERK))
    who = staff.whose()
    kiosk.keys.remove("Ana")
    shop = open_page("insights")
    shop.session_state["desk"] = desk.Desk(staff, who, desk.clock())
    shop = healthy(shop.run())
    assert "For those with a staff key" in words(shop)
    assert "desk" not in shop.session_state


def test_two_toys_of_one_title_are_two_bars() -> None:
    toys = [TopToy(toy_id=name, title=title, shown=3, wanted=0) for name, title in (("a", "Bear"), ("b", "Bear"))]
    gone = TopToy(toy_id="c", title=None, shown=1, wanted=0)
    assert insight_words.toy_names([*toys, gone]) == ["Bear · a", "Bear · b", "c"]
    assert insight_words.toy_names([toys[0], gone]) == ["Bear", "c"]
