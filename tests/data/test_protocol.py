from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from data.dataset import Dataset, Source, build_dataset
from data.errors import DataError, ToyGuideError
from data.protocol import Protocol, SplitPlan, default_order, plan_from, plan_split, split_dataset
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


@pytest.mark.parametrize(("in_april", "cut"), [(7, date(2024, 5, 1)), (8, date(2024, 4, 1))])
def test_the_default_cut_is_the_month_of_the_eighth_of_ten_events(in_april: int, cut: date) -> None:
    """⌊0.8 · 9⌋ = 7: the event with seven before it, by time and not by place."""
    times = [DAY - timedelta(days=place) for place in range(1, in_april + 1)]
    times += [DAY + timedelta(days=place) for place in range(10 - in_april)]
    dataset = build_dataset(
        [Toy(f"t{place}", "x") for place in range(10)],
        [Event(f"e{i}", "ann", f"s{i}", f"t{i}", EventKind.PURCHASE, time) for i, time in enumerate(reversed(times))],
        Source("table", seed=3),
    )
    assert plan_split(dataset, Protocol.TEMPORAL).cut == cut


def test_a_record_or_a_plan_that_is_none_is_refused() -> None:
    record = SplitPlan(Protocol.LEAVE_ONE_OUT, "hashed").record()
    assert plan_from(record) == SplitPlan(Protocol.LEAVE_ONE_OUT, "hashed")
    for wrong in ({"order": "random"}, {"protocol": "by hand"}, {"cut": "spring"}):
        with pytest.raises(ValueError, match=next(iter(wrong.values()))):
            plan_from(record | wrong)
    for cuts in ((None, date(2024, 4, 1)), (date(2024, 4, 1), None)):
        with pytest.raises(ToyGuideError, match="needs both cuts"):
            split_dataset(shop("table"), SplitPlan(Protocol.TEMPORAL, "hashed", *cuts))
