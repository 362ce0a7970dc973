"""Lists of recalls and of stock, what each line came to, and the figures of the day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop.pages.staff.desk import Section
from tests.app.shop.hands import buttons, healthy, tap
from tests.app.shop.staff.conftest import go, words


@pytest.mark.parametrize(
    "content",
    [
        "barcode;reason;source\n5012345678900;paint;maker\n00000000;small parts;",
        '{"recalls": [{"barcode": "5012345678900", "reason": "paint", "source": "maker"}, {"barcode": "00000000"}]}',
        '[{"barcode": "5012345678900", "reason": "paint", "source": "maker"}, {"barcode": "00000000"}]',
    ],
)
def test_a_recall_list_and_what_each_line_came_to(staff: Callable[..., AppTest], kiosk: Any, content: str) -> None:
    shop = go(staff(Role.MANAGER), Section.RECALLS)
    shop.text_area(key="staff-recalls-words-0").set_value(content)
    shop = tap(shop, "staff-recall-go")
    assert "In force now: 2 new, 0 known before." in words(shop)
    assert "bear: off every shelf" in words(shop)
    assert "no toy of ours has it. Is a digit missing?" in words(shop)
    assert "Recalls in force (2)" in words(shop)
    assert "Sleepy bear" in words(shop)
    assert shop.text_area(key="staff-recalls-words-1").value == ""
    recall = next(recall.value for recall in kiosk.now().recalls if recall.reason == "paint")
    shop = tap(shop, f"staff-lift-barcode-{recall}")
    assert "Was this recall a mistake?" in words(shop)
    shop = tap(shop, f"staff-yes-lift-barcode-{recall}")
    assert "is lifted" in words(shop)
    assert "Recalls in force (1)" in words(shop)


def test_a_clerk_is_not_offered_to_lift_a_recall_and_a_bad_list_is_refused_whole(
    staff: Callable[..., AppTest], kiosk: Any
) -> None:
    shop = go(staff(), Section.RECALLS)
    assert "Choose a file" in words(tap(shop, "staff-recall-go"))
    shop.text_area(key="staff-recalls-words-0").set_value("barcode\n5012345678900\n5.01E+12")
    shop = tap(shop, "staff-recall-go")
    assert "line 3" in words(shop)
    assert "a spreadsheet rounded it" in words(shop)
    assert kiosk.now().recalls == ()
    assert shop.text_area(key="staff-recalls-words-0").value.endswith("5.01E+12"), "it can be mended in place"
    shop.file_uploader(key="staff-recalls-file-0").set_value(("recalls.csv", b"toy_id\nbear\n", "text/csv"))
    shop = tap(shop, "staff-recall-go")
    assert "Recalls in force (1)" in words(shop)
    assert not [key for key in buttons(shop) if key.startswith("staff-lift")]


def test_a_list_of_stock_and_one_that_is_all_there_is(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = go(staff(), Section.STOCK)
    shop.text_area(key="staff-stock-words-0").set_value("toy_id,count\nbear,many")
    shop = tap(shop, "staff-stock-go")
    assert "Line 2: a count must be a whole number from 0. It says: many" in words(shop)
    shop.text_area(key="staff-stock-words-0").set_value("toy_id,count\nbear,3\nengine,0\nunicorn,1")
    shop = tap(shop, "staff-stock-go")
    assert "3 counted. Now 1 are in stock, 1 are out of stock, 10 were never counted." in words(shop)
    assert "unicorn: kept" in words(shop)
    shop = healthy(shop.toggle(key="staff-stock-whole").set_value(True).run())
    shop.text_area(key="staff-stock-words-1").set_value("toy_id,count\nbear,3")
    shop = tap(shop, "staff-stock")
    assert "Every toy that is not on the list will be out of stock." in words(shop)
    shop = tap(shop, "staff-yes-stock")
    assert "Now 1 are in stock, 11 are out of stock" in words(shop)


def test_today(staff: Callable[..., AppTest], closed: Callable[..., AppTest], kiosk: Any) -> None:
    gift = closed("gift")
    tap(gift, "like-list-engine")
    browse = closed("browse")
    healthy(browse.text_input[0].set_value("submarine").run())
    shop = go(staff(), Section.TODAY)
    assert "Steam engine" in words(shop)
    assert "submarine" in words(shop)
    assert "liked" in words(shop)
    assert "not safe for the youngest" in words(shop)
    shop = go(staff(Role.MANAGER, lang="zh"), Section.TODAY)
    assert "蒸汽火车头" in words(shop)
    assert "Steam engine" not in words(shop)
