"""A manager corrects a toy: what changes is shown first, a fault is said at its field, who was quicker is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop.pages.staff.desk import Section
from tests.app.shop.hands import buttons, healthy, tap
from tests.app.shop.staff.conftest import go, seek, words


def opened(staff: Callable[..., AppTest], **query: str) -> AppTest:
    return tap(seek(staff(Role.MANAGER, **query), "engine"), "staff-correct-open")


def field(name: str, revision: int = 0) -> str:
    return f"staff-correct-{name}-engine-{revision}"


def test_a_clerk_is_not_offered_it(staff: Callable[..., AppTest]) -> None:
    assert "staff-correct-open" not in buttons(seek(staff(), "engine"))


def test_what_changes_is_shown_then_saved_logged_and_taken_back(staff: Callable[..., AppTest], kiosk: Any) -> None:
    before = kiosk.engine.toy("engine")
    shop = opened(staff)
    assert "Nothing has been changed yet." in words(shop)
    shop = healthy(shop.get_by_key(field("hazards")).set_value([*before.hazards, "magnet"]).run())
    shop = healthy(shop.text_input(key=field("aisle")).set_value("Z9").run())
    assert "strong magnet" in words(shop)
    assert "Stricter: safe from 14 years" in words(shop)
    assert kiosk.engine.toy("engine").aisle == before.aisle, "nothing is changed by looking"
    shop = tap(shop, "staff-correct-save")
    assert "Corrected. It is in force now." in words(shop)
    now = kiosk.engine.toy("engine")
    assert (now.aisle, "magnet" in now.hazards) == ("Z9", True)
    assert "corrected a toy" in words(go(shop, Section.LOG))

    shop = tap(seek(go(shop, Section.FIND), "engine"), "staff-correct-open")
    shop = tap(tap(shop, "staff-uncorrect"), "staff-yes-uncorrect")
    assert "The correction is taken back." in words(shop)
    assert kiosk.engine.toy("engine") == before


def test_a_fault_is_said_at_its_field_and_nothing_is_saved(staff: Callable[..., AppTest], kiosk: Any) -> None:
    before = kiosk.engine.toy("engine")
    shop = opened(staff, lang="zh")
    shop = healthy(shop.number_input(key=field("price")).set_value(0.0).run())
    assert "价格须大于 0" in words(shop)
    shop = tap(shop, "staff-correct-save")
    assert "还没有保存" in words(shop)
    shop.number_input(key=field("price")).set_value(3.5)
    shop.text_input(key=field("barcode")).set_value("5.01E+12")
    shop = tap(shop, "staff-correct-save")
    assert "a spreadsheet rounded it" in words(shop), "what only the kiosk finds is said there too"
    assert kiosk.engine.toy("engine") == before


def test_who_was_quicker_is_told_and_nothing_is_overwritten(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = opened(staff)
    shop = healthy(shop.text_input(key=field("aisle")).set_value("Z1").run())
    shop.session_state["desk"].client.correct("engine", {"aisle": "Q7"}, None)
    shop = tap(shop, "staff-correct-save")
    assert "somebody else changed this toy meanwhile" in words(shop)
    assert kiosk.engine.toy("engine").aisle == "Q7"
    assert shop.text_input(key=field("aisle", 1)).value == "Q7"
