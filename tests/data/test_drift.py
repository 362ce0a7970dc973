"""Drift: what moved is seen, what chance does is not taken for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dataset import Dataset, Source, build_dataset
from data.drift import Drift, Shift, _psi, _shares, measure_drift
from data.errors import DataError
from data.schema import Audience, Event, EventKind, Recipient, Toy

TOYS = [
    Toy(
        id=f"toy-{n}", title=f"Toy {n}", category=("Toys", f"Kind {n % 4}"), price=Decimal(5 + n), currency="GBP",
        recommended_age=12 * (n % 8), safety_min_age=12 * (n % 8), audience=Audience.CHILD,
    )
    for n in range(40)
]  # fmt: skip


def shop(events: Sequence[tuple[str, int, int | None]], kind: EventKind = EventKind.LIKE) -> Dataset:
    """events: (shopper, number of the toy, age of the child in months)."""
    rows = [
        Event(
            id=f"e{place}", shopper=shopper, session=None, toy=f"toy-{toy}", kind=kind,
            time=datetime(2026, 1, 1, tzinfo=UTC), store=None,
            recipient=None if age is None else Recipient(id=shopper, age_months=age),
        )
        for place, (shopper, toy, age) in enumerate(events)
    ]  # fmt: skip
    return build_dataset(TOYS, rows, Source("test", 0))


def crowd(rng: np.random.Generator, shoppers: int, ages: Sequence[int], toys: range = range(40)) -> list:
    """Each shopper has one child and meets ten toys."""
    who = [(f"s{rng.integers(10**9)}-{n}", int(rng.choice(ages))) for n in range(shoppers)]
    return [(shopper, int(rng.choice(toys)), age) for shopper, age in who for _ in range(10)]


def named(drift: Drift, name: str) -> Shift:
    return next(shift for shift in drift.shifts if shift.name == name)


def test_the_same_crowd_on_another_day_is_steady() -> None:
    rng = np.random.default_rng(0)
    ages = (6, 30, 50, 100)
    drift = measure_drift(shop(crowd(rng, 300, ages)), shop(crowd(rng, 60, ages)))
    assert drift.weight == 0
    assert named(drift, "age of the child").chance > 0.005, "sixty shoppers differ by chance"


def test_few_shoppers_with_many_events_are_no_proof() -> None:
    """Four shoppers' ages differ wildly from the mix of all, and say nothing: chance is counted by shoppers."""
    rng = np.random.default_rng(1)
    ages = tuple(range(0, 200, 12))
    drift = measure_drift(shop(crowd(rng, 300, ages)), shop(crowd(rng, 4, ages)))
    shift = named(drift, "age of the child")
    assert shift.psi > 1
    assert shift.weight == 0


def test_another_crowd_is_seen_and_named() -> None:
    rng = np.random.default_rng(2)
    drift = measure_drift(shop(crowd(rng, 300, (50, 100))), shop(crowd(rng, 100, (6, 50))))
    shift = named(drift, "age of the child")
    assert shift.weight == drift.weight == 2
    moved = max(shift.bins, key=lambda each: each.now - each.before)
    assert moved.name == "0–12 months"
    assert named(drift, "kind of event" if len(drift.shifts) > 4 else "price").weight == 0


def test_toys_that_nobody_had_met_and_toys_that_nobody_holds() -> None:
    rng = np.random.default_rng(3)
    before = shop(crowd(rng, 50, (50,), range(20)))
    now = shop([*((f"n{n}", 5, 50) for n in range(6)), *((f"m{n}", 30, 50) for n in range(2))])
    drift = measure_drift(before, now, unknown_events=2)
    assert (drift.new_toys, drift.unknown_toys, drift.new_shoppers) == (0.2, 0.2, 1.0)
    assert drift.weight == 2


def test_what_is_not_stated_is_a_bin_of_its_own() -> None:
    before = shop([(f"a{n}", n % 40, None if n % 2 else 50) for n in range(200)])
    drift = measure_drift(before, before)
    shift = named(drift, "age of the child")
    assert [(each.name, round(each.before, 2)) for each in shift.bins] == [("48–60 months", 0.5), ("not stated", 0.5)]


def test_nothing_to_compare_is_said() -> None:
    full = shop([("a", 1, 50)])
    with pytest.raises(DataError, match="live events must hold at least one event"):
        measure_drift(full, shop([]))
    with pytest.raises(DataError, match="training data must hold at least one event"):
        measure_drift(shop([]), full)


def test_psi_by_hand() -> None:
    before, now = np.array([0.5, 0.5]), np.array([0.75, 0.25])
    assert _psi(before, now) == pytest.approx(0.25 * np.log(1.5) - 0.25 * np.log(0.5))


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=12))
def test_psi_is_a_distance(counts: list[tuple[int, int]]) -> None:
    before, now = (_shares(np.array(side, float)) for side in zip(*counts, strict=True))
    assert _psi(before, now) >= 0
    assert _psi(before, now) == pytest.approx(_psi(now, before))
    assert _psi(before, before) == 0
