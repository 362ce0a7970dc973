"""What a visit remembers is named to nobody for whom it is unsafe: the kiosk's own rule, toy by toy."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from app.shop.client import KioskClient
from app.shop.models import Reason, Toy
from app.shop.safety import may_be_named, speakable


@pytest.fixture
def every_toy(client: KioskClient, toys: list[Any]) -> Iterator[Toy]:
    return (client.toy(toy.id, None, "en") for toy in toys if toy.active)


def test_what_the_kiosk_refuses_is_not_named(client: KioskClient, every_toy: Iterator[Toy]) -> None:
    compared = 0
    for toy, age in product(list(every_toy), (0, 12, 24, 36, 48, 60, 96, 120)):
        assert may_be_named(toy, age) == client.toy(toy.toy_id, age, "en").safe.allowed, (toy.toy_id, age)
        compared += 1
    assert compared > 80


def test_where_no_child_is_stated_everything_may_be_named(toy: Callable[..., Toy]) -> None:
    assert may_be_named(toy(audience="adult", hazards=("marble",)), None)
    assert not may_be_named(toy(audience="adult"), 204)


def test_a_reason_names_no_toy_that_may_not_be_named(toy: Callable[..., Toy]) -> None:
    safe, unsafe = toy("bear", safety_min_age=0, audience="child"), toy("marbles", hazards=("marble",))
    said = [Reason(code="because_of", text=name, toy_id=name) for name in ("bear", "marbles", "stranger")]
    said.append(Reason(code="popular", text="A favourite"))
    assert [reason.text for reason in speakable(said, [safe, unsafe], 24)] == ["bear", "A favourite"]
