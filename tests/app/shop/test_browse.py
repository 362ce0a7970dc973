"""The page Browse & search under Streamlit's AppTest, over a real kiosk."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.shop import session as moves
from app.shop.client import KioskClient
from app.shop.session import Who
from app.shop.wish import Order
from tests.app.shop.hands import EVIL, cards, choose, healthy, state, tap, words


def seek(shop: AppTest, typed: str) -> AppTest:
    return healthy(shop.text_input(key="search-words").set_value(typed).run())


def filter_by(shop: AppTest, name: str, value: Any) -> AppTest:
    group = next(group for group in shop.get("button_group") if group.key == f"browse-{name}")
    return healthy(group.set_value(value).run())


def shelf(shop: AppTest) -> list[str]:
    return cards(shop, "browse")


def test_with_nothing_typed_it_shows_what_is_popular(open_page: Callable[..., AppTest]) -> None:
    shop = open_page("browse")
    assert "Popular here now" in words(shop)
    assert "engine" in shelf(shop)
    assert "marbles" not in shelf(shop), "nobody said who is here"
    assert not shop.toggle, "nobody counted this shop's stock"


def test_words_are_found_and_letters_that_are_wrong_are_put_right(open_page: Callable[..., AppTest]) -> None:
    shop = seek(open_page("browse"), "steam engine")
    assert shelf(shop)[0] == "engine"
    assert "“steam engine”" in words(shop)
    shop = seek(shop, "wodden track")
    assert shelf(shop)[0] == "track"
    assert "Showing “wooden track”. You typed “wodden track”." in words(shop)
    shop = tap(shop, "search-clear")
    assert "Popular here now" in words(shop)
    assert shop.text_input(key="search-words").value == ""


def test_chinese_words_are_found_and_the_page_keeps_them(open_page: Callable[..., AppTest]) -> None:
    shop = seek(open_page("browse", lang="zh"), "蒸汽火车头")
    assert shelf(shop)[0] == "engine"
    shop = tap(shop, "language")
    assert state(shop).wish.words == "蒸汽火车头"
    assert shelf(shop)[0] == "engine"


@pytest.mark.parametrize("typed", ["x" * 10_000, "🦖" * 300, EVIL, "' OR 1=1 --", "a AND NOT (b*", "**q** :red[x] $z$"])
def test_whatever_is_typed_is_text(open_page: Callable[..., AppTest], typed: str) -> None:
    shop = seek(open_page("browse"), typed)
    assert "<script" not in words(shop)
    assert ("first 200 characters" in words(shop)) == (len(typed) > 200)
    assert shelf(shop) or "We found no toy for these words" in words(shop)
    assert state(shop).wish.words in typed


def test_script_comes_back_as_text(open_page: Callable[..., AppTest]) -> None:
    shop = seek(open_page("browse"), "<script>qzvk</script>")
    assert "&lt;script&gt;qzvk&lt;/script&gt;" in words(shop)


def test_a_search_in_vain_offers_others(open_page: Callable[..., AppTest]) -> None:
    shop = seek(open_page("browse"), "qzvkxw")
    assert "We found no toy for these words" in words(shop)
    idea = next(str(button.key) for button in shop.button if str(button.key).startswith("idea-"))
    assert shelf(tap(shop, idea))


def test_filters_narrow_and_can_be_let_go(open_page: Callable[..., AppTest]) -> None:
    shop = seek(open_page("browse"), "engine")
    shop = filter_by(shop, "age_months", 0)
    assert shelf(shop) == []
    assert "No toy is left on this shelf" in words(shop)
    shop = tap(shop, "let-age_months")
    assert "engine" in shelf(shop)
    assert state(shop).wish.filtered == ()


def test_a_kind_alone_shows_what_is_popular_of_it(open_page: Callable[..., AppTest]) -> None:
    shop = filter_by(open_page("browse"), "category", "Trains")
    assert set(shelf(shop)) == {"engine", "track"}, "the station is not for all"
    assert "Popular here now, of what you chose" in words(shop)
    assert {"bear", "blocks"} <= set(shelf(tap(shop, "all-off")))


def test_orders(open_page: Callable[..., AppTest], client: KioskClient) -> None:
    shop = open_page("browse")
    prices = {name: client.toy(name, None, "en").price for name in shelf(shop)}
    known = sorted(price for price in prices.values() if price is not None)
    for order, expected in ((Order.CHEAP, known), (Order.DEAR, known[::-1])):
        shop = filter_by(shop, "order", order)
        found = [prices[name] for name in shelf(shop)]
        assert found[: len(known)] == expected
    assert shelf(filter_by(shop, "order", None)) == list(prices), "none is the best match"


def test_the_youngest_child_said_elsewhere_rules_here(open_page: Callable[..., AppTest]) -> None:
    shop = seek(open_page("browse"), "marbles")
    assert shelf(shop) == []
    assert "never show a toy that is not safe" in words(shop)
    shop = choose(shop, "browse-youngest", 72)
    assert shelf(shop) == ["marbles"]
    shop.session_state["visit"] = moves.answer(moves.use(state(shop), Who.ME), youngest_months=24)
    assert shelf(healthy(shop.run())) == []
    assert not [group for group in shop.get("button_group") if "youngest" in group.key], "it was said"


def test_a_like_and_what_is_set_aside(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(open_page("browse"), "steam engine")
    shop = tap(tap(shop, "like-browse-engine"), "dismiss-browse-engine")
    assert "engine" not in shelf(shop)
    assert [(event["toy_id"], event["kind"]) for event in kiosk.events] == [("engine", "like"), ("engine", "dismiss")]
    shop = tap(shop, "bring-back")
    assert "engine" in shelf(shop)


def test_a_kiosk_that_is_away(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = seek(open_page("browse"), "engine")
    kiosk.stop()
    shop = seek(shop, "track")
    assert "The shelves cannot be reached just now" in words(shop)
    kiosk.start()
    shop = tap(shop, "retry")
    assert "track" in shelf(shop)


def test_a_toys_page_shows_what_goes_well_with_it(open_page: Callable[..., AppTest], kiosk: Any) -> None:
    shop = open_page("toy", toy="track")
    assert "Goes well with" not in words(shop), "nothing is known to be bought with it"
    engine = kiosk.engine
    engine.together = np.zeros((len(engine.toys) + 1, 8), np.int32)
    engine.together[engine.index["track"], :3] = [engine.index[name] for name in ("marbles", "engine", "bear")]
    shop = healthy(shop.run())
    assert "Goes well with" in words(shop)
    assert cards(shop, "together") == ["engine", "bear"], "marbles are not for everyone"
    assert not {"engine", "bear"} & set(cards(shop, "similar")), "no toy stands twice"
    assert cards(tap(shop, "dismiss-together-bear"), "together") == ["engine"]
