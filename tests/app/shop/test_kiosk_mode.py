"""Kiosk mode on the server, under AppTest over a real kiosk: rest, a visit, and nothing left of it."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.shop.kiosk_mode import GRACE_SECONDS, Moment
from app.shop.models import Toy
from app.shop.pages.attract import varied
from tests.app.shop.hands import buttons, healthy, opened, tap, words

IDLE, COUNTDOWN = 30, 10


@pytest.fixture
def open_page(kiosk: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    for name, value in {
        "API": kiosk.address,
        "KIOSK": "true",
        "IDLE_SECONDS": IDLE,
        "COUNTDOWN_SECONDS": COUNTDOWN,
    }.items():
        monkeypatch.setenv(f"TOYGUIDE_SHOP_{name}", str(value))

    return opened


def vars_of(state: Any) -> list[Any]:
    """All that Streamlit's session holds, widgets without a key too."""
    kept = state._state._state
    old = {key: value for key, value in kept._old_state.items() if "TESTING" not in key}  # AppTest's own notes
    return [old, kept._new_session_state, kept._new_widget_state.states]


def guarded_by(shop: AppTest) -> dict[str, Any]:
    """What the browser's side was told."""
    (guard,) = (found for found in shop.get("bidi_component") if found.key == "guard")
    return dict(json.loads(guard.proto.json))


def resting(shop: AppTest) -> bool:
    return "Looking for a toy?" in words(shop) and "like-list-engine" not in buttons(shop)


def test_at_rest_it_invites_in_both_languages_and_shows_what_is_safe_for_everybody(
    open_page: Callable[..., AppTest],
) -> None:
    shop = open_page()
    assert resting(shop)
    assert "想挑个玩具？" in words(shop)
    opened = {key for key in buttons(shop) if key.startswith("open-")}
    assert opened == {"open-rattle", "open-bear"}, "of this catalogue, nothing else is safe from birth"
    assert {"start-en", "start-zh"} == buttons(shop) - opened
    assert "Who is it for?" not in words(shop)


@pytest.mark.parametrize(("language", "asks"), [("en", "Who is it for?"), ("zh", "送给谁？")])
def test_one_tap_chooses_the_language_and_begins(open_page: Callable[..., AppTest], language: str, asks: str) -> None:
    shop = tap(open_page(), f"start-{language}")
    assert asks in words(shop)
    assert "done" in buttons(shop)
    assert shop.session_state["visit"].language == language


def test_an_old_address_leads_to_rest(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = open_page("toy", toy="engine", lang="zh")
    assert "想挑个玩具？" in words(shop)
    assert "engine" not in words(shop)
    assert not shop.query_params
    assert kiosk.events == []


def test_done_leaves_nothing(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(open_page(), "start-en")
    pills = next(group for group in shop.get("button_group") if group.key.startswith("age_months-"))
    healthy(pills.set_value(60).run())
    shop = tap(shop, "language")
    shop = tap(shop, "like-list-engine")
    shop.text_input[0].set_value("给五岁孩子的火车")
    shop = tap(shop, "words-go")
    old = shop.session_state["visit"]
    ids = {old.id, *(profile.id for profile in old.profiles)}
    assert old.profile.words
    shop = tap(shop, "done")
    assert "Looking for a toy?" in words(shop)
    assert not shop.query_params
    left = str(vars_of(shop.session_state))
    assert not [secret for secret in (*ids, "engine", "火车") if secret in left]
    shop = tap(shop, "start-en")
    fresh = shop.session_state["visit"]
    assert not fresh.profile.anything_said
    assert not ids & {fresh.id, *(profile.id for profile in fresh.profiles)}
    assert [(event["session_id"], event["toy_id"]) for event in kiosk.events] == [(old.id, "engine")]


def test_a_visit_that_ends_while_the_kiosk_is_away_is_told_later(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(open_page(), "start-en")
    session = shop.session_state["visit"].id
    kiosk.stop()
    shop = tap(shop, "like-list-engine")
    assert "cannot be reached" in words(shop)
    shop = tap(shop, "done")
    assert resting(shop)
    assert not [key for key in buttons(shop) if key.startswith("open-")], "no toy that may have been recalled since"
    kiosk.start()
    deadline = time.monotonic() + 60
    while not kiosk.events:
        assert time.monotonic() < deadline, "it was never told"
        time.sleep(0.05)
    assert [(event["session_id"], event["toy_id"]) for event in kiosk.events] == [(session, "engine")]


def test_a_visit_of_which_nothing_was_heard_ends_without_the_browsers_help(open_page: Callable[..., AppTest]) -> None:
    shop = tap(open_page(), "start-en")
    old = shop.session_state["visit"].id
    limit = IDLE + COUNTDOWN + GRACE_SECONDS
    shop.session_state["heard"] = Moment(time.monotonic() - limit / 2, time.time())
    shop = healthy(shop.run())
    assert shop.session_state["visit"].id == old
    shop.session_state["heard"] = Moment(time.monotonic() - limit - 1, time.time())
    shop = healthy(shop.run())
    assert resting(shop)
    assert shop.session_state["visit"].id != old


@pytest.mark.parametrize(("steady", "wall"), [(-100, -100), (0, -100), (-100, 3600)])
def test_a_clock_that_was_set_back_or_a_machine_that_slept_makes_no_visit_longer(steady: float, wall: float) -> None:
    assert 99 < Moment(time.monotonic() + steady, time.time() + wall).ago() < 99 + 3600 / 2


def test_the_pages_behind_the_till_are_not_there(open_page: Callable[..., AppTest]) -> None:
    import app.shop.site

    assert set(app.shop.site.PAGES) & app.shop.site.BEHIND_THE_TILL
    shop = tap(open_page(), "start-en")
    assert not [link for link in shop.get("page_link") if "staff" in link.proto.page or "insights" in link.proto.page]


def test_the_browser_is_told_the_seconds_and_the_words(open_page: Callable[..., AppTest]) -> None:
    shop = open_page()
    orders = guarded_by(shop)
    assert (orders["resting"], orders["idle"], orders["countdown"]) == (True, IDLE, COUNTDOWN)
    assert orders["words"]["left"] == "{n} seconds left"
    assert orders["words"]["goodbye"] == ["Thank you, and have fun!", "谢谢光临，玩得开心！"]
    shop = tap(shop, "start-zh")
    orders = guarded_by(shop)
    assert (orders["resting"], orders["language"], orders["words"]["title"]) == (False, "zh", "您还在吗？")


def test_the_window_shows_one_of_each_kind_first(toy: Callable[..., Toy]) -> None:
    toys = [toy(name, category=(name[0],)) for name in ("a1", "a2", "a3", "b1", "c1", "b2")]
    assert [found.toy_id for found in varied(toys)] == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_without_kiosk_mode_there_is_no_guard_and_no_rest(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOYGUIDE_SHOP_KIOSK", "false")
    shop = open_page()
    assert "Who is it for?" in words(shop)
    assert not any(found.key == "guard" for found in shop.get("bidi_component"))
    assert "done" not in buttons(shop)
