from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dataset import Dataset, Source, build_dataset
from data.errors import DataError, ToyGuideError
from data.protocol import Protocol, plan_from, plan_split, split_dataset
from data.schema import Event, EventKind, Toy
from data.sequences import build_sequences, take_ragged
from data.split import Holdout, leave_one_out, milliseconds, temporal

DAY0 = datetime(2024, 1, 1, tzinfo=UTC)
BUY, VIEW, BACK = EventKind.PURCHASE, EventKind.VIEW, EventKind.RETURN


def shop(*lines: tuple[str, str, EventKind, int | None], source: str = "table") -> Dataset:
    """Events (shopper, toy, kind, day), each in a session of its own."""
    events = [
        Event(f"e{i}", who, f"v{i}", toy, kind, None if day is None else DAY0 + timedelta(days=day))
        for i, (who, toy, kind, day) in enumerate(lines)
    ]
    return build_dataset([Toy(f"t{i}", f"t{i}") for i in range(10)], events, Source(source, seed=1))


def answers(dataset: Dataset, holdout: Holdout) -> dict[str, tuple[list[str], set[str]]]:
    """What is known of each shopper (in order), and what is to be found."""
    histories, found = holdout.histories, {}
    for row, shopper in enumerate(histories.shoppers):
        known = histories.toys[histories.offsets[row] : histories.offsets[row + 1]]
        wanted = holdout.targets[holdout.bounds[row] : holdout.bounds[row + 1]]
        found[shopper] = (list(dataset.index.to_ids(known)), set(dataset.index.to_ids(wanted)))
    return found


TWO_CUTS = shop(
    ("ann", "t0", BUY, 0),
    ("ann", "t1", VIEW, 5),
    ("ann", "t2", BUY, 12),  # validation
    ("ann", "t3", BUY, 25),  # test, with the next two
    ("ann", "t4", BUY, 30),
    ("ann", "t5", VIEW, 31),
    ("bob", "t0", BUY, 1),  # one contact before the validation cut: judged in the test part alone
    ("bob", "t6", BUY, 15),
    ("bob", "t7", BUY, 40),
    ("cat", "t1", BUY, 2),
    ("cat", "t2", BUY, 3),  # nothing after
    ("dan", "t1", BUY, 2),
    ("dan", "t2", BUY, 3),
    ("dan", "t2", BACK, 4),
    ("dan", "t2", BUY, 30),  # not new
    ("eve", "t1", BUY, None),
    ("eve", "t8", BUY, 3),
    ("eve", "t9", BUY, 35),  # one dated contact before
    ("fay", "t0", BUY, 35),  # none
)


def test_temporal_judges_all_that_is_taken_from_the_cut_on() -> None:
    plan = plan_split(TWO_CUTS, Protocol.TEMPORAL, cut=date(2024, 1, 21), validation_cut=date(2024, 1, 11))
    split = split_dataset(TWO_CUTS, plan)
    assert answers(TWO_CUTS, split.validation) == {"ann": (["t0", "t1"], {"t2"})}
    assert answers(TWO_CUTS, split.test) == {
        "ann": (["t0", "t1", "t2"], {"t3", "t4"}),
        "bob": (["t0", "t6"], {"t7"}),
    }
    assert split.newcomers is not None
    assert answers(TWO_CUTS, split.newcomers) == {"eve": (["t8"], {"t9"}), "fay": ([], {"t0"})}
    assert split.newcomers.tied.tolist() == [False, False]
    assert split.learned("newcomers") is split.refit
    assert split.undated == 1
    assert split.train.times.max() < milliseconds(date(2024, 1, 11))
    assert split.refit is not None
    assert split.refit.times.max() < milliseconds(date(2024, 1, 21))
    assert split.learned("test") is split.refit
    assert split.learned("validation") is split.train
    assert (split.test.protocol, split.test.part) == ("temporal 2024-01-21", "test")


def test_the_cut_itself_is_judged_and_not_learned_and_a_toy_that_went_back_is_not_new() -> None:
    dataset = shop(
        ("ann", "t0", BUY, 1),
        ("ann", "t1", BUY, 2),
        ("ann", "t2", BUY, 10),  # the very moment of the validation cut
        ("ann", "t3", BUY, 20),  # and of the cut
        ("bob", "t1", BUY, 2),
        ("bob", "t4", BACK, 4),
        ("bob", "t4", BUY, 15),
        ("bob", "t4", BUY, 25),
    )
    plan = plan_split(dataset, Protocol.TEMPORAL, cut=date(2024, 1, 21), validation_cut=date(2024, 1, 11))
    split = split_dataset(dataset, plan)
    assert answers(dataset, split.validation) == {"ann": (["t0", "t1"], {"t2"})}
    assert answers(dataset, split.test) == {"ann": (["t0", "t1", "t2"], {"t3"})}
    assert split.train.times.max() == milliseconds(date(2024, 1, 5)), "what bob sent back"
    assert split.learned("test").times.max() == milliseconds(date(2024, 1, 16)), "what he bought again"
    assert split.holdout("test") is split.test
    assert split.holdout("validation") is split.validation


def test_leave_one_out_learns_from_the_same_whatever_is_judged() -> None:
    split = split_dataset(TWO_CUTS)
    assert split.learned("test") is split.learned("validation") is split.train
    with pytest.raises(DataError, match="leave-one-out has no newcomers"):
        split.holdout("newcomers")
    assert answers(TWO_CUTS, split.test)["ann"] == (["t0", "t1", "t2", "t3"], {"t4"})
    assert answers(TWO_CUTS, split.validation)["ann"] == (["t0", "t1", "t2"], {"t3"})


def test_the_target_is_the_next_new_toy_that_is_wanted() -> None:
    """View, basket, purchase of one toy in one session are one contact; meeting it again later is none."""
    dataset = build_dataset(
        [Toy(f"t{i}", f"t{i}") for i in range(5)],
        [
            Event("e0", "ann", "a", "t0", BUY, DAY0),
            Event("e1", "ann", "b", "t1", BUY, DAY0 + timedelta(days=1)),
            Event("e2", "ann", "c", "t2", VIEW, DAY0 + timedelta(days=2)),
            Event("e3", "ann", "c", "t2", EventKind.CART, DAY0 + timedelta(days=2, minutes=1)),
            Event("e4", "ann", "c", "t2", BUY, DAY0 + timedelta(days=2, minutes=2)),
            Event("e5", "ann", "d", "t3", VIEW, DAY0 + timedelta(days=3)),
            Event("e6", "ann", "e", "t0", BUY, DAY0 + timedelta(days=4)),
        ],
        Source("table", seed=1),
    )
    assert answers(dataset, split_dataset(dataset).test) == {"ann": (["t0", "t1"], {"t2"})}


def test_a_target_of_the_same_time_or_of_an_unknown_one_is_tied() -> None:
    dataset = shop(
        ("tied", "t0", BUY, 0), ("tied", "t1", BUY, 1), ("tied", "t2", BUY, 1),
        ("free", "t0", BUY, 0), ("free", "t1", BUY, 1), ("free", "t2", BUY, 2),
        ("dark", "t0", BUY, 0), ("dark", "t1", BUY, 1), ("dark", "t2", BUY, None),
        source="sequences",
    )  # fmt: skip
    test = split_dataset(dataset).test
    assert dict(zip(test.histories.shoppers, test.tied.tolist(), strict=True)) == {
        "tied": True, "free": False, "dark": True,
    }  # fmt: skip


def test_the_default_cuts() -> None:
    """A month's first day before which about four fifths lie, and three months before that."""
    dataset = shop(*((f"s{i % 9}", f"t{i % 10}", BUY, i) for i in range(360)))
    plan = plan_split(dataset, Protocol.TEMPORAL)
    assert (plan.order, plan.cut, plan.validation_cut) == ("hashed", date(2024, 10, 1), date(2024, 7, 1))


def test_a_plan_comes_back_from_its_record() -> None:
    for plan in (plan_split(TWO_CUTS), plan_split(TWO_CUTS, Protocol.TEMPORAL, cut=date(2024, 1, 21))):
        assert plan_from(plan.record()) == plan


def test_what_cannot_be_split_is_said() -> None:
    with pytest.raises(ToyGuideError, match="knows no given order"):
        plan_split(TWO_CUTS, Protocol.TEMPORAL, "given")
    with pytest.raises(ToyGuideError, match="A cut belongs to the temporal protocol"):
        plan_split(TWO_CUTS, cut=date(2024, 1, 1))
    with pytest.raises(ToyGuideError, match="must lie before the cut, 2024-01-05"):
        plan_split(TWO_CUTS, Protocol.TEMPORAL, cut=date(2024, 1, 5), validation_cut=date(2024, 1, 5))
    late = plan_split(TWO_CUTS, Protocol.TEMPORAL, cut=date(2030, 1, 1), validation_cut=date(2024, 1, 11))
    with pytest.raises(DataError, match=r"before 2030-01-01 who then .* \(test part\)"):
        split_dataset(TWO_CUTS, late)
    undated = shop(("ann", "t0", BUY, None))
    with pytest.raises(DataError, match="none of this dataset has one"):
        plan_split(undated, Protocol.TEMPORAL)


lines = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cat"]),
        st.sampled_from([f"t{i}" for i in range(10)]),
        st.sampled_from(list(EventKind)),
        st.one_of(st.none(), st.integers(0, 60)),
    ),
    max_size=40,
)


@given(lines, st.integers(5, 30), st.integers(31, 55))
def test_no_split_lets_the_future_be_learned(
    events: list[tuple[str, str, EventKind, int | None]], first: int, second: int
) -> None:
    dataset = shop(*events)
    sequences = build_sequences(dataset, "hashed", 1)
    cuts = [(DAY0 + timedelta(days=day)).date() for day in (first, second)]
    try:
        split = temporal(sequences, *cuts)
    except DataError:
        return
    for holdout, start, stop in ((split.validation, cuts[0], cuts[1]), (split.test, cuts[1], date(2025, 1, 1))):
        learned = split.learned(holdout.part)
        assert (learned.times < milliseconds(start)).all()
        assert (holdout.histories.times < milliseconds(start)).all()
        assert (np.diff(holdout.bounds) >= 1).all()
        for shopper, (known, wanted) in answers(dataset, holdout).items():
            assert len(known) >= 2
            assert not set(known) & wanted
            taken = {
                toy
                for who, toy, kind, day in events
                if who == shopper and day is not None and kind in (EventKind.LIKE, EventKind.CART, BUY)
                and milliseconds(start) <= milliseconds((DAY0 + timedelta(days=day)).date()) < milliseconds(stop)
            }  # fmt: skip
            assert wanted <= taken


@given(lines)
def test_leave_one_out_hides_both_targets_from_training(events: list[tuple[str, str, EventKind, int | None]]) -> None:
    sequences = build_sequences(shop(*events), "hashed", 1)
    try:
        split = leave_one_out(sequences)
    except DataError:
        return
    rows = {name: row for row, name in enumerate(split.train.shoppers)}
    for holdout in (split.validation, split.test):
        for place, shopper in enumerate(holdout.histories.shoppers):
            row = rows[shopper]
            learned = split.train.toys[split.train.offsets[row] : split.train.offsets[row + 1]]
            known = holdout.histories.toys[holdout.histories.offsets[place] : holdout.histories.offsets[place + 1]]
            assert known[: len(learned)].tolist() == learned.tolist()
    assert len(split.test) == len(split.validation)


def test_taking_queries_takes_their_targets() -> None:
    plan = plan_split(TWO_CUTS, Protocol.TEMPORAL, cut=date(2024, 1, 21), validation_cut=date(2024, 1, 11))
    test = split_dataset(TWO_CUTS, plan).test
    turned = test.take(np.array([1, 0]))
    assert list(answers(TWO_CUTS, turned).items()) == list(answers(TWO_CUTS, test).items())[::-1]
    assert len(test.sample(1, seed=0)) == 1


def test_ragged_rows() -> None:
    places, offsets = take_ragged(np.array([5, 0, 3]), np.array([8, 0, 4]))
    assert (places.tolist(), offsets.tolist()) == ([5, 6, 7, 3], [0, 3, 3, 4])
