"""The youngest child stated anywhere in the visit stands before every page, whoever's list is looked at."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.shop import carrying, people
from app.shop import session as moves
from app.shop.session import Session, Who
from app.shop.wish import Wish
from data.schema import Audience
from tests.app.shop.hands import choose, healthy, state, words

TWO = 24
SAFE = {"rattle", "bear", "blocks"}
PAGES: tuple[tuple[str, dict[str, str], Wish], ...] = (
    ("gift", {}, Wish()),
    ("me", {}, Wish()),
    ("browse", {}, Wish()),
    ("browse", {}, Wish(words="marbles poker engine station puzzle")),
    ("basket", {}, Wish()),
    ("compare", {}, Wish()),
    ("toy", {"toy": "bear"}, Wish()),
    ("toy", {"toy": "marbles"}, Wish()),
    ("toy", {"toy": "poker"}, Wish()),
)


def stated_for_a_child(visit: Session) -> Session:
    return moves.answer(visit, age_months=TWO)


def stated_as_younger(visit: Session) -> Session:
    return moves.answer(visit, age_months=96, youngest_months=TWO)


def stated_for_another_child(visit: Session) -> Session:
    visit = people.add(moves.answer(visit, age_months=TWO))
    return moves.answer(visit, age_months=96)


def stated_on_my_own_page(visit: Session) -> Session:
    visit = moves.answer(moves.use(visit, Who.ME), age_months=216, youngest_months=TWO)
    return moves.answer(moves.use(visit, Who.GIFT), age_months=96)


@pytest.mark.parametrize(
    "stated", [stated_for_a_child, stated_as_younger, stated_for_another_child, stated_on_my_own_page]
)
def test_no_page_shows_or_names_a_toy_that_is_not_safe_for_the_two_year_old(
    open_page: Callable[..., AppTest], toys: list[Any], stated: Callable[[Session], Session]
) -> None:
    unsafe = [toy for toy in toys if toy.id not in SAFE]
    for home, query, wish in PAGES:
        shop = open_page(home, **query)
        # For everybody in the visit something was liked that is not for a child of two.
        visit = state(shop)
        for name, who in (("marbles", Who.GIFT), ("poker", Who.ME)):
            liked = next(toy for toy in toys if toy.id == name)
            visit = carrying.put(moves.like(moves.use(visit, who), shop_toy(liked)), shop_toy(liked))
            visit = carrying.compare(visit, shop_toy(liked))
        shop.session_state["visit"] = replace(stated(moves.use(visit, Who.GIFT)), wish=wish)
        shop = healthy(shop.run())
        said = words(shop) + "\n".join(str(button.label) for button in shop.button)
        said += "\n".join(link.proto.label for link in shop.get("page_link"))
        assert state(shop).youngest == TWO
        for toy in unsafe:
            assert toy.title not in said, (home, toy.id)
            assert toy.title_zh not in said, (home, toy.id)
            assert not any(str(button.key).endswith(f"-{toy.id}") for button in shop.button), (home, toy.id)


def shop_toy(toy: Any) -> Any:
    from app.shop.models import Toy

    return Toy(
        toy_id=toy.id, title=toy.title, title_zh=toy.title_zh, safety_min_age=toy.safety_min_age,
        hazards=tuple(hazard.value for hazard in toy.hazards),
        audience="adult" if toy.audience is Audience.ADULT else toy.audience.value,
    )  # fmt: skip


def test_a_reason_of_yesterdays_list_names_nothing_that_is_unsafe_today(open_page: Callable[..., AppTest]) -> None:
    shop = choose(open_page(), "age_months", 96)
    shop = healthy(shop.button(key="like-list-marbles").click().run())
    assert "Because you liked Bag of marbles" in words(shop)
    assert any(button.key == "unlike-marbles" for button in shop.button)
    shop = choose(shop, "youngest_months", TWO)
    assert "marbles" not in words(shop)
    assert "One more, not for the youngest here" in words(shop)
    assert not any(button.key == "unlike-marbles" for button in shop.button)


def test_a_toys_page_asks_who_is_here_only_where_nobody_said(open_page: Callable[..., AppTest]) -> None:
    shop = open_page("toy", toy="marbles")
    assert any(str(group.key).startswith("unsafe-youngest") for group in shop.get("button_group"))
    shop.session_state["visit"] = moves.answer(moves.use(state(shop), Who.ME), youngest_months=TWO)
    shop.session_state["visit"] = moves.use(state(shop), Who.GIFT)
    shop = healthy(shop.run())
    assert "Not for children under age 5." in words(shop)
    assert not shop.get("button_group")


@pytest.mark.parametrize("child", [None, 96])
def test_what_is_made_for_grown_ups_opens_for_a_grown_up_who_said_so_and_named_no_child(
    open_page: Callable[..., AppTest], child: int | None
) -> None:
    shop = choose(open_page("me"), "age_months", 216)
    visit = state(shop)
    if child is not None:
        visit = moves.use(moves.answer(moves.use(visit, Who.GIFT), age_months=child), Who.ME)
    shop = open_page("toy", toy="poker")
    assert "Poker night" not in words(shop), "nobody said who is here"
    shop.session_state["visit"] = visit
    shop = healthy(shop.run())
    assert ("<h1>Poker night</h1>" in words(shop)) == (child is None)
    shop = open_page("toy", toy="retired")
    shop.session_state["visit"] = visit
    assert "Tin robot" not in words(healthy(shop.run()))


def test_a_like_that_waited_for_the_kiosk_is_not_named_to_who_came_meanwhile(
    open_page: Callable[..., AppTest], kiosk: Any
) -> None:
    shop = choose(open_page(), "age_months", 96)
    kiosk.stop()
    shop = healthy(shop.button(key="like-list-marbles").click().run())
    shop.session_state["visit"] = moves.answer(state(shop), youngest_months=TWO)
    kiosk.start()
    shop = healthy(shop.run())
    assert state(shop).profile.shown, "the list is there again"
    assert [toast.value for toast in shop.toast] == []
