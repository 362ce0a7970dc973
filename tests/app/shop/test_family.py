"""Find a gift for several children under Streamlit's AppTest, over a real kiosk."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.shop import fill
from app.shop import session as moves
from app.shop.models import Facets, Named, Range
from app.shop.people import MAX_PEOPLE
from app.shop.understand import MAX_TEXT
from tests.app.shop.hands import cards, choose, healthy, opened, pills, say, state, tap, understood, words


def turn(shop: AppTest, option: str) -> AppTest:
    row = next(group for group in shop.get("button_group") if group.key == "children")
    return healthy(row.set_value(option).run())


def together(shop: AppTest) -> AppTest:
    return turn(shop, "together")


def plan(shop: AppTest, name: str, value: Any) -> AppTest:
    group = next(group for group in shop.get("button_group") if group.key == f"plan-{name}")
    return healthy(group.set_value(value).run())


@pytest.fixture
def two(open_page: Callable[..., AppTest]) -> AppTest:
    """The star is six and loves trains, the moon is four."""
    shop = choose(choose(open_page(), "age_months", 72), "interests", ["trains"])
    return choose(tap(shop, "add-child"), "age_months", 48)


def test_a_sum_said_for_one_child_is_offered_for_all(open_page: Callable[..., AppTest]) -> None:
    shop = together(choose(tap(say(open_page(), "5-year-old, under 61"), "add-child"), "age_months", 48))
    sums = next(group for group in shop.get("button_group") if group.key == "plan-budget")
    assert any("61" in str(option) for option in sums.options)


def test_one_child_is_not_burdened_with_several(open_page: Callable[..., AppTest]) -> None:
    shop = open_page()
    assert not any(group.key == "children" for group in shop.get("button_group"))
    assert not any(button.key in ("forget-child", "forget-all") for button in shop.button)


def test_two_children_have_a_list_each(two: AppTest) -> None:
    assert pills(two, "interests").value == []
    assert "age 4 years" in words(two)
    star, moon = state(two).people
    shop = tap(two, "like-list-puzzle")
    assert "Because you liked Star puzzle" in words(shop)
    shop = turn(shop, star.id)
    assert "Because you liked" not in words(shop)
    assert pills(shop, "interests").value == ["trains"]
    assert "age 6–7 years · loves trains · also safe for 4 years" in words(shop)
    assert "puzzle" in cards(shop), "what the moon met is news to the star"
    shop = turn(shop, moon.id)
    assert "puzzle" not in cards(shop)


def test_what_is_tapped_reaches_the_kiosk_for_that_child_alone(two: AppTest, kiosk: Any) -> None:
    star, moon = state(two).people
    shop = tap(two, "like-list-puzzle")
    shop = tap(turn(shop, star.id), "dismiss-list-engine")
    kept = [(event["recipient_id"], event["recipient_age"], event["toy_id"], event["kind"]) for event in kiosk.events]
    assert kept == [(moon.id, 48, "puzzle", "like"), (star.id, 72, "engine", "dismiss")]


def test_the_youngest_of_all_stands_before_each_list(two: AppTest) -> None:
    star = state(two).people[0]
    shop = choose(two, "age_months", 24)
    shop = turn(shop, star.id)
    assert not set(cards(shop)) & {"engine", "track", "station", "marbles", "puzzle"}
    assert "also safe for 2 years" in words(shop)


def test_a_tap_on_the_child_in_use_changes_nothing(two: AppTest) -> None:
    before = state(two)
    row = next(group for group in two.get("button_group") if group.key == "children")
    shop = healthy(row.set_value(None).run())
    assert state(shop).current == before.current


def test_one_child_is_forgotten_with_one_tap(two: AppTest) -> None:
    star, moon = state(two).people
    shop = tap(tap(two, "like-list-puzzle"), "forget-child")
    assert [person.id for person in state(shop).people] == [star.id]
    assert state(shop).profile.interests == ("trains",)
    assert moon.id not in {event["recipient"]["id"] for event in state(shop).outbox}
    assert not any(group.key == "children" for group in shop.get("button_group"))
    assert not any(button.key == "unlike-puzzle" for button in shop.button)


def test_all_is_forgotten_with_one_tap(two: AppTest) -> None:
    before = state(two)
    shop = tap(tap(two, "like-list-puzzle"), "forget-all")
    now = state(shop)
    assert (now.id != before.id, len(now.people), now.language) == (True, 1, before.language)
    assert not any(profile.anything_said for profile in now.profiles)
    assert not {profile.id for profile in now.profiles} & {profile.id for profile in before.profiles}
    assert "Favourites of this shop" in words(shop)


def test_six_and_no_more(open_page: Callable[..., AppTest]) -> None:
    shop = open_page()
    for _ in range(MAX_PEOPLE - 1):
        shop = tap(shop, "add-child")
    assert not any(button.key == "add-child" for button in shop.button)
    assert len({person.sign for person in state(shop).people}) == MAX_PEOPLE


def test_another_picture_for_a_child(two: AppTest) -> None:
    group = next(group for group in two.get("button_group") if group.key.startswith("sign-"))
    assert not any("Star" in str(option.content) for option in group.proto.options), "the star is taken"
    shop = healthy(group.set_value("boat").run())
    assert state(shop).profile.sign == "boat"
    assert any(button.label == "Forget Boat" for button in shop.button)


def test_one_budget_gives_each_child_a_toy_and_says_what_it_comes_to(two: AppTest) -> None:
    shop = together(two)
    assert "Choose a sum" in words(shop)
    shop = plan(shop, "budget", 50)
    star, moon = state(shop).people
    given = {**star.shown, **moon.shown}
    assert len(star.shown) == len(moon.shown) == 1
    assert len(given) == 2, "no toy twice"
    assert "for all" in words(shop)
    assert "to spare" in words(shop)
    assert not any(button.key == "plan-raise" for button in shop.button)
    shop = plan(shop, "each", 2)
    assert [len(person.shown) for person in state(shop).people] == [2, 2]


def test_another_one_and_has_it_belong_to_that_child(two: AppTest, kiosk: Any) -> None:
    shop = plan(together(two), "budget", 50)
    star, moon = state(shop).people
    (first,) = star.shown
    listed = star.shown[first].recommendation_id
    shop = tap(shop, f"dismiss-plan-{first}")
    (second,) = state(shop).people[1].shown
    shop = tap(shop, f"own-plan-{second}")
    star, moon = state(shop).people
    assert [met.toy.toy_id for met in star.met] == [first]
    assert [toy.toy_id for toy in moon.owned] == [second]
    assert (star.owned, moon.met) == ((), ())
    assert not {first, second} & {*star.shown, *moon.shown}
    assert state(shop).plan.open
    event = kiosk.events[0]
    assert (event["toy_id"], event["kind"], event["recipient_id"], event["recommendation_id"]) == (
        first, "dismiss", star.id, listed,
    )  # fmt: skip


def test_a_budget_that_is_too_small_says_so_and_what_to_do(two: AppTest) -> None:
    shop = plan(together(two), "budget", 10)
    shop = plan(shop, "each", 3)
    assert "of 6 toys." in words(shop)
    assert "within the budget" in words(shop)
    fewer = tap(shop, "plan-fewer")
    assert state(fewer).plan.each == 2
    raised = tap(fewer, "plan-raise")
    assert state(raised).plan.budget > 10


def test_the_plan_is_left_with_one_tap(two: AppTest) -> None:
    star = state(two).people[0]
    shop = turn(together(two), star.id)
    assert not state(shop).plan.open
    assert cards(shop)


def test_the_occasion_is_told_to_the_kiosk_with_each_list(two: AppTest) -> None:
    group = next(group for group in two.get("button_group") if group.key == "occasion")
    shop = healthy(group.set_value("lunar_new_year").run())
    assert state(shop).occasion == "lunar_new_year"
    shop = tap(shop, "language")
    assert any("春节" in str(popover.proto.popover.label) for popover in shop.get("popover"))


def test_prices_sort_the_list_that_fits(open_page: Callable[..., AppTest], toys: list[Any]) -> None:
    price = {toy.id: toy.price for toy in toys}
    shop = choose(open_page(), "age_months", 60)
    shop = healthy(pills(shop, "order").set_value("cheap").run())
    shown = [price[toy] for toy in cards(shop)]
    assert shown == sorted(shown)
    shop = healthy(pills(shop, "order").set_value("dear").run())
    assert [price[toy] for toy in cards(shop)] == sorted(shown, reverse=True)
    fits = healthy(pills(shop, "order").set_value(None).run())
    assert state(fits).profile.order == "fit"


def test_words_that_are_no_answer_are_sought_within_the_answers(open_page: Callable[..., AppTest]) -> None:
    shop = say(open_page(), "a wooden one for a 4-year-old who loves trains, 5 at most")
    assert cards(shop, "words") == [], "over the budget"
    assert "No toy that fits has “wooden” in its words." in words(shop)
    shop = say(shop, "a wooden one for a 4-year-old who loves trains")
    assert cards(shop, "words") == ["track"]
    assert "With “wooden” in the words: 1 toy" in words(shop)
    assert "track" not in cards(shop), "no toy stands twice"
    shop = tap(shop, "like-words-track")
    assert cards(shop, "words") == []
    assert any("You like Wooden track." in toast.value for toast in shop.toast)
    assert "track" not in cards(shop)


def test_words_never_bring_what_is_not_safe(open_page: Callable[..., AppTest]) -> None:
    shop = say(open_page(), "a wooden bag of party poker for a 2-year-old")
    assert cards(shop, "words") == []
    shop = say(shop, "party balloons")
    assert cards(shop, "words") == []


def test_several_children_in_one_sentence(open_page: Callable[..., AppTest]) -> None:
    shop = say(open_page(), "a train for my 5-year-old and something for the baby")
    assert understood(shop) == ["age 5 years", "trains", "also safe for 0–6 months"]
    assert set(cards(shop)) == {"rattle", "bear"}
    shop = tap(shop, "also-0")
    assert [person.age_months for person in state(shop).people] == [60, 0]
    assert set(cards(shop)) == {"rattle", "bear"}
    shop = turn(shop, state(shop).people[0].id)
    assert not any(str(button.key).startswith("also-") for button in shop.button), "the baby is there"


def test_a_brand_is_sought_although_it_is_an_interest_too() -> None:
    from app.shop.fill import sought

    interests = (Named(name="building", toys=1),)
    shop = Facets(
        brands=(Named(name="Lego", toys=1), Named(name="乐高", toys=1)), interests=interests, currency="GBP",
        price=Range(min=1, max=2), recommended_age=Range(min=0, max=9),
    )  # fmt: skip
    assert sought("Lego Duplo for a 3-year-old", shop) == "Lego"
    assert sought("给三岁孩子的乐高", shop) == "乐高"
    assert sought("a legoland ticket", shop) == "legoland ticket"
    assert sought("", shop) == ""


def test_what_is_said_of_a_child_is_not_in_the_staffs_list_of_vain_searches(
    open_page: Callable[..., AppTest], client: Any, kiosk: Any
) -> None:
    shop = say(open_page(), "something for Oliverius, 4 years")
    assert "No toy that fits has “Oliverius” in its words." in words(shop)
    client.search({"q": "zebracorn"})  # sought in vain by somebody who meant to search
    deadline = time.monotonic() + 60
    while not (vain := kiosk.vain_searches):
        assert time.monotonic() < deadline, "a search in vain must be kept"
        time.sleep(0.02)
    assert vain == ["zebracorn"]


def test_on_the_page_of_a_toy_taps_count_for_the_child_that_it_was_found_for(two: AppTest, kiosk: Any) -> None:
    shop = plan(together(two), "budget", 50)
    star, moon = state(shop).people
    (toy,) = star.shown
    links = [link.proto for link in shop.get("page_link")]
    assert any("for=star" in link.query_string and f"toy={toy}" in link.query_string for link in links)
    assert state(shop).current == moon.id
    found = opened("toy", state(shop), **{"toy": toy, "for": "star"})
    assert "For Star" in words(found)
    found = tap(found, f"like-toy-{toy}")
    star, moon = state(found).people
    assert [met.toy.toy_id for met in star.met] == [toy]
    assert moon.met == ()
    assert state(found).plan.open, "the way back leads to the plan"
    assert {event["recipient_id"] for event in kiosk.events} == {star.id}


@pytest.mark.parametrize("sign", ["dragon", "", "<script>"])
def test_an_address_with_a_picture_that_nobody_has_changes_nothing(two: AppTest, sign: str) -> None:
    found = opened("toy", state(two), **{"toy": "bear", "for": sign})
    assert state(found).current == state(two).current


def test_of_a_very_long_sentence_the_visit_keeps_what_is_read(client: Any) -> None:
    facets = client.facets()
    visit = fill.fill(moves.new_session("en"), "for a 4 year old " + "x" * 100_000, facets)
    assert len(visit.profile.words) == MAX_TEXT + 1
    assert visit.profile.age_months == 48
    assert fill.read(visit.profile.words, facets).doubts == ("cut",)
