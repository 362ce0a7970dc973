from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

import data.stream
from data.dataset import Source, build_dataset, load_dataset, save_dataset
from data.errors import DataError, ToyGuideError
from data.schema import Event, EventKind, Hazard, Recipient, Toy
from data.stream import stream_dataset
from data.tables import EVENT_TABLE, event_row


def shop(toys: int, events: int) -> tuple[list[Toy], pa.Table]:
    draw = random.Random(1)
    catalogue = [
        Toy(
            f"B{n}",
            f"Toy {n}",
            description="long words " * draw.randrange(5) or None,
            category=("Toys", "火车") if n % 3 else (),
            price=Decimal(draw.randrange(1, 9999)) / 100 if n % 2 else None,
            currency="USD" if n % 2 else None,
            safety_min_age=36 if n % 5 else None,
            hazards=(Hazard.MARBLE,) if n % 7 == 0 else (),
        )
        for n in range(toys)
    ]
    rows = [
        event_row(
            Event(
                f"e{n}",
                f"u{draw.randrange(99)}",
                "s",
                f"B{draw.randrange(toys)}",
                EventKind.PURCHASE,
                datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=n) if n % 4 else None,
                recipient=Recipient(age_months=40, interests=("trains",)) if n % 2 else None,
            )
        )
        for n in range(events)
    ]
    return catalogue, pa.Table.from_pylist(rows, schema=EVENT_TABLE)


@pytest.mark.parametrize("name", ["shop=1", "* [x] 'b' \"c\" %s 玩具"])
def test_a_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    """DuckDB takes some names for patterns, and others for columns."""
    toys, events = shop(20, 60)
    whole = build_dataset(toys, events, Source("shop", 5))
    with stream_dataset(tmp_path / name, seed=5) as stream:
        stream.add_events(events)
        stream.add_toys(toys)
        stream.finish("shop", {})
    assert load_dataset(tmp_path / name).digest == whole.digest


@pytest.mark.parametrize(("group", "batch"), [(1 << 20, 100), (1 << 20, 10**6), (64, 10), (64, 500), (50, 25)])
def test_batches_make_the_files_that_a_whole_table_makes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, group: int, batch: int
) -> None:
    toys, events = shop(300, 1000)
    whole = build_dataset(toys, events, Source("shop", 5, {"a": 1}))
    save_dataset(whole, tmp_path / "whole")
    monkeypatch.setattr(data.stream, "GROUP_ROWS", group)
    with stream_dataset(tmp_path / "stream", seed=5) as stream:
        for start in range(0, 1000, batch):
            stream.add_events(events.slice(start, batch))
        stream.add_toys(reversed(toys))
        record = stream.finish("shop", {"a": 1})
    loaded = load_dataset(tmp_path / "stream")
    assert loaded.toys.equals(whole.toys)
    assert loaded.events.equals(whole.events)
    assert loaded.source == whole.source
    assert (record["toys"], record["events"], record["shoppers"]) == (300, 1000, 99)
    assert sorted(file.name for file in (tmp_path / "stream").iterdir()) == [
        "dataset.json",
        "events.parquet",
        "toys.parquet",
    ]
    if group == 1 << 20:
        assert record["digest"] == whole.digest


def test_a_group_of_the_writers_size_is_the_one_pyarrow_makes(tmp_path: Path) -> None:
    """More rows than one group: the digest of a large dataset is the same by either way."""
    rows = data.stream.GROUP_ROWS + 1000
    toys, few = shop(10, 8)
    events = few.take(pa.array([n % 8 for n in range(rows)]))
    whole = build_dataset(toys, events, Source("shop", 0))
    with stream_dataset(tmp_path / "d", seed=0) as stream:
        stream.add_toys(toys)
        for start in range(0, rows, 300_000):
            stream.add_events(events.slice(start, 300_000))
        assert stream.finish("shop", {})["digest"] == whole.digest


def test_an_event_of_an_unknown_toy_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    toys, events = shop(5, 20)

    def write() -> None:
        with stream_dataset(tmp_path / "d", seed=0) as stream:
            stream.add_toys(toy for toy in toys if toy.id != "B3")
            stream.add_events(events)
            stream.finish("shop", {})

    with pytest.raises(DataError, match="'B3'"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_stream_left_open_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="finished"), stream_dataset(tmp_path / "d", seed=0) as stream:
        stream.add_toys(shop(2, 1)[0])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ToyGuideError, match="cannot be written"), stream_dataset(tmp_path / "file" / "d", seed=0):
        pass
