"""A visit that several tabs of one browser share, under Streamlit's AppTest. The cookie itself: tests/system."""

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.shop import session as moves
from app.shop.cookie import cookie_name, new_value
from app.shop.visit import keep_visits
from tests.app.shop.hands import cards, choose, healthy, opened, pills, tap, words


@pytest.fixture
def tab(kiosk: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """`tab(home)` opens one more tab of the same browser."""
    monkeypatch.setenv("TOYGUIDE_SHOP_API", kiosk.address)
    monkeypatch.setenv("TOYGUIDE_SHOP_TIMEOUT_SECONDS", "60")  # a busy machine is no kiosk that is away
    cookies = {cookie_name(8501): new_value()}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: cookies))

    def another(home: str = "gift", cookie: str = "", **query: str) -> AppTest:
        if cookie:
            cookies[cookie_name(8501)] = cookie
        return opened(home, **query)

    return another


def the_visit() -> Any:
    ((session, _),) = keep_visits(120.0)._kept.values()
    return session


def test_a_second_tab_finds_the_visit_and_neither_undoes_the_other(tab: Callable[..., AppTest]) -> None:
    one = tap(choose(tab(), "age_months", 60), "like-list-engine")
    two = tab()
    assert pills(two, "age_months").value == 60
    assert "engine" not in cards(two)
    assert "Because you liked Steam engine" in words(two)
    two = tap(two, "dismiss-list-track")
    one = tap(one, "own-list-station")  # drawn before the other's tap
    assert [toy.toy_id for toy in the_visit().profile.liked] == ["engine"]
    assert [toy.toy_id for toy in the_visit().profile.dismissed] == ["track"]
    assert [toy.toy_id for toy in the_visit().profile.owned] == ["station"]
    assert not {"engine", "track", "station"} & set(cards(one))


def test_interests_of_two_tabs_add_up(tab: Callable[..., AppTest]) -> None:
    one, two = tab(), tab()
    one = choose(one, "interests", ["trains"])
    two = choose(two, "interests", ["music"])  # on a page that does not show the trains yet
    assert set(the_visit().profile.interests) == {"trains", "music"}
    assert set(pills(two, "interests").value) == {"trains", "music"}
    two = choose(two, "interests", ["trains"])
    assert the_visit().profile.interests == ("trains",)


def test_each_tab_keeps_whose_page_it_is(tab: Callable[..., AppTest]) -> None:
    gift, me = tab("gift"), tab("me")
    gift = tap(gift, "like-list-engine")
    assert [met.toy.toy_id for met in the_visit().people[0].met] == ["engine"]
    assert the_visit().me.met == (), "the page that lies open in the other tab is the visitor's"
    assert "engine" in cards(healthy(me.run()))


def test_each_tab_keeps_its_language_and_a_new_one_has_the_last(tab: Callable[..., AppTest]) -> None:
    one = tab()
    two = tap(tab(), "language")
    assert "送给谁？" in words(two)
    assert "Who is it for?" in words(healthy(one.run()))
    two = tap(two, "like-list-engine")
    assert "送给谁？" in words(tab())
    assert "Who is it for?" in words(tab(lang="en"))


def test_a_visit_that_has_ended_is_said_to_have(tab: Callable[..., AppTest]) -> None:
    one = tap(choose(tab(), "age_months", 60), "like-list-engine")
    before = the_visit().id
    keep_visits(120.0)._kept.clear()  # as the time without use does
    one = tap(one, "dismiss-list-track")
    assert "Your last visit ended a while ago" in words(one)
    assert the_visit().id != before
    assert the_visit().profile.met == (), "who taps now may be somebody else"
    assert pills(one, "age_months").value is None
    assert "track" in cards(one)
    one = tap(one, "ended-ok")
    assert "Your last visit ended" not in words(one)


def test_a_reload_after_the_end_says_so_until_something_is_said(tab: Callable[..., AppTest]) -> None:
    old = "00000001" + new_value()[8:]
    one = tab(cookie=old)
    assert "Your last visit ended a while ago" in words(one)
    one = choose(one, "age_months", 60)
    assert "Your last visit ended" not in words(one)
    assert "Your last visit ended" not in words(tab())


def test_a_first_visit_has_nothing_that_ended(tab: Callable[..., AppTest]) -> None:
    assert "Your last visit ended" not in words(tab())


def test_leaving_in_one_tab_ends_it_in_the_other(tab: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    one = tap(tab(), "like-list-engine")
    keep_visits(120.0).replace(next(iter(keep_visits(120.0)._kept)), moves.new_session("en"))  # what `visit.renew` does
    one = tap(one, "like-list-track")
    assert "Your last visit ended a while ago" in words(one)
    assert the_visit().profile.met == ()
