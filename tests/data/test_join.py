"""New events and toys behind the old ones: numbers stay, robots go, nothing counts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.dataset import Dataset, Source, build_dataset, seeded_key
from data.errors import DataError
from data.join import join_events
from data.protocol import default_order
from data.schema import Event, EventColumn, EventKind, Hazard, Toy
from data.tables import EVENT_TABLE, TOY_TABLE, event_row

TOYS = [Toy(f"toy-{n}", f"Toy {n}", price=Decimal(5), currency="GBP") for n in range(12)]
START = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int, toy: str = "toy-1", session: str = "s", shopper: str = "a") -> Event:
    return Event(f"e{number}", shopper, session, toy, EventKind.LIKE, START + timedelta(minutes=number), "main")


def table(*events: Event) -> pa.Table:
    return pa.Table.from_pylist([event_row(each) for each in events], schema=EVENT_TABLE)


@pytest.fixture
def before() -> Dataset:
    return build_dataset(TOYS[:8], [event(n) for n in range(3)], Source("shop", 5))


def ids(dataset: Dataset) -> list[str]:
    return dataset.events[EventColumn.ID].to_pylist()


def test_new_events_come_behind_and_none_counts_twice(before: Dataset) -> None:
    joined, report = join_events(before, table(event(2), event(3), event(4), event(3)))
    assert ids(joined) == ["e0", "e1", "e2", "e3", "e4"]
    assert (report.events, report.repeated) == (2, 2)
    assert joined.index.ids == before.index.ids
    assert joined.digest != before.digest
    again, second = join_events(joined, table(event(4), event(5)))
    assert (ids(again)[-1], second.repeated) == ("e5", 1)


def test_toys_keep_their_numbers_and_new_ones_come_behind(before: Dataset) -> None:
    dearer = replace(TOYS[0], price=Decimal(9))
    catalogue = build_dataset([dearer, *TOYS[2:]], [], Source("catalogue", 99))
    joined, report = join_events(before, table(event(9, "toy-11")), catalogue)
    assert joined.index.ids[:8] == before.index.ids
    new = ["toy-8", "toy-9", "toy-10", "toy-11"]
    assert list(joined.index.ids[8:]) == sorted(new, key=lambda toy: seeded_key(toy, 5)), "the same on every machine"
    assert joined.toys.schema == TOY_TABLE
    assert (report.new_toys, report.changed_toys) == (4, 1)
    prices = {toy.id: toy.price for toy in joined.toy_rows()}
    assert prices["toy-0"] == 9, "as the catalogue of today says"
    assert prices["toy-1"] == 5, "what it lacks stays"
    other = build_dataset([*TOYS[2:], dearer], [], Source("catalogue", 1))
    assert join_events(before, table(event(9, "toy-11")), other)[0].index.ids == joined.index.ids


def test_a_robot_is_left_out_and_the_shopper_beside_it_is_not(before: Dataset) -> None:
    robot = [event(100 + n, session="robot", shopper="r") for n in range(5000)]
    joined, report = join_events(before, table(event(4), *robot, event(9, session="other", shopper="r")))
    assert ids(joined)[3:] == ["e4", "e9"]
    assert (report.robots, report.robot_sessions, report.told) == (5000, 1, 5002)


@pytest.mark.parametrize("sessions", [None, "new"])
def test_a_robot_that_says_no_session_or_a_new_one_each_time_is_known_by_its_day(
    before: Dataset, sessions: str | None
) -> None:
    names = [None if sessions is None else f"{sessions}-{n}" for n in range(5000)]
    likes = [replace(event(100 + n % 1000, session="", shopper="r"), id=f"r{n}", session=names[n]) for n in range(5000)]
    person = [event(4, shopper="b"), *(event(2000 + 60 * n, shopper="b", session=f"b-{n}") for n in range(200))]
    joined, report = join_events(before, table(*likes, *person, event(4000, session="next", shopper="r")))
    assert (report.robots, report.robot_sessions) == (5000, 1)
    assert ids(joined)[3:] == [each.id for each in person] + ["e4000"], "the day after is another day"


def test_of_a_screen_that_hung_the_rest_of_the_day_is_a_persons(before: Dataset) -> None:
    hung = [replace(event(5, session="hung"), id=f"h{n}") for n in range(290)]
    more = [replace(event(5, session="more"), id=f"m{n}") for n in range(301)]
    _, report = join_events(before, table(*hung, *more))
    assert (report.events, report.robots, report.robot_sessions) == (290, 301, 1)


def test_an_id_that_comes_again_with_other_content_is_told_apart(before: Dataset) -> None:
    other = [replace(event(1), toy="toy-5"), event(7), replace(event(7), kind=EventKind.VIEW), event(7)]
    joined, report = join_events(before, table(event(2), *other))
    assert ids(joined) == ["e0", "e1", "e2", "e7"]
    assert (report.events, report.repeated, report.clashing) == (1, 2, 2)
    assert report.told == 5


def test_events_of_toys_that_nobody_knows_are_counted(before: Dataset) -> None:
    joined, report = join_events(before, table(event(4, "drone"), event(5)))
    assert ids(joined)[3:] == ["e5"]
    assert report.unknown == 1


def test_where_nothing_is_left_it_says_why(before: Dataset) -> None:
    with pytest.raises(DataError, match=r"No new event is left: 1 were there already, .* 1 are on toys that nobody"):
        join_events(before, table(event(1), event(7, "drone")))


def test_a_catalogue_with_an_error_is_refused(before: Dataset) -> None:
    catalogue = build_dataset(TOYS, [], Source("catalogue", 0))
    bad = Dataset(pa.concat_tables([catalogue.toys, catalogue.toys]), catalogue.events, catalogue.source)
    with pytest.raises(DataError, match="The catalogue cannot be joined"):
        join_events(before, table(event(7)), bad)
    balloons = replace(TOYS[0], hazards=(Hazard.BALLOON,), safety_min_age=36)
    with pytest.raises(DataError, match="a safety age below what its hazards allow"):
        join_events(before, table(event(7)), build_dataset([balloons, *TOYS[1:]], [], Source("catalogue", 0)))


def test_a_dataset_that_has_no_time_of_its_own_keeps_its_order(before: Dataset) -> None:
    given_order = Dataset(before.toys, before.events, Source("sequences", 5))
    assert default_order(join_events(given_order, table(event(5)))[0]) == default_order(given_order)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(0, 11)), max_size=40), st.integers(1, 5))
def test_every_event_is_kept_or_counted_once(told: list[tuple[int, int, int]], most: int) -> None:
    before = build_dataset(TOYS[:8], [event(n) for n in range(3)], Source("shop", 5))
    events = [event(n, f"toy-{toy}", f"s{session}") for n, session, toy in told]
    try:
        joined, report = join_events(before, table(*events), most_of_a_session=most)
    except DataError:
        return
    assert report.told == len(events)
    found = ids(joined)
    assert len(found) == len(set(found)) == 3 + report.events
    sessions = joined.events[EventColumn.SESSION].to_pylist()[3:]
    assert all(sessions.count(session) <= most for session in sessions)
