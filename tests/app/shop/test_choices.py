from hypothesis import given
from hypothesis import strategies as st

from app.shop.choices import AGES, BANDS, budgets, younger_than


def test_bands_follow_one_another_without_a_gap() -> None:
    assert [band.end for band in BANDS[:-1]] == [band.start for band in BANDS[1:]]
    assert BANDS[-1].end is None


def test_a_younger_child_is_a_child_and_younger() -> None:
    assert younger_than(0) == ()
    assert younger_than(24) == (0, 6, 12)
    assert younger_than(216) == younger_than(None) == AGES[:-1]


def test_budgets() -> None:
    assert budgets(None, None) == ()
    assert budgets(3, 80) == (10, 15, 20, 30, 50, 75)
    assert budgets(2, 40) == (5, 10, 15, 20, 30)
    assert budgets(10, 10) == ()


@given(st.floats(0, 20_000), st.floats(0, 20_000))
def test_budgets_lie_between_the_cheapest_and_the_dearest(cheapest: float, dearest: float) -> None:
    steps = budgets(cheapest, dearest)
    assert len(steps) <= 6
    assert list(steps) == sorted(set(steps))
    assert all(cheapest <= step < dearest for step in steps)
