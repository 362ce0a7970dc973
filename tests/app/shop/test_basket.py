from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.shop import basket as baskets
from app.shop import carrying, people
from app.shop import session as moves
from app.shop.basket import MAX_ENTRIES, Basket, State
from app.shop.body import request_for, split_for
from app.shop.models import Checked, CheckedToy, Toy
from app.shop.session import Session, Who

MakeToy = Callable[..., Toy]


def ids(session: Session) -> list[str]:
    return [entry.toy.toy_id for entry in session.basket.entries]


def cart_events(session: Session) -> list[str]:
    return [event["toy_id"] for event in session.outbox if event["kind"] == "cart"]


def answer(*toys: CheckedToy, missing: tuple[str, ...] = ()) -> Checked:
    return Checked(toys=toys, missing_ids=missing)


def checked(toy_id: str, **values: Any) -> CheckedToy:
    return CheckedToy(**{"toy_id": toy_id, "title": toy_id.title(), "currency": "GBP", "audience": "child", **values})


@pytest.fixture
def full(toy: MakeToy) -> Session:
    session = moves.new_session("en")
    for name in ("engine", "bear", "drum"):
        session = carrying.put(session, toy(name, price=Decimal(10), audience="child", safety_min_age=0))
    return session


def test_in_out_and_back_where_it_was(full: Session) -> None:
    key = full.basket.entries[1].key
    out = carrying.take_out(full, key)
    assert ids(out) == ["engine", "drum"]
    assert ids(carrying.put_back(out)) == ["engine", "bear", "drum"]
    assert carrying.put_back(carrying.put_back(out)).basket == carrying.put_back(out).basket
    assert carrying.take_out(out, ("nowhere", key[1])).basket.entries == out.basket.entries


def test_several_go_out_and_back_together(full: Session) -> None:
    engine, _, drum = (entry.key for entry in full.basket.entries)
    out = carrying.take_out(full, engine, drum)
    assert ids(out) == ["bear"]
    assert ids(carrying.put_back(out)) == ["engine", "bear", "drum"]


def test_what_came_in_meanwhile_stays_when_a_toy_is_put_back(full: Session, toy: MakeToy) -> None:
    out = carrying.take_out(full, full.basket.entries[2].key)
    out = carrying.take_out(out, out.basket.entries[0].key)  # only the last one can be put back
    assert ids(carrying.put_back(out)) == ["engine", "bear"]
    assert carrying.put(out, toy("ball")).basket.taken_out == (), "the next change ends it"


def test_the_kiosk_is_told_once_for_each_toy_and_person(full: Session, toy: MakeToy) -> None:
    again = carrying.put(carrying.take_out(full, full.basket.entries[0].key), toy("engine"))
    assert cart_events(again) == ["engine", "bear", "drum"]
    assert cart_events(carrying.put(again, toy("engine"))) == ["engine", "bear", "drum"], "a second tap is none"
    other = carrying.put(people.add(again), toy("engine"))
    assert cart_events(other)[-1] == "engine"
    assert other.outbox[-1]["recipient"]["id"] == other.current != again.current
    assert len(other.basket.entries) == 4, "the same toy for two children is two toys"


def test_taking_a_like_back_does_not_take_back_what_was_told_of_the_basket(full: Session, toy: MakeToy) -> None:
    session = moves.forget(moves.like(full, toy("engine")), "engine")
    assert cart_events(session) == ["engine", "bear", "drum"]
    assert not [event for event in session.outbox if event["kind"] == "like"]


def test_a_full_basket_takes_no_more(toy: MakeToy) -> None:
    session = moves.new_session("en")
    for number in range(MAX_ENTRIES + 3):
        session = carrying.put(session, toy(f"toy-{number}"))
    assert len(session.basket.entries) == MAX_ENTRIES == len(cart_events(session))
    assert session.basket.full


def test_what_is_in_the_basket_is_not_recommended_again_to_the_one_it_is_for(full: Session, toy: MakeToy) -> None:
    full = moves.like(full, toy("engine"))
    history = request_for(full)["history"]
    assert history == [{"toy_id": name, "kind": "cart"} for name in ("engine", "bear", "drum")], "each toy once"
    assert request_for(moves.use(full, Who.ME))["history"] == []
    two = people.add(full)
    shares = split_for(replace(two, plan=replace(two.plan, budget=30)))["children"]
    assert [share["history"] for share in shares] == [
        [{"toy_id": "engine", "kind": "like"}],
        [],
    ], "a plan stays while its toys go into the basket"


def test_each_toy_of_a_plan_goes_in_for_its_own_child(toy: MakeToy) -> None:
    session = people.add(moves.new_session("en"))
    first, second = (person.id for person in session.people)
    session = carrying.put_for(carrying.put_for(session, first, toy("engine")), second, toy("bear"), toy("drum"))
    assert [entry.key for entry in session.basket.entries] == [("engine", first), ("bear", second), ("drum", second)]
    assert [event["recipient"]["id"] for event in session.outbox] == [first, second, second]
    assert (session.who, session.current) == (Who.GIFT, second), "who is in use stays"
    assert carrying.put_for(session, "forgotten", toy("kite")) == session


def test_a_look_at_the_kiosk_brings_prices_and_rules(full: Session) -> None:
    seen = carrying.look_up(
        full,
        answer(checked("engine", price="12.50", barcode="401"), checked("bear", rules=("recall",)), missing=("drum",)),
    )
    engine, bear, drum = seen.basket.entries
    assert (engine.toy.price, engine.price_then, engine.price_changed, engine.barcode) == (
        Decimal("12.50"), Decimal(10), True, "401",
    )  # fmt: skip
    assert type(engine.toy) is Toy
    assert (bear.rules, drum.gone) == (("recall",), True)
    back = carrying.look_up(seen, answer(checked("drum", price="10")))
    assert not back.basket.entries[2].gone
    assert back.basket.entries[1].rules == ("recall",), "what is not spoken of stays as it was last known"
    assert not back.basket.entries[2].price_changed


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((), State.FINE),
        (("stock",), State.SOLD_OUT),
        (("inactive", "stock"), State.RETIRED),
        (("hidden",), State.RETIRED),
        (("recall", "stock"), State.RECALLED),
        (("recall", "safety"), State.UNSAFE),
        (("audience",), State.UNSAFE),
    ],
)
def test_the_gravest_is_said(full: Session, rules: tuple[str, ...], said: State) -> None:
    entry = replace(full.basket.entries[0], rules=rules)
    assert carrying.state_of(entry, None, False) is said


def test_a_toy_becomes_unsafe_with_a_younger_child_also_while_the_kiosk_is_away(full: Session, toy: MakeToy) -> None:
    session = carrying.put(full, toy("marbles", hazards=("marble",), safety_min_age=60, audience="child"))
    assert carrying.states(session)[-1] is State.FINE
    session = moves.answer(people.add(session), age_months=24)
    assert carrying.states(session) == (State.FINE, State.FINE, State.FINE, State.UNSAFE)


def test_what_is_made_for_grown_ups_is_theirs_where_no_child_is_stated(toy: MakeToy) -> None:
    session = moves.answer(moves.use(moves.new_session("en"), Who.ME), age_months=216)
    session = carrying.look_up(
        carrying.put(session, toy("poker", audience="adult")),
        answer(checked("poker", audience="adult", rules=("audience",))),
    )
    assert carrying.states(session) == (State.FINE,)
    session = moves.answer(moves.use(session, Who.GIFT), age_months=60)
    assert carrying.states(session) == (State.UNSAFE,)


def test_the_sum_is_by_currency_of_what_can_be_bought(full: Session, toy: MakeToy) -> None:
    full = carrying.put(full, toy("kite", price=Decimal("80.50"), currency="CNY", audience="child", safety_min_age=0))
    full = carrying.put(full, toy("owl", audience="child", safety_min_age=0))
    full = carrying.look_up(full, answer(checked("bear", price="10", rules=("stock",))))
    found = baskets.total(full.basket.entries, carrying.states(full))
    assert found.sums == {"GBP": Decimal(20), "CNY": Decimal("80.50")}
    assert (found.unpriced, found.left_out) == (1, 1)
    assert baskets.total((), ()) == baskets.Total({}, 0, 0)


def test_three_toys_are_compared_and_a_fourth_is_not(toy: MakeToy) -> None:
    session = moves.new_session("en")
    for name in ("engine", "bear", "drum", "ball"):
        session = carrying.compare(session, toy(name))
    assert [it.toy_id for it in session.compared] == ["engine", "bear", "drum"]
    session = carrying.compare(session, toy("bear"))
    assert [it.toy_id for it in session.compared] == ["engine", "drum"]
    assert carrying.compare_only(session, ("drum",)).compared == (toy("drum"),)
    assert carrying.compare_none(session).compared == ()


def test_an_empty_basket_has_nothing_to_put_back() -> None:
    assert baskets.put_back(Basket()) == Basket()
