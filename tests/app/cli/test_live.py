"""Events of now, whatever is wrong with them: a count, or one sentence that names what was given."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.cli.live import Live, live_events
from app.kiosk import KioskSettings, create_app
from data.dataset import Dataset, Source, build_dataset, save_dataset
from data.errors import DataError, ToyGuideError, UnfitError
from data.schema import Event, EventColumn, EventKind, Toy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def known(toys: list[Toy]) -> Dataset:
    return shop(toys)


def shop(toys: list[Toy]) -> Dataset:
    return build_dataset([replace(toy, hazards=()) for toy in toys], [], Source("shop", 0))


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """An export with these events, each said by what is special about it."""

    def write(*events: dict[str, Any]) -> Path:
        whole = {"session_id": "s", "toy_id": "bear", "kind": "like", "time": NOON.isoformat(), "type": "event"}
        lines = [
            {"type": "kiosk", "format": 1, "store_id": "north"},
            *({"event_id": f"e{n}", "received": NOON.isoformat()} | whole | each for n, each in enumerate(events)),
            {"type": "end", "events": len(events), "lists": 0},
        ]
        file = tmp_path / "export.ndjson"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return file

    return write


def of_kiosk(settings: KioskSettings, *events: dict[str, Any]) -> Path:
    """The database of a kiosk that took these events at noon."""
    with TestClient(create_app(settings, lambda: NOON)) as client:
        whole = {"session_id": "s", "toy_id": "bear", "kind": "like"}
        body = [{"event_id": f"e{n}"} | whole | each for n, each in enumerate(events)]
        if body:
            assert client.post("/v1/events:batch", json={"events": body}).status_code == 200
    return settings.database


@pytest.fixture
def settings(bundle: Path, tmp_path: Path) -> KioskSettings:
    return KioskSettings(bundle=bundle, database=tmp_path / "kiosk.sqlite")


def read(path: Path, known: Dataset, since: datetime | None = None) -> Live:
    return live_events([path], known, since, "retrain")


def shop_of(folder: Path, *events: Event) -> Path:
    others = [Toy(toy, toy) for toy in sorted({"drone", *(event.toy for event in events)})]
    save_dataset(build_dataset(others, list(events), Source("other", 0)), folder)
    return folder


def event(number: int, toy: str, time: datetime = NOON) -> Event:
    return Event(f"e{number}", "a", "s", toy, EventKind.LIKE, time)


def test_a_time_that_no_clock_should_say_is_the_time_of_arrival(settings: KioskSettings, known: Dataset) -> None:
    late = (NOON - timedelta(days=20)).isoformat()
    times = ["1970-01-01T00:00:07Z", "2038-01-19T03:14:07Z", late, None]
    file = of_kiosk(settings, *({"time": time} if time else {} for time in times))
    found = read(file, known)
    assert found.dataset.events[EventColumn.TIME].to_pylist() == [NOON, NOON, datetime.fromisoformat(late), NOON]
    assert found.mistimed == 2


def test_the_same_event_twice_counts_once_and_the_same_id_with_other_content_is_told(
    settings: KioskSettings, known: Dataset, export: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(of_kiosk(settings, {"event_id": "x"}, {"event_id": "x"}), known).dataset.events.num_rows == 1
    file = export({"event_id": "x"}, {"event_id": "x"}, {"event_id": "x", "toy_id": "track"})
    assert read(file, known).dataset.events[EventColumn.TOY].to_pylist() == ["bear"]
    said = " ".join(capsys.readouterr().err.split())
    assert f"{file}, line 4, field 'event_id': must be given once. Got 'x' again with other content." in said
    assert said.count("Left out:") == 1


def test_what_is_on_unknown_toys_is_counted_and_named_by_the_file_that_was_given(
    settings: KioskSettings, toys: list[Toy], capsys: pytest.CaptureFixture[str]
) -> None:
    fewer = shop([toy for toy in toys if toy.id != "track"])
    file = of_kiosk(settings, {}, *({"toy_id": "track"} for _ in range(12)))
    found = read(file, fewer)
    assert (found.dataset.events.num_rows, found.unknown_events, found.unknown_toys) == (1, 12, (("track", 12),))
    said = " ".join(capsys.readouterr().err.split())
    assert f"{file}, as exported, line 3, field 'toy_id': must be a toy of the dataset. Got 'track'." in said
    assert said.endswith("Left out: 2 more.")


def test_events_of_another_shop(
    settings: KioskSettings, export: Callable[..., Path], known: Dataset, tmp_path: Path
) -> None:
    other = build_dataset([Toy("drone", "Drone")], [], Source("other", 0))
    database = of_kiosk(settings, {}, {})
    for given, theirs in ((database, other), (export({"toy_id": "drone"}), known)):
        with pytest.raises(DataError, match=rf"{re.escape(str(given))}.*none of \d events can be kept. Is the data"):
            read(given, theirs)
    shop = shop_of(tmp_path / "shop", event(0, "drone"))
    with pytest.raises(DataError, match=rf"{re.escape(str(shop))}: none of 1 events is on a toy that is known"):
        read(shop, known)
    some = shop_of(tmp_path / "some", event(0, "drone"), event(1, "bear"))
    assert (read(some, known).dataset.events.num_rows, read(some, known).unknown_events) == (1, 1)


def test_no_events(settings: KioskSettings, known: Dataset, export: Callable[..., Path], tmp_path: Path) -> None:
    database = of_kiosk(settings)
    with pytest.raises(ToyGuideError, match=rf"{re.escape(str(database))}: this kiosk has kept no event"):
        read(database, known)
    with pytest.raises(DataError, match="there is no event; nothing to import"):
        read(export(), known)
    with pytest.raises(ToyGuideError, match=r"There is no event\."):
        read(shop_of(tmp_path / "shop"), known)
    ahead = datetime(2999, 1, 1, tzinfo=UTC)
    with pytest.raises(
        ToyGuideError, match=r"There is no event since 2999-01-01T00:00:00\+00:00, which is still to com"
    ):
        read(export({}), known, ahead)


def test_a_dataset_that_must_not_be_learned_from(known: Dataset, tmp_path: Path) -> None:
    ahead = shop_of(tmp_path / "ahead", event(0, "bear", datetime(2999, 1, 1, tzinfo=UTC)))
    with pytest.raises(UnfitError, match=r"events, row 0 \('e0'\), column 'time': is of a time that has not come yet"):
        read(ahead, known)


def test_a_file_of_something_else_gets_no_kiosks_tables(
    settings: KioskSettings, known: Dataset, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE letters (text)")
    before = (tmp_path / "other.sqlite").read_bytes()
    with pytest.raises(ToyGuideError, match=r"other\.sqlite does not hold a kiosk's tables"):
        read(tmp_path / "other.sqlite", known)
    assert (tmp_path / "other.sqlite").read_bytes() == before
    whole = of_kiosk(settings, {}).read_bytes()
    (tmp_path / "cut.sqlite").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(ToyGuideError, match=r"cut\.sqlite cannot be read as a kiosk's database: .*malformed"):
        read(tmp_path / "cut.sqlite", known)
    assert (tmp_path / "cut.sqlite").read_bytes() == whole[: len(whole) // 3]


def test_what_shoppers_did_before_since_is_known_to_who_judges_lists(settings: KioskSettings, known: Dataset) -> None:
    times = [(NOON - timedelta(days=days)).isoformat() for days in (3, 0)]
    found = read(of_kiosk(settings, *({"time": time} for time in times)), known, NOON - timedelta(days=1))
    assert found.dataset.events.num_rows == 1
    assert found.seen is not None
    assert found.seen.events.num_rows == 2
