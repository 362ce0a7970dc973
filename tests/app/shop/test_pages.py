"""Every page's logic under Streamlit's AppTest, over a real kiosk. What a browser adds is in tests/system."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.schema import Audience, Toy
from tests.app.shop.hands import EVIL, cards, choose, opened, pills, say, state, tap, understood, words


def test_the_first_visit_shows_favourites_and_asks_whom_it_is_for(open_page: Callable[..., AppTest]) -> None:
    shop = open_page()
    assert "Who is it for?" in words(shop)
    assert "Favourites of this shop" in words(shop)
    assert set(cards(shop)) == {"rattle", "bear", "blocks", "track", "engine", "mystery"}
    assert "£12.00" in words(shop)
    assert 'alt="Picture of Steam engine"' in words(shop)
    assert state(shop).outbox == ()


def test_answers_change_the_shelf_at_once(open_page: Callable[..., AppTest]) -> None:
    shop = choose(open_page(), "age_months", 60)
    assert {"marbles", "puzzle", "station"} <= set(cards(shop))
    assert "mystery" not in cards(shop), "nobody vetted it, and a child is stated"
    shop = choose(shop, "budget", 15)
    assert "station" not in cards(shop)
    before = cards(shop)
    shop = choose(shop, "interests", ["trains"])
    assert cards(shop).index("engine") < before.index("engine")
    assert "For someone who loves trains" in words(shop)
    assert "age 5 years · loves trains · up to £15" in words(shop)
    shop = choose(shop, "youngest_months", 12)
    assert set(cards(shop)) == {"rattle", "bear"}
    assert "Not among these: trains. Everything here is also safe for 1 year." in words(shop)
    shop = tap(shop, "start-over")
    assert "Not among these" not in words(shop)
    assert "Favourites of this shop" in words(shop)
    assert pills(shop, "age_months").value is None


def test_liking_changes_the_list_and_is_told_to_the_kiosk(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = choose(open_page(), "age_months", 60)
    shown = state(shop).profile.shown["engine"].recommendation_id
    shop = tap(shop, "like-list-engine")
    assert "engine" not in cards(shop)
    assert cards(shop)[0] in {"station", "track"}
    assert "Because you liked Steam engine" in words(shop)
    because = sum(
        any(reason.toy_id == "engine" for reason in shown.reasons) for shown in state(shop).profile.shown.values()
    )
    assert because >= 2
    assert [toast.value for toast in shop.toast] == [
        f"You like Steam engine. {because} of these toys are here because of it."
    ]
    (event,) = kiosk.events
    assert (event["toy_id"], event["kind"], event["recommendation_id"]) == ("engine", "like", shown)
    assert (event["recipient_age"], event["session_id"]) == (60, state(shop).id)
    assert state(shop).outbox == ()

    shop = tap(shop, "unlike-engine")
    assert "engine" in cards(shop)
    assert "Because you liked" not in words(shop)


def test_setting_aside_and_having_it_take_a_toy_off_the_shelf(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(tap(open_page(), "dismiss-list-engine"), "own-list-track")
    assert not {"engine", "track"} & set(cards(shop))
    assert [(event["toy_id"], event["kind"]) for event in kiosk.events] == [("engine", "dismiss")]
    shop = tap(shop, "bring-back")
    assert {"engine", "track"} <= set(cards(shop))


def test_an_empty_shelf_says_what_to_let_go(open_page: Callable[..., AppTest]) -> None:
    shop = choose(open_page(), "age_months", 0)
    shop = tap(tap(shop, "dismiss-list-rattle"), "own-list-bear")
    assert cards(shop) == []
    assert "No toy is left on this shelf" in words(shop)
    assert "not safe for the youngest child" in words(shop)
    shop = tap(shop, "relax.aside")
    assert set(cards(shop)) == {"rattle", "bear"}


def test_a_short_shelf_offers_any_price(open_page: Callable[..., AppTest]) -> None:
    shop = choose(open_page(), "budget", 10)
    assert "over the budget" in words(shop)
    shop = tap(shop, "relax.budget")
    assert "over the budget" not in words(shop)
    assert pills(shop, "budget").value is None


def test_chinese_keeps_the_place(open_page: Callable[..., AppTest]) -> None:
    shop = tap(choose(open_page(), "age_months", 60), "like-list-engine")
    shop = tap(shop, "language")
    assert "送给谁？" in words(shop)
    assert "因为您喜欢蒸汽火车头" in words(shop)
    assert state(shop).profile.age_months == 60
    assert shop.query_params["lang"] in ("zh", ["zh"])
    assert "engine" not in cards(shop)


def test_the_language_of_an_address(open_page: Callable[..., AppTest]) -> None:
    assert "送给谁？" in words(open_page(lang="zh"))


def test_for_me_learns_apart_from_the_gift(open_page: Callable[..., AppTest]) -> None:
    shop = open_page("me")
    assert "Toys for you" in words(shop)
    shop = tap(choose(shop, "age_months", 216), "like-list-poker")
    assert [child.met for child in state(shop).people] == [()]
    assert [met.toy.toy_id for met in state(shop).me.met] == ["poker"]


def test_a_toys_page(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = open_page("toy", toy="engine")
    assert "<h1>Steam engine</h1>" in words(shop)
    assert set(cards(shop, "similar")) >= {"track"}
    assert "engine" not in cards(shop, "similar")
    assert [(event["toy_id"], event["kind"]) for event in kiosk.events] == [("engine", "view")]
    shop = tap(shop, "like-toy-engine")
    assert "You like this toy" in words(shop)
    assert [(event["toy_id"], event["kind"]) for event in kiosk.events] == [("engine", "view"), ("engine", "like")]
    shop = tap(shop, "toy-forget")
    assert cards(shop, "toy") == ["engine"]
    assert len(kiosk.events) == 2, "one opening is one view"


@pytest.mark.parametrize("toy_id", ["", "nowhere", "../facets", "x" * 10_000, EVIL])
def test_a_link_to_a_toy_that_is_not_there(open_page: Callable[..., AppTest], kiosk: Any, toy_id: str) -> None:
    shop = open_page("toy", toy=toy_id)
    assert "This toy is not in the shop" in words(shop)
    assert "<script" not in words(shop)
    assert kiosk.events == []


def test_an_unsafe_toy_is_not_shown_until_the_age_allows_it(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = open_page("toy", toy="marbles")
    assert "Bag of marbles" not in words(shop)
    assert "Not for children under age 5." in words(shop)
    assert cards(shop, "toy") == []
    assert kiosk.events == []
    shop = choose(shop, "unsafe-youngest", 72)
    assert "<h1>Bag of marbles</h1>" in words(shop)
    assert "Not under 5 years: marbles, small parts" in words(shop)


def test_a_kiosk_that_is_away_and_comes_back_loses_nothing(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = tap(open_page(), "like-list-engine")
    kiosk.stop()
    shop = tap(shop, "dismiss-list-bear")
    assert "The shelves cannot be reached just now" in words(shop)
    assert "Kept for you: 1 liked." in words(shop)
    assert [event["toy_id"] for event in state(shop).outbox] == ["bear"]
    kiosk.start()
    shop = tap(shop, "retry")
    assert "cannot be reached" not in words(shop)
    assert "engine" not in cards(shop)
    assert "bear" not in cards(shop)
    assert state(shop).outbox == ()
    assert [(event["toy_id"], event["kind"]) for event in kiosk.events] == [("engine", "like"), ("bear", "dismiss")]


def test_a_first_visit_while_the_kiosk_is_away(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    kiosk.stop()
    shop = open_page()
    assert "The shelves cannot be reached just now" in words(shop)
    kiosk.start()
    assert cards(tap(shop, "retry"))


def test_a_script_in_a_title_is_text_everywhere(
    make_bundle: Callable[..., Path],
    start_kiosk: Callable[[Path], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    toys = [
        Toy(id=name, title=f"{EVIL} {name}", brand=EVIL, description=EVIL, safety_min_age=0, audience=Audience.CHILD)
        for name in ("one", "two", "**three** :red[x]")
    ]
    monkeypatch.setenv("TOYGUIDE_SHOP_API", start_kiosk(make_bundle(tmp_path / "evil", toys)).address)
    monkeypatch.setenv("TOYGUIDE_SHOP_TIMEOUT_SECONDS", "60")  # a busy machine is no kiosk that is away
    for home, query in (("gift", {}), ("toy", {"toy": "one"})):
        shop = opened(home, **query)
        shop = tap(shop, next(str(button.key) for button in shop.button if str(button.key).startswith("like-")))
        assert "<script" not in words(shop)
        assert "&lt;script&gt;" in words(shop)
        labels = [link.proto.label for link in shop.get("page_link") if "three" in link.proto.label]
        assert all(":red" not in label and "**" not in label for label in labels)


def test_a_sentence_fills_the_answers_in_and_each_can_be_taken_back(open_page: Callable[..., AppTest]) -> None:
    shop = say(open_page(), "wooden trains and games for a 5-year-old under 15, with a baby sister")
    profile = state(shop).profile
    assert (profile.age_months, profile.interests, profile.budget, profile.youngest_months) == (
        60, ("trains", "games"), 15, 0,
    )  # fmt: skip
    assert understood(shop) == ["age 5 years", "trains", "games", "up to £15", "also safe for 0–6 months"]
    assert "No toy that fits has “wooden” in its words." in words(shop)
    assert set(cards(shop)) == {"rattle", "bear"}, "what is on the shelf is safe for the baby"
    assert pills(shop, "age_months").value == 60
    shop = tap(tap(shop, "understood-youngest_months-0"), "understood-interests-trains")
    assert understood(shop) == ["age 5 years", "games", "up to £15"]
    assert state(shop).profile.interests == ("games",)
    assert "marbles" in cards(shop)
    shop = choose(shop, "age_months", 36)
    assert understood(shop) == ["games", "up to £15"], "what was tapped since is not the sentence's any more"
    assert understood(tap(shop, "start-over")) == []
    assert shop.text_input[0].value == ""


def test_a_second_sentence_takes_the_place_of_the_first_but_not_of_what_was_tapped(
    open_page: Callable[..., AppTest],
) -> None:
    shop = choose(open_page(), "interests", ["games"])
    shop = say(shop, "trains for a 4-year-old under £20")
    shop = say(shop, "animals, 6 years old")
    profile = state(shop).profile
    assert (profile.age_months, profile.interests, profile.budget) == (72, ("games", "animals"), None)
    assert state(say(shop, "animals, 6 years old")).profile.interests == profile.interests, "saying it twice is no more"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("a doll for a 200 year old", "That age is beyond us"),
        ("budget of 0", "A budget of 0 leaves no toy"),
        ("for 4 and 7 year olds", "the shelf fits the youngest"),
        ("puzzle under 4", "“Under” was read as an age"),
        ("under €15", "Prices here are in GBP"),
        ("🙃🙃🙃", "no age, interest or budget"),
        ("x" * 10_000, "Only the first 500 characters"),
        (EVIL, "No toy that fits has “&lt;script&gt;"),
    ],
)
def test_what_could_not_be_used_is_said(open_page: Callable[..., AppTest], sentence: str, said: str) -> None:
    shop = say(open_page(), sentence)
    assert said in words(shop)
    assert "<script" not in words(shop)
    assert cards(shop)


def test_a_chinese_sentence_is_shown_in_the_language_of_the_shop(open_page: Callable[..., AppTest]) -> None:
    shop = say(open_page(lang="zh"), "给五岁孩子的火车玩具，15以内")
    assert understood(shop) == ["5岁", "火车", "£15以内"]
    shop = tap(shop, "language")
    assert understood(shop) == ["age 5 years", "trains", "up to £15"]
    assert shop.text_input[0].value == "给五岁孩子的火车玩具，15以内"


def test_who_looks_for_themselves_is_not_asked_for_a_sentence(open_page: Callable[..., AppTest]) -> None:
    assert not open_page("me").text_input
