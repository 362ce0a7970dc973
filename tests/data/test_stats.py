from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dataset import Dataset, Source
from data.errors import DataError
from data.schema import Audience, Event, EventKind, Hazard, Toy
from data.stats import Spread, describe, gini
from data.tables import EVENT_TABLE, TOY_TABLE, event_row, toy_row

START = datetime(2025, 1, 30, 12, tzinfo=UTC)


def toy(number: int, **more: object) -> Toy:
    return Toy(f"t{number}", f"Toy {number}", **more)  # type: ignore[arg-type]


def event(number: int, shopper: str, toy_number: int, hours: float | None, kind: EventKind = EventKind.LIKE) -> Event:
    time = None if hours is None else START + timedelta(hours=hours)
    return Event(f"e{number}", shopper, f"{shopper}-1", f"t{toy_number}", kind, time)


def dataset_of(toys: list[Toy], events: list[Event]) -> Dataset:
    """A dataset as given, with what `build_dataset` refuses: figures must be had of any."""
    return Dataset(
        pa.Table.from_pylist([toy_row(each) for each in toys], schema=TOY_TABLE),
        pa.Table.from_pylist([event_row(each) for each in events], schema=EVENT_TABLE),
        Source("table", 1),
    )


@pytest.fixture
def dataset() -> Dataset:
    toys = [
        toy(
            1, category=("Toys", "Trains"), price=Decimal("4.50"), currency="GBP", recommended_age=36, safety_min_age=36
        ),
        toy(
            2, category=("Toys", "Trains"), price=Decimal("9.50"), currency="GBP", hazards=(Hazard.CORD, Hazard.MARBLE)
        ),
        toy(3, category=("Toys", "Games"), price=Decimal("70"), currency="USD", recommended_age=216),
        toy(4, brand=" ", audience=Audience.ADULT),
    ]
    events = [
        event(1, "ann", 1, 0, EventKind.VIEW),
        event(2, "ann", 2, 1),
        event(3, "ann", 1, 2, EventKind.PURCHASE),
        event(4, "ann", 3, 2),
        event(5, "bob", 1, 0),
        event(6, "bob", 2, 48),
        event(7, "bob", 3, 24 * 32, EventKind.CART),
        event(8, "cat", 1, 5),
        event(9, "cat", 2, None),
        event(10, "cat", 3, None),
    ]
    return dataset_of(toys, events)


def test_every_figure_of_a_small_dataset(dataset: Dataset) -> None:
    found = describe(dataset)
    assert (found.toys, found.shoppers, found.events, found.sessions) == (4, 3, 10, 3)
    assert found.density == pytest.approx(9 / 12)
    assert found.toys_met == 3
    assert found.kinds == {"view": 1, "like": 7, "cart": 1, "purchase": 1, "return": 0, "dismiss": 0}
    assert found.events_a_shopper == Spread(pytest.approx(10 / 3), 3.0, pytest.approx(3.9), 3.0, 4.0)
    assert found.events_a_toy.least == 0
    assert found.top == {1: 0.4, 10: 0.4, 20: 0.4}
    assert found.curve[0] == (0.0, 0.0)
    assert found.curve[-1] == (1.0, 1.0)
    assert found.missing["toys"]["brand"] == 1.0  # a blank one counts as missing
    assert found.missing["toys"]["category"] == 0.25
    assert found.missing["toys"]["hazards"] == 0.75
    assert found.missing["events"]["time"] == 0.2
    assert found.ages == [("3–4", 1), *((f"{a}–{b}", 0) for a, b in ((4, 5), (5, 6), (6, 8), (8, 10), (10, 12))),
                          ("12–14", 0), ("14–18", 0), ("18+", 1)]  # fmt: skip
    assert found.safety_ages == [("3–4", 1)]
    assert {name: count for name, count in found.hazards.items() if count} == {"cord": 1, "marble": 1}
    assert found.audiences == {"unknown": 3, "adult": 1}
    assert found.categories == [("Trains", 2), ("Games", 1)]  # below "Toys", which tells nothing apart
    assert (found.currency, found.price.most, found.prices) == ("GBP", 9.5, [("0–4", 1), ("5–9", 1)])
    assert found.period == ("2025-01-30T12:00:00+00:00", "2025-03-03T12:00:00+00:00")
    assert found.months == [("2025-01", 6), ("2025-02", 1), ("2025-03", 1)]


def test_ties_count_targets_without_an_order(dataset: Dataset) -> None:
    ties = describe(dataset).ties
    assert ties is not None
    assert ties.targets == 3
    assert ties.unknown_time == pytest.approx(1 / 3)  # cat's last two have no time
    assert ties.same_time == 0  # ann met t1 first in its view, so her target t3 comes an hour after t2


def test_a_tie_is_seen() -> None:
    events = [event(1, "ann", 1, 0), event(2, "ann", 2, 1), event(3, "ann", 3, 1)]
    ties = describe(dataset_of([toy(n) for n in (1, 2, 3)], events)).ties
    assert ties is not None
    assert (ties.targets, ties.same_time, ties.unknown_time) == (1, 1.0, 0.0)


@pytest.mark.parametrize("toys", [[], [toy(1), toy(2)]])
def test_a_dataset_without_events_has_figures(toys: list[Toy]) -> None:
    found = describe(dataset_of(toys, []))
    assert (found.events, found.density, found.gini, found.ties, found.period) == (0, 0, 0, None, None)
    assert found.curve == found.months == found.prices == []


@pytest.mark.parametrize(("numbers", "met"), [([1, 1], 1), ([1], 2)])
def test_what_cannot_be_counted_is_told(numbers: list[int], met: int) -> None:
    broken = dataset_of([toy(number) for number in numbers], [event(1, "ann", met, 0)])
    with pytest.raises(DataError, match="'toyguide data validate' names them"):
        describe(broken)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40))
def test_gini_is_half_the_relative_mean_difference(counts: list[int]) -> None:
    values = np.array(counts, float)
    total = values.sum()
    expected = np.abs(values[:, None] - values).sum() / (2 * len(values) * total) if total else 0.0
    assert gini(values) == pytest.approx(expected, abs=1e-9)
