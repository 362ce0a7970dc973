"""Export → import: a dataset that is written, read and written again is the same, byte for byte and toy for toy."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.dataset import Dataset, Source, load_dataset, save_dataset
from data.schema import Audience, Event, EventKind, Hazard, Recipient, Toy
from data.tables import EVENT_TABLE, TOY_TABLE, event_row, toy_row
from data.world.simulate import WorldOptions, simulate

# Any text that UTF-8 can hold: Chinese, emoji, controls, NUL, blanks, the empty string.
text = st.text(st.characters(codec="utf-8"), max_size=30)
names = st.lists(text, max_size=4).map(tuple)
ages = st.none() | st.integers(-(2**15), 2**15 - 1)
prices = st.none() | st.decimals("-9999999999.99", "9999999999.99", places=2)
toys = st.builds(
    Toy,
    id=text.filter(bool),
    title=text,
    title_zh=st.none() | text,
    description=st.none() | text,
    description_zh=st.none() | text,
    brand=st.none() | text,
    category=names,
    price=prices,
    currency=st.none() | text,
    recommended_age=ages,
    recommended_age_to=ages,
    safety_min_age=ages,
    hazards=st.lists(st.sampled_from(Hazard), max_size=4).map(tuple),
    audience=st.sampled_from(Audience),
    interests=names,
    tags=names,
    barcode=st.none() | text,
    aisle=st.none() | text,
    picture=st.none() | text,
    active=st.booleans(),
)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
recipients = st.builds(
    Recipient,
    id=st.none() | text,
    age_months=ages,
    interests=names,
    budget=st.none() | st.floats(width=32, allow_nan=False),
)


def dataset_of(catalogue: list[Toy], events: list[Event], source: Source) -> Dataset:
    """A dataset of anything its columns can hold, such as `build_dataset` would refuse as well."""
    return Dataset(
        pa.Table.from_pylist([toy_row(toy) for toy in catalogue], schema=TOY_TABLE),
        pa.Table.from_pylist([event_row(event) for event in events], schema=EVENT_TABLE),
        source,
    )


@st.composite
def datasets(draw: st.DrawFn) -> tuple[Dataset, list[Toy]]:
    """(a dataset, the toys that it was made of)."""
    catalogue = draw(st.lists(toys, max_size=8, unique_by=lambda toy: toy.id))
    events = st.nothing()
    if catalogue:
        events = st.builds(
            Event,
            id=text,
            shopper=text.filter(bool),
            session=st.none() | text,
            toy=st.sampled_from([toy.id for toy in catalogue]),
            kind=st.sampled_from(EventKind),
            time=st.none() | times,
            store=st.none() | text,
            recipient=st.none() | recipients,
        )
    made = draw(st.lists(events, max_size=12, unique_by=lambda event: event.id)) if catalogue else []
    return dataset_of(catalogue, made, Source("table", draw(st.integers(0, 9)), {"title": draw(text)})), catalogue


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def written_twice(dataset: Dataset) -> Dataset:
    """The dataset after write, read, write, read; the two folders are the same to the byte."""
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name) / "first", Path(name) / "second"
        save_dataset(dataset, first)
        once = load_dataset(first)
        save_dataset(replace(once, saved_digest=None), second)  # the digest is worked out anew, not handed on
        assert files_of(first) == files_of(second)
        twice = load_dataset(second)
    assert twice.digest == once.digest == dataset.digest
    assert replace(twice, saved_digest=None).digest == dataset.digest
    return twice


@settings(max_examples=25, deadline=None)
@given(datasets())
def test_a_dataset_written_read_and_written_again_is_the_same(made: tuple[Dataset, list[Toy]]) -> None:
    dataset, catalogue = made
    again = written_twice(dataset)
    assert again.source == dataset.source
    assert again.events.equals(dataset.events)
    assert again.toys.equals(dataset.toys)
    assert {toy.id: toy for toy in again.toy_rows()} == {toy.id: toy for toy in catalogue}


def test_the_ends_of_what_a_column_holds_survive() -> None:
    extremes = [
        Toy("a", "", price=Decimal("9999999999.99"), recommended_age=2**15 - 1, interests=("",), category=()),
        Toy("b", "火车 🚂 \x00 \u202e", price=Decimal("-9999999999.99"), safety_min_age=-(2**15)),
        Toy("c", "e\u0301 é", price=Decimal("0.01"), description="x" * 1_000_000),
    ]
    again = written_twice(dataset_of(extremes, [], Source("table", 0)))
    assert sorted(again.toy_rows(), key=lambda toy: toy.id) == extremes


@pytest.mark.parametrize("part", [slice(0, None), slice(700, 1300), slice(0, 0)])
def test_a_simulated_shop_and_parts_of_it_survive(part: slice) -> None:
    world = simulate(WorldOptions(200, 100, 1500, 5))
    stop = world.events.num_rows if part.stop is None else part.stop
    written_twice(replace(world, events=world.events.slice(part.start, stop - part.start)))
    written_twice(replace(world, events=world.events.filter(pc.equal(world.events["kind"], "like"))))
