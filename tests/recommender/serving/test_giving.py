"""Several children, one budget: nobody gets what the youngest of all may not have."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import ToyGuideError
from data.schema import Audience, Hazard, Recipient, Toy
from recommender.serving.engine import Engine
from recommender.serving.giving import Child, give
from recommender.serving.load import load_bundle
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.shelf import safe_from
from recommender.serving.results import Giving
from recommender.serving.student import Student


@pytest.fixture(scope="module")
def shop(bundle) -> Engine:
    """80 toys of all prices and ages around the tiny bundle's graph."""
    whole = load_bundle(bundle)
    rng = np.random.default_rng(5)
    toys = [
        Toy(
            id=f"t{place}",
            title=f"Toy {place}",
            price=None if place % 9 == 0 else Decimal(int(rng.integers(200, 6000))) / 100,
            safety_min_age=None if place % 7 == 0 else int(rng.choice([0, 18, 36, 72, 96])),
            hazards=(Hazard.MAGNET,) if place % 11 == 0 else (),
            audience=Audience.ADULT if place % 13 == 0 else Audience.CHILD,
        )
        for place in range(80)
    ]
    table = rng.normal(size=(81, whole.manifest.width)).astype(np.float32)
    table[0] = 0
    student = Student(whole.student._session, table, whole.student.interests, whole.student.max_history)
    return Engine(whole.folder, whole.manifest, toys, student)


AGES = st.none() | st.sampled_from([0, 10, 20, 36, 60, 100, 190])
CHILDREN = st.lists(
    st.builds(
        Child,
        st.builds(Recipient, age_months=AGES, budget=st.none() | st.floats(1, 80)),
        st.lists(st.integers(0, 90).map("t{}".format), max_size=4),
        st.lists(st.integers(0, 79).map("t{}".format), max_size=3),
        st.sampled_from(["self", "gift"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(
    CHILDREN, st.floats(1, 200), AGES, st.sets(st.integers(0, 79), max_size=5), st.sets(st.integers(0, 79), max_size=5)
)
def test_a_split_is_safe_for_all_within_the_budget_and_gives_no_toy_twice(
    shop: Engine, children: list[Child], budget: float, youngest: int | None, recalled: set[int], gone: set[int]
) -> None:
    house = shop.house_lists([f"t{toy}" for toy in recalled], [f"t{toy}" for toy in gone])
    answer = give(shop, children, budget, youngest_age_months=youngest, house=house)
    ages = [36 if child.recipient.age_months is None else child.recipient.age_months for child in children]
    smallest = min([*ages, *([] if youngest is None else [youngest])])
    given_toys = [share.item.toy for share in answer.shares if share.item]
    assert len({toy.id for toy in given_toys}) == len(given_toys)
    assert sum(toy.price for toy in given_toys) <= Decimal(budget)
    assert answer.total == pytest.approx(float(sum(toy.price for toy in given_toys)))
    assert answer.total + answer.left == pytest.approx(budget, abs=0.011)
    for child, share in zip(children, answer.shares, strict=True):
        assert (share.item is None) == (share.short_reason is not None)
        own = Decimal("Infinity") if child.recipient.budget is None else Decimal(child.recipient.budget)
        for pick in [*([share.item] if share.item else []), *share.alternatives]:
            assert safe_from(pick.toy) <= smallest
            assert pick.toy.audience is not Audience.ADULT
            assert pick.toy.id not in {f"t{toy}" for toy in recalled | gone} | set(child.owned)
            assert pick.toy.price is not None
            assert pick.toy.price <= own
        spare = Decimal(budget) - sum(toy.price for toy in given_toys) + (share.item.toy.price if share.item else 0)
        assert all(pick.toy.price <= spare and pick.toy not in given_toys for pick in share.alternatives)


def toys_of(answer: Giving) -> list[str | None]:
    return [share.item and share.item.toy.id for share in answer.shares]


def test_with_money_enough_each_child_gets_its_own_best(shop: Engine) -> None:
    children = [Child(Recipient(age_months=100)), Child(Recipient(age_months=100), history=["t3"])]
    answer = give(shop, children, 10_000)
    for child, share in zip(children, answer.shares, strict=True):
        asked = {"history": child.history, "recipient": child.recipient, "purpose": "gift", "k": 20}
        best = [pick.score for pick in shop.recommend(**asked).items if pick.toy.price is not None]
        assert share.item is not None
        assert share.item.score >= best[1] - 1e-5, "the other child may have got the very best"


def test_where_nothing_is_left_it_is_said_in_words(shop: Engine) -> None:
    answer = give(shop, [Child(Recipient(age_months=100)), Child(Recipient(age_months=100))], 0.5)
    assert toys_of(answer) == [None, None]
    assert answer.shares[0].short_reason is not None
    assert answer.shares[0].short_reason.text == "No toy that may be shown is left within the budget."
    chinese = give(shop, [Child(Recipient(age_months=100))], 0.5, language="zh").shares[0].short_reason
    assert chinese is not None
    assert chinese.text == "预算之内没有可以展示的玩具。"
    filtered = give(shop, [Child(Recipient(age_months=100))], 50, Filters(brand="Nobody")).shares[0].short_reason
    assert filtered is not None
    assert filtered.code == "filters"


@pytest.mark.parametrize(
    ("children", "budget", "said"),
    [
        ([], 5.0, "The 'children' parameter of give must be 1 to 8 children. Got 0 instead."),
        ([Child(Recipient())] * 9, 5.0, "The 'children' parameter of give must be 1 to 8 children. Got 9 instead."),
        ([Child(Recipient())], 0.0, "The 'budget' parameter of give must be a finite number > 0. Got 0.0 instead."),
        (
            [Child(Recipient())],
            float("nan"),
            "The 'budget' parameter of give must be a finite number > 0. Got nan instead.",
        ),
    ],
)
def test_a_parameter_out_of_bounds_is_refused(shop: Engine, children: list[Child], budget: float, said: str) -> None:
    with pytest.raises(ToyGuideError) as caught:
        give(shop, children, budget)
    assert str(caught.value) == said
