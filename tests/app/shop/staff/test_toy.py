"""One toy: found, asked whether it is safe, hidden, boosted, counted, sold no longer; colleagues do the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop.pages.staff.desk import Section
from tests.app.shop.hands import buttons, healthy, tap
from tests.app.shop.staff.conftest import BARCODES, give, go, seek, words


@pytest.mark.parametrize(
    ("sought", "title"),
    [("bear", "Sleepy bear"), ("5 012345-678900", "Sleepy bear"), ("５０１２３４５６７８９００", "Sleepy bear")],
)
def test_a_toy_is_found_by_its_id_and_by_its_barcode(staff: Callable[..., AppTest], sought: str, title: str) -> None:
    shop = seek(staff(), sought)
    assert f"<h2>{title}</h2>" in words(shop)
    assert shop.text_input(key="staff-find").value == "", "a scanner writes behind what stands there"


def test_words_find_what_shoppers_are_not_shown_and_two_toys_may_share_a_barcode(
    staff: Callable[..., AppTest],
) -> None:
    shop = seek(staff(), "tin robot")
    shop = tap(shop, "staff-open-retired")
    assert "Is not shown to shoppers" in words(shop)
    shop = seek(shop, BARCODES["engine"])
    assert {"staff-open-engine", "staff-open-track"} <= buttons(shop)
    shop = seek(shop, "submarine")
    assert "Nothing is found for “submarine”" in words(shop)
    shop = seek(shop, "<script>alert(1)</script>")
    assert "<script" not in words(shop)


def test_safe_for_her_and_why_not(staff: Callable[..., AppTest]) -> None:
    shop = seek(staff(), "marbles")
    assert "Shown where every child there is 5 years or older" in words(shop)
    shop = healthy(shop.get_by_key("staff-youngest").set_value(36).run())
    assert "Is not shown where the youngest is 3 years" in words(shop)
    assert "Not for children under age 5." in words(shop)
    shop = healthy(shop.get_by_key("staff-youngest").set_value(72).run())
    assert "May be shown where the youngest is 6–7 years" in words(shop)


def test_hiding_and_showing_again(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(seek(staff(), "engine"), "staff-hide")
    assert "no shopper sees it from now on" in words(shop)
    assert [(rule.terms.kind, rule.terms.value) for rule in kiosk.now().staff.rules] == [("hide", "engine")]
    shop = go(shop, Section.RULES)
    assert "Hidden: Steam engine" in words(shop)
    (rule,) = kiosk.now().staff.rules
    shop = tap(shop, f"staff-rule-open-{rule.rule_id}")
    assert "<h2>Steam engine</h2>" in words(shop)
    shop = tap(shop, "staff-unhide")
    assert "It is hidden no more." in words(shop)
    assert kiosk.now().staff.rules == ()


def test_a_boost_is_previewed_before_it_is_made(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(staff(), "station")
    shop = healthy(shop.get_by_key("staff-youngest").set_value(60).run())
    shop = tap(shop, "staff-form-boost")
    assert kiosk.now().staff.rules == (), "looking changes nothing"
    assert 'class="it"' in words(shop)
    shop = healthy(shop.get_by_key("staff-strength-boost-station").set_value(3.0).run())
    assert re.search(r'class="it"><span>Little station</span><em>was [0-9]', words(shop))
    day = date(datetime.now(UTC).year + 2, 1, 15)  # no clock is changed on it, anywhere
    shop = healthy(shop.date_input(key="staff-starts-boost-station").set_value(day).run())
    shop = healthy(shop.date_input(key="staff-ends-boost-station").set_value(day - timedelta(days=1)).run())
    assert "The last day must not be before the first." in words(shop)
    shop = healthy(shop.date_input(key="staff-ends-boost-station").set_value(day).run())
    shop = tap(shop, "staff-rule-save")
    assert "The rule is kept, and is not in force now." in words(shop)
    (rule,) = kiosk.now().staff.rules
    assert (rule.terms.kind, rule.terms.strength, rule.terms.value) == ("boost", 3.0, "station")
    assert rule.terms.ends - rule.terms.starts == timedelta(days=1)
    assert "not in force now" in words(shop), "a rule that is still to come stands with its toy"


def test_a_note_that_is_typed_and_saved_at_once_is_kept(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(seek(staff(), "engine"), "staff-form-boost")
    shop.get_by_key("staff-note-boost-engine").set_value(" for the window ")
    shop.get_by_key("staff-strength-boost-engine").set_value(2.0)
    tap(shop, "staff-rule-save")
    (rule,) = kiosk.now().staff.rules
    assert (rule.terms.note, rule.terms.strength) == ("for the window", 2.0)


def test_who_was_quicker_is_said_and_the_next_tap_decides(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(tap(seek(staff(), "engine"), "staff-form-boost"), "staff-rule-save")
    (rule,) = kiosk.now().staff.rules
    shop = tap(shop, f"staff-change-{rule.rule_id}")
    kiosk.rules.replace(rule.rule_id, 1, replace(rule.terms, strength=0.5), "Ada")
    shop = healthy(shop.get_by_key(f"staff-strength-boost-{rule.rule_id}").set_value(2.0).run())
    shop = tap(shop, "staff-rule-save")
    assert "Ada changed this rule at" in words(shop)
    assert "strength: 1.0 → 0.5." in words(shop)
    shop = tap(shop, "staff-rule-save")
    assert "The rule is in force." in words(shop)
    assert [rule.terms.strength for rule in kiosk.now().staff.rules] == [2.0]


def test_a_rule_that_a_colleague_removed_is_told_and_no_rule_of_theirs_is_touched(
    staff: Callable[..., AppTest], kiosk: Any
) -> None:
    shop = tap(seek(staff(), "engine"), "staff-hide")
    (rule,) = kiosk.now().staff.rules
    kiosk.rules.remove(rule.rule_id, 1, "Ada")
    kiosk.rules.add(rule.terms, "Ada")
    shop = tap(shop, "staff-unhide")
    assert "Ada removed this rule at" in words(shop)
    assert [kept.changed_by for kept in kiosk.rules.all()] == ["Ada"]


def test_stock_is_counted_and_a_toy_sold_no_longer_asks_once(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(staff(), "engine")
    shop.number_input(key="staff-count-engine-None").set_value(0)
    shop = tap(shop, "staff-count-go")
    assert "Stock is 0 now." in words(shop)
    assert "Is not shown to shoppers" in words(shop)
    shop = tap(shop, "staff-retire")
    assert "Only a manager can take that back." in words(shop)
    shop = tap(shop, "staff-no-retire")
    assert "staff-yes-retire" not in buttons(shop)
    shop = tap(tap(shop, "staff-retire"), "staff-yes-retire")
    assert "It is sold no longer" in words(shop)
    assert "staff-restore" not in buttons(shop), "a clerk may not"
    shop = tap(seek(give(tap(shop, "staff-lock"), kiosk.keys.add("Mo", Role.MANAGER)), "engine"), "staff-restore")
    assert "It is sold again." in words(shop)


def test_the_kiosk_goes_away_in_the_middle_and_nothing_is_lost(staff: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(staff(), "engine")
    kiosk.stop()
    shop = tap(shop, "staff-hide")
    assert "The kiosk does not answer. Nothing was changed" in words(shop)
    kiosk.start()
    shop = tap(shop, "staff-retry")
    assert "<h2>Steam engine</h2>" in words(shop)
    assert kiosk.now().staff.rules == ()
