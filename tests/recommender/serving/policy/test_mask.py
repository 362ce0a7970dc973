"""The mask against a second, plain statement of the house's rules, over random catalogues and households."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import HAZARD_FLOOR_MONTHS, Audience, Hazard, Toy
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import RULES, HouseLists, Situation, allowed_mask, forbidding_rules
from recommender.serving.policy.safety import company
from recommender.serving.policy.shelf import build_shelf

AGES = st.none() | st.sampled_from([0, 10, 17, 18, 35, 36, 37, 95, 96, 168, 215, 216, 400]) | st.integers(0, 1439)
NAMES = ["Trains", "Games", "Éclair", "木马"]


@st.composite
def catalogues(draw: st.DrawFn) -> list[Toy]:
    count = draw(st.integers(1, 8))
    return [
        Toy(
            id=f"t{place}",
            title="x",
            brand=draw(st.none() | st.sampled_from(NAMES)),
            category=tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2))),
            price=draw(st.none() | st.decimals(0, 100, places=2)),
            recommended_age=draw(AGES),
            recommended_age_to=draw(AGES),
            safety_min_age=draw(AGES),
            hazards=tuple(draw(st.lists(st.sampled_from(Hazard), max_size=2, unique=True))),
            audience=draw(st.sampled_from(Audience)),
            active=draw(st.booleans()),
        )
        for place in range(count)
    ]


def may_see(toy: Toy, recipient: int | None, youngest: int | None, default: int) -> bool:
    """Safety and audience once more, toy by toy, in the words of the plan."""
    stated = [age for age in (recipient, youngest) if age is not None and age < 216]
    child = min(stated) if stated else default
    if any(child < HAZARD_FLOOR_MONTHS[hazard] for hazard in toy.hazards):
        return False
    if toy.safety_min_age is None:
        if child < 36:
            return False
    elif child < toy.safety_min_age:
        return False
    for_an_adult = recipient is not None and recipient >= 216 and not stated
    if toy.audience is Audience.ADULT:
        return for_an_adult
    if toy.audience is Audience.UNKNOWN and toy.safety_min_age is None:
        return not stated
    return True


@settings(max_examples=120)
@given(catalogues(), AGES, AGES, st.sampled_from([0, 12, 36, 96, 216]))
def test_never_an_unsafe_toy(toys: list[Toy], recipient: int | None, youngest: int | None, default: int) -> None:
    allowed = allowed_mask(build_shelf(toys), Situation(company(recipient, youngest, default)))
    expected = [toy.active and may_see(toy, recipient, youngest, default) for toy in toys]
    assert allowed.mask.tolist() == [False, *expected]


@settings(max_examples=100)
@given(catalogues(), AGES, AGES, st.data())
def test_every_toy_is_counted_once(
    toys: list[Toy], recipient: int | None, youngest: int | None, data: st.DataObject
) -> None:
    rows = st.lists(st.integers(1, len(toys)), max_size=3, unique=True).map(tuple)
    lists = []
    for _ in range(3):
        mask = np.zeros(len(toys) + 1, np.bool_)
        mask[list(data.draw(rows))] = True
        lists.append(data.draw(st.none() | st.just(mask)))
    price = st.none() | st.floats(0, 100)
    filters = Filters(
        data.draw(st.none() | st.sampled_from([*NAMES, "éCLAIR", "nothing"])),
        data.draw(st.none() | st.sampled_from(NAMES)),
        data.draw(price),
        data.draw(price),
        data.draw(AGES),
    )
    now = Situation(
        company(recipient, youngest, 36),
        HouseLists(*lists),
        data.draw(st.none() | st.just(filters)),
        data.draw(st.none() | st.floats(0.5, 100)),
        owned=data.draw(rows),
        dismissed=data.draw(rows),
        seen=data.draw(rows),
        recipient_age=recipient,
    )
    shelf = build_shelf(toys)
    allowed = allowed_mask(shelf, now)
    assert sum(allowed.removed.values()) + allowed.count == len(toys)
    assert all(allowed.removed.values())
    order = [rule.name for rule in RULES]
    assert [order.index(name) for name in allowed.removed] == sorted(order.index(name) for name in allowed.removed)
    verdicts = [next(iter(forbidding_rules(shelf, now, row)), None) for row in range(1, len(toys) + 1)]
    assert [verdict is None for verdict in verdicts] == allowed.mask[1:].tolist()
    for name, count in allowed.removed.items():
        assert verdicts.count(name) == count
    for house, name in zip(lists, ("recall", "stock", "hidden"), strict=True):
        if house is not None:
            assert not (allowed.mask & house).any(), name


def test_the_order_of_authority_is_the_houses() -> None:
    assert [rule.name for rule in RULES] == [
        "recall",
        "safety",
        "audience",
        "inactive",
        "stock",
        "hidden",
        "outgrown",
        "filters",
        "budget",
        "owned",
        "dismissed",
        "seen",
        "shown",
    ]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        (Filters(category="trains"), ["cheap", "dear"]),
        (Filters(brand="HOLT"), ["cheap"]),
        (Filters(price_min=5), ["dear"]),
        (Filters(price_max=5), ["cheap"]),
        (Filters(price_min=2, price_max=2), ["cheap"]),
        (Filters(age_months=30), ["cheap"]),
        (Filters(age_months=60), ["dear"]),
        (Filters(age_months=61), ["dear"]),
        (Filters(category="planes"), []),
    ],
)
def test_a_filter_keeps_what_says_that_it_matches(filters: Filters, left: list[str]) -> None:
    toys = [
        Toy("cheap", "x", None, None, None, "Holt", ("Toys", "Trains"), Decimal(2), "GBP", 24, 59, 24),
        Toy("dear", "x", None, None, None, "Lumi", ("Trains",), Decimal(50), "GBP", 60, None, 24),
        Toy("silent", "x", safety_min_age=0),
    ]
    mask = allowed_mask(build_shelf(toys), Situation(company(None, 36, 36), filters=filters)).mask
    assert [toy.id for toy, shown in zip(toys, mask[1:], strict=True) if shown] == left


def test_a_budget_hides_what_is_known_to_cost_more() -> None:
    toys = [
        Toy("dear", "x", price=Decimal("20.01"), safety_min_age=0),
        Toy("fair", "x", price=Decimal("20.00"), safety_min_age=0),
        Toy("silent", "x", safety_min_age=0),
    ]
    allowed = allowed_mask(build_shelf(toys), Situation(company(None, None, 36), budget=20.0))
    assert allowed.mask.tolist() == [False, False, True, True]
    assert allowed.removed == {"budget": 1}


@pytest.mark.parametrize("name", ["owned", "dismissed", "seen", "shown"])
def test_toys_that_are_named_are_not_shown(name: str) -> None:
    toys = [Toy(toy, "x", safety_min_age=0) for toy in ("one", "two", "three")]
    shelf = build_shelf(toys)
    now = Situation(company(None, None, 36), **{name: (1, 3)})  # type: ignore[arg-type]
    allowed = allowed_mask(shelf, now)
    assert allowed.mask.tolist() == [False, False, True, False]
    assert allowed.removed == {name: 2}
    assert allowed.nameable.tolist() == [False, True, True, True], "it was not the house that forbade them"
    assert [forbidding_rules(shelf, now, toy) for toy in (1, 2, 3)] == [[name], [], [name]]


def test_only_what_is_in_question_is_counted_and_what_was_outgrown_is_said() -> None:
    toys = [Toy(str(end), "x", recommended_age_to=end, safety_min_age=0) for end in (24, 24, 60)]
    among = np.array([False, True, False, True])
    allowed = allowed_mask(build_shelf(toys), Situation(company(48, None, 36), recipient_age=48), among)
    assert allowed.mask.tolist() == [False, False, False, True]
    assert allowed.removed == {"outgrown": 1}
    assert allowed.nameable.tolist() == [False, True, True, True]


def test_what_is_recalled_unsafe_for_grown_ups_or_hidden_is_not_even_named() -> None:
    names = ("recalled", "unsafe", "for grown-ups", "hidden", "sold out", "no longer sold", "owned", "filtered out")
    toys = [
        Toy(
            name,
            name,
            safety_min_age=60 if name == "unsafe" else 0,
            audience=Audience.ADULT if name == "for grown-ups" else Audience.CHILD,
            active=name != "no longer sold",
            price=Decimal(9) if name == "filtered out" else Decimal(1),
        )
        for name in names
    ]

    def only(name: str) -> np.ndarray:
        return np.array([False, *(toy.id == name for toy in toys)])

    house = HouseLists(only("recalled"), only("sold out"), only("hidden"))
    present = Situation(company(36, None, 36), house, Filters(price_max=5), owned=(names.index("owned") + 1,))
    allowed = allowed_mask(build_shelf(toys), present)
    assert not allowed.mask.any()
    nameable = [toy.id for toy, named in zip(toys, allowed.nameable[1:], strict=True) if named]
    assert nameable == ["sold out", "no longer sold", "owned", "filtered out"]
    assert list(allowed.removed) == ["recall", "safety", "audience", "inactive", "stock", "hidden", "filters", "owned"]
