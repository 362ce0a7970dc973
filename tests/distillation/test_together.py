from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from data.dataset import Dataset, Source, build_dataset
from data.schema import Event, EventKind, Toy
from data.sequences import build_sequences
from distillation.together import MOST_DAYS, bought_together
from recommender.serving.together import COLUMNS

DAY0 = datetime(2024, 1, 1, tzinfo=UTC)
BUY, CART, LIKE, BACK = EventKind.PURCHASE, EventKind.CART, EventKind.LIKE, EventKind.RETURN
Line = tuple[str, str, EventKind, float | None]


def best(*lines: Line, n_toys: int = 12) -> dict[str, list[str]]:
    """Toy → those bought with it, of events (shopper, toy, kind, day)."""
    events = [
        Event(f"e{i}", who, f"v{i}", toy, kind, None if day is None else DAY0 + timedelta(days=day))
        for i, (who, toy, kind, day) in enumerate(lines)
    ]
    dataset: Dataset = build_dataset([Toy(f"t{i}", f"t{i}") for i in range(n_toys)], events, Source("table", seed=1))
    array = bought_together(build_sequences(dataset), n_toys)
    assert array.shape == (n_toys + 1, COLUMNS)
    assert array.dtype == np.int32
    assert not array[0].any()
    rows = {toy: array[dataset.index[toy]] for toy in dataset.index.ids}
    return {toy: list(dataset.index.to_ids(row[row > 0])) for toy, row in rows.items() if row.any()}


def basket(who: str, *toys: str, day: float | None = 0, kind: EventKind = BUY) -> list[Line]:
    return [(who, toy, kind, day) for toy in toys]


def test_two_shoppers_make_a_pair_and_one_does_not() -> None:
    assert best(*basket("ann", "t1", "t2"), *basket("bob", "t2", "t1"), *basket("cat", "t1", "t3")) == {
        "t1": ["t2"],
        "t2": ["t1"],
    }
    assert best(*basket("ann", "t1", "t2", day=0), *basket("ann", "t1", "t2", day=400)) == {}
    assert best() == {}


@pytest.mark.parametrize(
    ("kind", "day", "known"),
    [(BUY, 5, True), (CART, 5, True), (LIKE, 5, False), (BUY, MOST_DAYS, True), (BUY, MOST_DAYS + 0.1, False)],
)
def test_it_counts_what_was_taken_within_a_month(kind: EventKind, day: float, known: bool) -> None:
    lines = [line for who in ("ann", "bob") for line in ((who, "t1", BUY, 0), (who, "t2", kind, day))]
    assert (best(*lines) == {"t1": ["t2"], "t2": ["t1"]}) == known


def test_what_was_sent_back_was_not_bought() -> None:
    lines = [*basket("ann", "t1", "t2"), *basket("bob", "t1", "t2")]
    assert best(*lines, ("bob", "t2", BACK, 3)) == {}


def test_closer_in_time_is_better_and_what_everybody_buys_is_worth_less() -> None:
    lines = [(who, toy, BUY, day) for who in ("ann", "bob") for toy, day in (("t1", 0), ("t2", 20), ("t3", 1))]
    assert best(*lines)["t1"] == ["t3", "t2"]
    common = [line for who in "cdefghij" for line in basket(who, "t4")]
    assert best(*basket("ann", "t1", "t2", "t4"), *basket("bob", "t1", "t2", "t4"), *common)["t1"] == ["t2", "t4"]


def test_where_times_are_unknown_neighbours_in_the_order_given_count() -> None:
    line = [f"t{i}" for i in range(6)]
    found = best(*basket("ann", *line, day=None), *basket("bob", *line, day=None))
    assert found["t0"] == ["t1", "t2", "t3"]
    assert set(found["t3"][:2]) == {"t2", "t4"}


def test_at_most_eight_are_kept() -> None:
    toys = [f"t{i}" for i in range(12)]
    found = best(*basket("ann", *toys), *basket("bob", *toys))
    assert {len(others) for others in found.values()} == {COLUMNS}
    assert all(toy not in others and len(set(others)) == COLUMNS for toy, others in found.items())
