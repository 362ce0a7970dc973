"""What managers alone see: toys of their own, the model and what headquarters published, the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop.pages.staff import log
from app.shop.pages.staff.desk import Section
from app.shop.staff_models import Change
from data.schema import Toy
from recommender.serving.publish import publish
from tests.app.shop.hands import healthy, opened, tap
from tests.app.shop.staff.conftest import give, go, seek, words


def test_an_own_toy_is_added_and_a_fault_is_said_at_its_field(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = go(staff(Role.MANAGER), Section.OWN)
    shop = tap(shop, "staff-own-go")
    assert "is required" in words(shop)
    shop = healthy(shop.get_by_key("staff-own-category-0").set_value("Trains").run())
    for name, value in {"toy_id": "own-1", "title": "Coal wagon", "title_zh": "煤车", "barcode": "5.01E+12"}.items():
        shop.text_input(key=f"staff-own-{name}-0").set_value(value)
    shop.number_input(key="staff-own-price-0").set_value(11.5)
    shop.get_by_key("staff-own-from_age-0").set_value(36)
    shop.get_by_key("staff-own-audience-0").set_value("child")
    shop.get_by_key("staff-own-hazards-0").set_value(["small_parts"])
    shop = tap(shop, "staff-own-go")
    assert "a spreadsheet rounded it" in words(shop)
    assert shop.text_input(key="staff-own-title-0").value == "Coal wagon", "what was typed stays"
    shop.text_input(key="staff-own-barcode-0").set_value("5012345678917")
    shop = tap(shop, "staff-own-go")
    assert "Coal wagon is in the shop now." in words(shop)
    assert "<h2>Coal wagon</h2>" in words(seek(go(shop, Section.FIND), "5012345678917"))


def test_the_model_and_the_log(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(seek(staff(Role.MANAGER, lang="zh"), "engine"), "staff-hide")
    assert "已下架，顾客即刻起看不到它。" in words(shop)
    shop = go(shop, Section.MODEL)
    assert kiosk.engine.model[:12] in words(shop)
    assert "backup_dir" in words(shop), "the kiosk's own sentence: it has no folder for them"
    shop = go(shop, Section.LOG)
    assert "新建规则" in words(shop)
    assert "kind hide, toy_id engine" in words(shop)


def test_what_headquarters_published_and_what_became_of_it(
    start_kiosk: Callable[[Path], Any],
    staff: Callable[..., AppTest],
    kiosk: Any,
    bundle: Path,
    toys: list[Toy],
    make_bundle: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "From headquarters" not in words(go(staff(Role.MANAGER), Section.MODEL)), "this one looks nowhere"
    shelf = tmp_path / "published"
    shelf.mkdir()
    for name, value in {"DIR": shelf, "SECONDS": 86_400}.items():
        monkeypatch.setenv(f"TOYGUIDE_KIOSK_PUBLISH_{name}", str(value))
    monkeypatch.setenv("TOYGUIDE_KIOSK_BUNDLES_DIR", str(tmp_path / "bundles"))
    looking = start_kiosk(bundle)
    monkeypatch.setenv("TOYGUIDE_SHOP_API", looking.address)
    monkeypatch.setenv("TOYGUIDE_SHOP_TIMEOUT_SECONDS", "60")  # a busy machine is no kiosk that is away
    shop = go(give(opened("staff"), looking.keys.add("Mo", Role.MANAGER)), Section.MODEL)
    assert "Nothing is published yet." in words(shop)
    newer = make_bundle(tmp_path / "newer", toys, seed=1, encoder=True, model="b" * 64)
    place = publish(newer, shelf)
    looking.look_for_published()
    shop = healthy(shop.run())
    assert place.name in words(shop)
    assert "What shoppers want of its lists is compared" in words(shop)
    assert "the kiosk: published by headquarters" in words(go(shop, Section.LOG))
    again = publish(make_bundle(tmp_path / "newest", toys, seed=2, encoder=True, model="c" * 64), shelf)
    (again / "table.npy").write_bytes(b"")
    looking.look_for_published()
    assert "It is not used. The bundle in" in words(go(shop, Section.MODEL))
    again.rename(shelf / "elsewhere")
    looking.look_for_published()
    assert "It cannot be taken now and is tried again." in words(healthy(shop.run()))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"rule_id": "r-1", "after": {"kind": "hide", "toy_id": "engine"}}, "kind hide, toy_id engine"),
        ({"rule_id": "r-1", "revision": 2, "before": {"kind": "hide", "toy_id": "bear"}}, "kind hide, toy_id bear"),
        ({"rule_id": "r-1", "before": {"strength": 1.0}, "after": {"strength": 2.0}}, "strength 2.0"),
        ({"lines": 2, "new": 1, "first": [{"barcode": "501"}, {"toy_id": "bear"}]}, "lines 2, new 1, first 501 bear"),
        ({"model": "abc", "before": "def"}, "model abc, before def"),
        ({"name": "Kim", "role": "clerk", "days": None}, "name Kim, role clerk"),
        ({"note": "x" * 1000}, f"note {'x' * 294}…"),
    ],
)
def test_a_line_of_the_log_says_what_it_was_about(told: dict[str, Any], words: str) -> None:
    assert log.details(Change(id=1, time="", who="Mo", action="", details=told)) == words
