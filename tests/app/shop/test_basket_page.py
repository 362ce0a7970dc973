"""The basket's and the comparison's pages under Streamlit's AppTest, over a real kiosk that staff changes meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop import carrying, people
from app.shop import session as moves
from app.shop.session import Who
from tests.app.shop.hands import cards, choose, healthy, state, tap, words

Change = Callable[..., None]


@pytest.fixture
def staff(kiosk: Any) -> Change:
    """`staff(method, path, body)` with a manager's key."""
    key = kiosk._app.state.kiosk.keys.add("Mo", Role.MANAGER)

    def change(method: str, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        response = httpx.request(method, f"{kiosk.address}/v1/staff/{path}", json=body, headers=headers)
        assert response.status_code == 200, response.text

    return change


def with_toys(shop: AppTest, client: Any, *toy_ids: str, youngest: int | None = 60) -> AppTest:
    """The page again, once these toys are in the basket."""
    for toy_id in toy_ids:
        shop.session_state["visit"] = carrying.put(state(shop), client.toy(toy_id, youngest, "en"))
    return healthy(shop.run())


def links(shop: AppTest) -> list[str]:
    return [link.proto.label for link in shop.get("page_link")]


def test_a_toy_goes_in_from_a_card_and_leaves_the_list(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = choose(open_page(), "age_months", 60)
    assert "Basket" in links(shop)
    shop = tap(shop, "basket-list-engine")
    assert "engine" not in cards(shop)
    assert [toast.value for toast in shop.toast] == ["Steam engine is in the basket."]
    assert "Basket (1)" in links(shop)
    assert [(event["toy_id"], event["kind"]) for event in kiosk.events] == [("engine", "cart")]


def test_in_and_out_on_a_toys_page(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(open_page("toy", toy="engine"), "basket-page-engine")
    (held,) = [button for button in shop.button if button.key == "basket-page-engine"]
    assert held.label.startswith("In the basket")
    shop = tap(shop, "basket-page-engine")
    assert state(shop).basket.entries == ()
    tap(shop, "basket-page-engine")
    assert [event["kind"] for event in kiosk.events] == ["view", "cart"], "told once"


def test_the_page_shows_prices_places_and_the_sum(open_page: Callable[..., AppTest], client: Any) -> None:
    shop = open_page("basket")
    assert "Nothing in the basket yet" in words(shop)
    shop = with_toys(shop, client, "engine", "track")
    said = words(shop)
    assert "£12.00" in said
    assert 'class="qr"' in said
    assert "number of toys 2" in said
    total = sum(entry.toy.price for entry in state(shop).basket.entries)
    assert f'<p class="sum">£{total:.2f}</p>' in said
    assert 'class="print-list"' in said


def test_out_with_one_tap_and_back_with_another(open_page: Callable[..., AppTest], client: Any) -> None:
    shop = with_toys(open_page("basket"), client, "engine", "track")
    for_id = state(shop).current
    shop = tap(shop, f"out-engine-{for_id}")
    assert "“Steam engine” is out of the basket." in words(shop)
    assert [entry.toy.toy_id for entry in state(shop).basket.entries] == ["track"]
    shop = tap(shop, "undo-out")
    assert [entry.toy.toy_id for entry in state(shop).basket.entries] == ["engine", "track"]
    assert "is out of the basket" not in words(shop)


def test_what_staff_does_meanwhile_is_said(open_page: Callable[..., AppTest], client: Any, staff: Change) -> None:
    shop = with_toys(open_page("basket"), client, "engine", "track", "blocks", "bear")
    staff("PUT", "stock", {"toys": [{"toy_id": "engine", "count": 0}]})
    staff("POST", "recalls:import", {"recalls": [{"toy_id": "track", "reason": "splinters", "source": "maker"}]})
    staff("POST", "toys/blocks:correct", {"price": 99.5})
    staff("POST", "toys/bear:retire", {})
    shop = healthy(shop.run())
    said = words(shop)
    assert "Sold out just now" in said
    assert "Recalled by its maker or the shop" in said
    assert "Wooden track" in said, "who has it in hand must know which one it is"
    assert "No longer sold here" in said
    assert "The price has changed: it was £" in said
    assert '<p class="sum">£99.50</p>' in said
    assert "3 toys that cannot be bought now are not counted." in said
    assert not any("Wooden track" in label for label in links(shop)), "its page would not show it"
    printed = said[said.index('class="print-list"') :]
    assert "Wooden track" not in printed
    assert "Steam engine" not in printed


def test_a_toy_that_is_no_longer_safe_is_not_named(open_page: Callable[..., AppTest], client: Any, kiosk: Any) -> None:
    shop = with_toys(choose(open_page(), "age_months", 72), client, "marbles", "bear")
    shop.session_state["visit"] = moves.answer(people.add(state(shop)), age_months=12)

    def nothing_of_it(shop: AppTest) -> None:
        said = words(shop) + "".join(links(shop)) + "".join(button.label for button in shop.button)
        assert "One toy in the basket is not for the youngest child here." in said
        assert "marbles" not in said.lower()
        assert "Bag of" not in said

    basket = open_page("basket")
    basket.session_state["visit"] = state(shop)
    basket = healthy(basket.run())
    nothing_of_it(basket)
    kiosk.stop()
    basket = healthy(basket.run())
    nothing_of_it(basket)
    kiosk.start()
    basket = tap(basket, "unsafe-out")
    assert "One toy is out of the basket." in words(basket)
    assert "marbles" not in words(basket).lower()


def test_without_a_kiosk_the_basket_stands(open_page: Callable[..., AppTest], client: Any, kiosk: Any) -> None:
    shop = with_toys(open_page("basket"), client, "engine", "track")
    kiosk.stop()
    for opened in (healthy(shop.run()), open_page("basket")):
        if not opened.session_state["visit"].basket.entries:
            opened.session_state["visit"] = state(shop)
            opened = healthy(opened.run())
        said = words(opened)
        assert "computer does not answer" in said
        assert "£12.00" in said
        assert 'alt="Picture of Steam engine"' in said
        assert 'class="qr"' in said
    shop = tap(shop, f"out-engine-{state(shop).current}")
    assert len(state(shop).basket.entries) == 1
    kiosk.start()
    assert "does not answer" not in words(healthy(shop.run()))


def test_for_whom_each_toy_is(open_page: Callable[..., AppTest], client: Any) -> None:
    shop = open_page("basket")
    visit = moves.answer(state(shop), age_months=60)
    visit = carrying.put(visit, client.toy("engine", 60, "en"))
    visit = carrying.put(moves.use(visit, Who.ME), client.toy("track", 60, "en"))
    shop.session_state["visit"] = visit
    said = words(healthy(shop.run()))
    assert "for me" in said
    assert "for age 5 years" in said


def test_toys_are_compared_and_what_differs_is_said(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = choose(open_page(), "age_months", 60)
    for toy_id in ("engine", "track", "station", "puzzle"):
        shop = tap(shop, f"compare-list-{toy_id}")
    assert [toast.value for toast in shop.toast] == ["3 toys at most can be compared. Take one away first."]
    assert "3 toys to compare" in words(shop)
    beside = open_page("compare")
    assert "Nothing to compare yet" in words(beside)
    beside.session_state["visit"] = state(shop)
    beside = healthy(beside.run())
    said = words(beside)
    assert "<table" in said
    assert '<th scope="col">Steam engine</th>' in said
    assert 'Price<span class="differs">differs</span>' in said
    assert '<tr class="same"><th scope="row">Kind' not in said or "differs" in said
    beside = tap(tap(beside, "compare-compared-engine"), "compare-compared-track")
    assert "Choose one more toy" in words(beside)
    assert "<table" not in words(beside)


def test_a_comparison_names_no_toy_that_may_not_be_shown(
    open_page: Callable[..., AppTest], client: Any, kiosk: Any
) -> None:
    shop = open_page("compare")
    visit = moves.answer(state(shop), age_months=72)
    for toy_id in ("marbles", "bear", "rattle"):
        visit = carrying.compare(visit, client.toy(toy_id, 72, "en"))
    shop.session_state["visit"] = moves.answer(people.add(visit), age_months=12)
    for _ in range(2):
        shop = healthy(shop.run())
        assert "One of the toys cannot be shown" in words(shop)
        assert "marbles" not in words(shop).lower()
        kiosk.stop()
    kiosk.start()
    shop = tap(shop, "compare-unsafe-out")
    assert [toy.toy_id for toy in state(shop).compared] == ["bear", "rattle"]
    assert "cannot be shown" not in words(shop)


def test_the_tray_names_no_toy_that_may_not_be_shown(open_page: Callable[..., AppTest], client: Any) -> None:
    shop = open_page()
    visit = carrying.compare(state(shop), client.toy("marbles", 72, "en"))
    shop.session_state["visit"] = moves.answer(visit, age_months=12)
    shop = healthy(shop.run())
    assert "1 toy to compare" in words(shop)
    assert "marbles" not in words(shop).lower()


def test_chinese(open_page: Callable[..., AppTest], client: Any) -> None:
    shop = with_toys(open_page("basket", lang="zh"), client, "engine")
    said = words(shop)
    assert "您的购物篮" in said
    assert "蒸汽火车头" in said
    assert "购物篮（1）" in links(shop)


def test_all_toys_of_a_plan_go_in_with_one_tap_each_for_its_own_child(open_page: Callable[..., AppTest]) -> None:
    shop = open_page()
    visit = people.add(moves.answer(state(shop), age_months=60), age_months=48)
    shop.session_state["visit"] = replace(visit, plan=replace(visit.plan, open=True, budget=60))
    shop = tap(healthy(shop.run()), "all-in")
    entries = state(shop).basket.entries
    assert {entry.for_id for entry in entries} == {person.id for person in visit.people}
    assert [toast.value for toast in shop.toast] == ["2 toys are in the basket."]
    assert not [button for button in shop.button if button.key == "all-in"]
    held = [button.label for button in shop.button if str(button.key).startswith("basket-plan-")]
    assert len(held) == 2, "the plan keeps its toys"
    assert all(label.startswith("In the basket") for label in held)


def test_what_is_recalled_or_gone_leaves_the_comparison_and_stays_away_without_a_kiosk(
    open_page: Callable[..., AppTest], client: Any, staff: Change, kiosk: Any, toy: Callable[..., Any]
) -> None:
    shop = open_page("compare")
    visit = moves.answer(state(shop), age_months=72)
    for toy_id in ("engine", "track", "bear"):
        visit = carrying.compare(visit, client.toy(toy_id, 72, "en"))
    left = toy("left", title="Toy of last year", safety_min_age=0)
    shop.session_state["visit"] = replace(visit, compared=(visit.compared[0], visit.compared[1], left))
    staff("POST", "recalls:import", {"recalls": [{"toy_id": "track", "reason": "splinters", "source": "maker"}]})
    for kiosk_answers in (True, False):
        shop = healthy(shop.run())
        said = words(shop) + "".join(links(shop))
        assert "Steam engine" in said
        assert "Wooden track" not in said, kiosk_answers
        assert "Toy of last year" not in said, kiosk_answers
        assert ("One of the toys cannot be shown" in said) == kiosk_answers
        kiosk.stop()
    kiosk.start()
    assert [it.toy_id for it in state(shop).compared] == ["engine"]
