from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.dataset import Dataset, Source, build_dataset
from data.errors import DataError
from data.protocol import default_order, plan_split, split_dataset
from data.schema import Event, EventKind, Toy

DAY = datetime(2024, 5, 1, tzinfo=UTC)


def shop(source: str, toys: int = 12) -> Dataset:
    names = [f"t{i:02}" for i in range(toys)]
    return build_dataset(
        [Toy(name, name) for name in names],
        [Event(f"e{i}", "ann", f"s{i}", name, EventKind.PURCHASE, DAY) for i, name in enumerate(names)],
        Source(source, seed=3),
    )


def test_the_benchmark_layout_alone_keeps_the_given_order() -> None:
    assert default_order(shop("sequences")) == "given"
    assert default_order(shop("table")) == "hashed"


def test_events_of_one_time_are_hashed_unless_the_given_order_is_asked_for() -> None:
    benchmark, table = shop("sequences"), shop("table")
    last = benchmark.index["t11"]
    assert split_dataset(benchmark).test.targets.tolist() == [last]
    assert split_dataset(table, plan_split(table, order="given")).test.targets.tolist() == [last]
    assert (
        split_dataset(benchmark, plan_split(benchmark, order="hashed")).test.targets.tolist()
        == split_dataset(table).test.targets.tolist()
    )
    hashed = split_dataset(table).test.histories.toys.tolist()
    assert hashed != split_dataset(table, plan_split(table, order="given")).test.histories.toys.tolist()
    assert hashed == split_dataset(table).test.histories.toys.tolist()


def test_nobody_to_judge_is_a_mistake_in_words() -> None:
    with pytest.raises(DataError, match="at least 3 different toys"):
        split_dataset(shop("table", toys=2))
