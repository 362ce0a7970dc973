"""The key: what it opens, where it lies, how often one may be wrong, and when the page locks itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop.pages.staff import desk, door
from app.shop.pages.staff.desk import Section
from app.shop.tries import BROWSER_TRIES, Tries
from tests.app.shop.hands import healthy, tap
from tests.app.shop.staff.conftest import give, seek, state, words


def test_a_key_opens_what_its_role_allows_and_lies_nowhere_else(
    closed: Callable[..., AppTest], kiosk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    key = kiosk.keys.add("Kim", Role.CLERK)
    shop = give(closed(), key)
    assert "Kim · sales staff" in words(shop)
    assert state(shop).sections == (
        Section.FIND, Section.RULES, Section.RECALLS, Section.STOCK, Section.TODAY,
    )  # fmt: skip
    kept = {name: value for name, value in shop.session_state._state.filtered_state.items() if name != "desk"}
    assert key not in repr(kept)
    assert key not in repr(state(shop))
    assert key not in repr(shop.query_params)
    assert key not in words(shop)
    shop = tap(shop, "staff-lock")
    assert "Kim" not in words(shop)
    assert key not in repr(shop.session_state._state.filtered_state)
    assert "/v1/staff/key" in caplog.text
    assert key not in caplog.text


def test_a_manager_is_offered_more(staff: Callable[..., AppTest]) -> None:
    assert set(state(staff(Role.MANAGER)).sections) == set(Section)


def test_after_five_wrong_keys_the_door_is_shut_for_a_while_in_every_tab(
    closed: Callable[..., AppTest], kiosk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    counted = Tries(lambda: now[0])
    monkeypatch.setattr(door, "tries", lambda: counted)
    right = kiosk.keys.add("Kim", Role.CLERK)
    shop, opened_before = closed(), closed()
    for number in range(BROWSER_TRIES):
        assert "Too many" not in words(shop)
        shop = give(shop, f"toyguide_{number}")
        assert shop.text_input(key="staff-key").value == ""
    assert "Too many wrong keys. You can try again at" in words(shop)
    assert "in 30 seconds" in words(shop)
    another_tab = closed()
    assert another_tab.text_input(key="staff-key").disabled
    assert "Too many wrong keys" in words(another_tab)
    assert "Kim" not in words(give(opened_before, right)), "not even the right key is looked at"
    now[0] = 31
    assert "Kim · sales staff" in words(give(closed(), right))
    assert "Too many" not in words(closed())


@pytest.mark.parametrize("key", ["x\r\nX-Evil: 1", "ключ", "x" * 10_000, "<script>alert(1)</script>"])
def test_what_cannot_be_a_key_is_a_wrong_one(closed: Callable[..., AppTest], key: str) -> None:
    shop = give(closed(), key)
    assert "This key is not right" in words(shop)
    assert "<script" not in words(shop)
    for _ in range(BROWSER_TRIES - 1):
        shop = give(shop, key)
    assert "Too many wrong keys" in words(shop), "it counts as any other"


def test_an_empty_field_is_no_try(closed: Callable[..., AppTest]) -> None:
    shop = closed()
    for _ in range(BROWSER_TRIES + 1):
        shop = give(shop, "  ")
    assert "Too many" not in words(shop)


def test_a_kiosk_that_is_away_says_nothing_of_a_key(closed: Callable[..., AppTest], kiosk: Any) -> None:
    key = kiosk.keys.add("Kim", Role.CLERK)
    shop = closed()
    kiosk.stop()
    for _ in range(BROWSER_TRIES + 1):
        shop = give(shop, key)
        assert "No kiosk answers" in words(shop)
    kiosk.start()
    assert "Kim" in words(give(shop, key))


def test_a_page_that_nobody_uses_locks_itself(staff: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [desk.clock()]
    monkeypatch.setattr(desk, "clock", lambda: now[0])
    shop = seek(staff(), "engine")
    now[0] += desk.IDLE_SECONDS - 1
    shop = healthy(shop.run())
    assert "Steam engine" in words(shop)
    now[0] += desk.IDLE_SECONDS + 1
    shop = tap(shop, "staff-hide")
    assert "so it locked itself" in words(shop)
    assert "Steam engine" not in words(shop)


def test_a_tap_on_a_page_that_should_be_locked_does_nothing(
    staff: Callable[..., AppTest], kiosk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [desk.clock()]
    monkeypatch.setattr(desk, "clock", lambda: now[0])
    shop = seek(staff(), "engine")
    now[0] += desk.IDLE_SECONDS + 1
    tap(shop, "staff-hide")
    assert kiosk.now().staff.rules == ()


def test_a_key_that_is_taken_away_in_the_middle_locks_the_page_and_says_so(
    staff: Callable[..., AppTest], kiosk: Any
) -> None:
    shop = seek(staff(), "engine")
    kiosk.keys.remove("Kim")
    shop = tap(shop, "staff-hide")
    assert "the key is no longer taken" in words(shop)
    assert "This kiosk knows no such staff key." in words(shop)
    assert "Steam engine" not in words(shop)


def test_an_expired_key_is_told_from_a_wrong_one(closed: Callable[..., AppTest], kiosk: Any) -> None:
    key = kiosk.keys.add("Sam", Role.CLERK, 1)
    kiosk.set_clock(lambda: datetime.now(UTC) + timedelta(days=2))
    assert "The key &#x27;Sam&#x27; expired at" in words(give(closed(), key))
