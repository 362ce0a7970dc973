"""From the kiosk's file to a dataset: nothing is lost on the way but what must not leave."""

import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from app.cli.console import Exit
from app.cli.kiosk_database import opened
from app.kiosk import KioskSettings, create_app
from app.kiosk.store.house import House, Recall
from data.dataset import Dataset, Source, build_dataset, load_dataset, save_dataset
from data.importers.kiosk import import_kiosk
from data.schema import Event, EventKind, Toy
from tests.app.cli.conftest import Run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def day(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kiosk's file after a day: two shoppers, one without a name, a child, and a clock that is wrong."""
    settings = KioskSettings(bundle=bundle, database=tmp_path_factory.mktemp("day") / "kiosk.sqlite", exploration=1.0)
    now = NOON
    with TestClient(create_app(settings, lambda: now)) as client:
        body = {"session_id": "visit", "shopper_id": "secret-ada", "k": 3, "recipient": {"age_months": 50}}
        answer = client.post("/v1/recommendations", json=body).json()
        client.post("/v1/recommendations", json={"k": 2, "child_mode": True})
        first = answer["items"][0]["toy"]["toy_id"]
        named = {"session_id": "visit", "shopper_id": "secret-ada", "kind": "like"}
        recipient = {"id": "secret-kid", "age_months": 50, "interests": ["火车"]}
        events: list[dict[str, Any]] = [
            {**named, "event_id": "e1", "toy_id": first, "recommendation_id": answer["recommendation_id"]},
            {**named, "event_id": "e2", "toy_id": "bear", "recipient": recipient, "time": "2026-02-27T10:00:00Z"},
            {**named, "event_id": "e3", "toy_id": "bear", "child_mode": True},
            {
                "session_id": "other",
                "event_id": "e4",
                "toy_id": "track",
                "kind": "purchase",
                "time": "2030-01-01T00:00:00Z",
            },
        ]
        client.post("/v1/events:batch", json={"events": events})
        now = NOON + timedelta(days=1)
        client.post("/v1/events:batch", json={"events": [{**named, "event_id": "e5", "toy_id": "blocks"}]})
    return settings.database


@pytest.fixture
def database(day: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(day, tmp_path / "kiosk.sqlite"))


@pytest.fixture
def toys_folder(toys: list[Toy], tmp_path: Path) -> Path:
    old = Event("old", "before", "s", "bear", EventKind.PURCHASE, NOON)
    sound = [replace(toy, hazards=()) for toy in toys]  # some are what no dataset may hold, to try the policy with
    save_dataset(build_dataset(sound, [old], Source("test", 7, licence="CC0")), tmp_path / "toys")
    return tmp_path / "toys"


def lines(file: Path) -> list[dict[str, Any]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [json.loads(line) for line in raw.decode().splitlines()]


def rewritten(file: Path, out: Path, change: Callable[[list[dict[str, Any]]], list[Any]]) -> Path:
    kept = change(lines(file))
    out.write_text(
        "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in kept), encoding="utf-8"
    )
    return out


def test_an_export_holds_what_may_leave_under_pseudonyms(toyguide: Run, database: Path, tmp_path: Path) -> None:
    code, out, _ = toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson", "--json")
    assert (code, json.loads(out)["events"], json.loads(out)["lists"]) == (Exit.OK, 4, 1)
    found = lines(tmp_path / "e.ndjson")
    assert [line["type"] for line in found] == ["kiosk", *["event"] * 4, "list", "end"]
    assert found[-1] == {"type": "end", "events": 4, "lists": 1, "recalls": 0}
    text = (tmp_path / "e.ndjson").read_text(encoding="utf-8")
    for secret in ("secret", "visit", '"e1"', "other"):
        assert secret not in text
    ada = {line["shopper_id"] for line in found if line.get("shopper_id")}
    assert len(ada) == 1
    assert len(ada.pop()) == 32
    assert found[1]["recommendation_id"] == found[5]["recommendation_id"]
    assert [toy["propensity"] < 1 for toy in found[5]["toys"]].count(True) >= 1
    code, out, _ = toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson.gz")
    assert code == Exit.OK
    assert "4 events, 1 lists shown and 0 recalls" in out
    assert lines(tmp_path / "e.ndjson.gz")[1:] == found[1:], "the same pseudonyms each time"


def test_since_takes_what_came_from_then_on(toyguide: Run, database: Path, tmp_path: Path) -> None:
    toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson", "--since", "2026-03-02")
    found = lines(tmp_path / "e.ndjson")
    assert [line["toy_id"] for line in found if line["type"] == "event"] == ["blocks"]
    assert found[0]["since"] == "2026-03-02T00:00:00.000Z"
    code, _, err = toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "f", "--since", "soon")
    assert code == Exit.MISTAKE
    assert "The '--since' parameter of kiosk export must be a date or a time" in err


def test_an_export_does_not_take_the_place_of_the_database(toyguide: Run, database: Path) -> None:
    before = database.read_bytes()
    code, _, err = toyguide("kiosk", "export", "--database", database, "--out", database)
    assert code == Exit.MISTAKE
    assert "An export must not take the place of what it is made of." in err
    assert database.read_bytes() == before


def test_an_export_of_nothing_or_to_nowhere_is_one_sentence(toyguide: Run, database: Path, tmp_path: Path) -> None:
    code, _, err = toyguide("kiosk", "export", "--database", tmp_path / "none.sqlite", "--out", tmp_path / "e")
    assert (code, "does not exist" in err) == (Exit.MISTAKE, True)
    assert not (tmp_path / "none.sqlite").exists()
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TABLE impressions")
    connection.close()
    (tmp_path / "e").write_text("before")
    code, _, err = toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e")
    assert (code, "Traceback" in err) == (Exit.MISTAKE, False)
    assert (tmp_path / "e").read_text() == "before"


def test_what_was_exported_becomes_a_dataset(toyguide: Run, database: Path, toys_folder: Path, tmp_path: Path) -> None:
    toyguide("kiosk", "export", "--database", database, "--store-id", "north", "--out", tmp_path / "1.ndjson.gz")
    toyguide(
        "kiosk",
        "export",
        "--database",
        database,
        "--store-id",
        "north",
        "--since",
        "2026-03-02",
        "--out",
        tmp_path / "2.ndjson",
    )
    options = ("--toys", toys_folder, "--out", tmp_path / "d", "--shown", tmp_path / "shown.parquet")
    code, out, err = toyguide(
        "data", "import", "kiosk", tmp_path / "1.ndjson.gz", tmp_path / "2.ndjson", *options, "--json"
    )
    assert code == Exit.OK, err
    summary = json.loads(out)
    assert (summary["events"], summary["shoppers"], summary["repeated"], summary["from_the_future"]) == (4, 2, 1, 1)
    dataset: Dataset = load_dataset(tmp_path / "d")
    assert dataset.digest == summary["digest"]
    assert dataset.source.licence == "CC0", "what was stated of the toys"
    assert dataset.toys.equals(load_dataset(toys_folder).toys), "the numbering stays"
    first, second, third, fourth = dataset.events.to_pylist()
    assert (second["toy_id"], second["kind"], second["store_id"]) == ("bear", "like", "north")
    assert (second["recipient_age"], second["recipient_interests"]) == (50, ["火车"])
    assert second["time"] == datetime(2026, 2, 27, 10, tzinfo=UTC)
    assert third["time"] == NOON, "nothing happens in the future"
    assert third["shopper_id"] == third["session_id"], "who gave no name is one shopper a session"
    assert first["shopper_id"] == second["shopper_id"] == fourth["shopper_id"] != third["shopper_id"]
    shown = pq.read_table(tmp_path / "shown.parquet").to_pylist()
    assert [row["position"] for row in shown] == [1, 2, 3]
    assert [row["kinds"] for row in shown] == [["like"], [], []]
    assert [row["quoted_by"] for row in shown] == [[first["event_id"]], [], []]
    assert shown[0]["toy_id"] == first["toy_id"]
    code, out, _ = toyguide("data", "import", "kiosk", tmp_path / "1.ndjson.gz", *options, "--keep-events")
    assert code == Exit.OK
    assert "Of north: 3 shoppers, 5 events" in out
    assert load_dataset(tmp_path / "d").events["event_id"].to_pylist()[0] == "old"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("toy_id", "unicorn", "field 'toy_id': must be a toy of the dataset. Got 'unicorn'."),
        ("kind", "sold", "field 'kind': must be one of view, like"),
        ("event_id", "", "field 'event_id': must be a text that is not empty. Got ''."),
        ("session_id", None, "field 'session_id': must be a text"),
        ("time", "yesterday", "field 'time': must be a time"),
        ("recipient_age", -1, "field 'recipient_age': must be an int, 0 to 1440. Got -1."),
        ("recipient_age", True, "field 'recipient_age': must be an int"),
        ("recipient_interests", "trains", "field 'recipient_interests': must be a list of texts"),
        ("type", "sale", "field 'type': must be event, list or recall. Got 'sale'."),
    ],
)
def test_a_faulty_line_is_named_and_left_out(
    toyguide: Run, database: Path, toys_folder: Path, tmp_path: Path, field: str, value: Any, said: str
) -> None:
    toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson")
    bad = rewritten(
        tmp_path / "e.ndjson", tmp_path / "bad.ndjson", lambda all_: [all_[0], {**all_[1], field: value}, *all_[2:]]
    )
    options = ("--toys", toys_folder, "--out", tmp_path / "d")
    code, _, err = toyguide("data", "import", "kiosk", bad, *options)
    assert code == Exit.MISTAKE
    assert f"bad.ndjson, line 2, {said}" in err
    assert not (tmp_path / "d").exists()
    code, out, err = toyguide("data", "import", "kiosk", bad, *options, "--on-error", "skip", "--json")
    assert code == Exit.OK
    assert json.loads(out)["counts"]["events"] == {"read": 4, "kept": 3, "rejected": 1}
    assert f"line 2, {said}" in err


def test_recalls_are_exported_whenever_they_came_and_read_once(
    toyguide: Run, database: Path, toys_folder: Path, tmp_path: Path
) -> None:
    settings = KioskSettings(database=database)
    with opened(settings) as store:
        House(store, lambda: NOON).recall(
            [Recall("toy_id", "bear"), Recall("barcode", "05012345678900", "sharp")], "Mo"
        )
    toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson", "--since", "2026-03-02")
    recalls = [line for line in lines(tmp_path / "e.ndjson") if line["type"] == "recall"]
    times = dict.fromkeys(["added"], "2026-03-01T12:00:00.000Z")
    assert recalls == [
        {"type": "recall", "by": "barcode", "value": "05012345678900", **times},
        {"type": "recall", "by": "toy_id", "value": "bear", **times},
    ]
    bad = rewritten(
        tmp_path / "e.ndjson",
        tmp_path / "bad.ndjson",
        lambda all_: [*all_[:-1], recalls[0], {**recalls[1], "by": "brand"}, {**recalls[1], "added": "x"}, all_[-1]],
    )
    faults: list[str] = []
    found = import_kiosk([tmp_path / "e.ndjson", bad], load_dataset(toys_folder), on_fault=faults.append).recalls
    assert found.select(["store_id", "by", "value", "time"]).to_pylist() == [
        {"store_id": "main", "by": "barcode", "value": "05012345678900", "time": NOON},
        {"store_id": "main", "by": "toy_id", "value": "bear", "time": NOON},
    ]
    assert ["must be toy_id or barcode" in fault or "'added': must be a time" in fault for fault in faults] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("budget", 0, "field 'budget': must be a number > 0. Got 0.0."),
        ("budget", "20", "field 'budget': must be a number. Got '20'."),
        ("interests", "trains", "field 'interests': must be a list of texts. Got 'trains'."),
    ],
)
def test_a_list_that_says_nonsense_of_its_request_is_left_out(
    toyguide: Run, database: Path, toys_folder: Path, tmp_path: Path, field: str, value: Any, said: str
) -> None:
    toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson")
    bad = rewritten(
        tmp_path / "e.ndjson", tmp_path / "bad.ndjson", lambda all_: [*all_[:5], {**all_[5], field: value}, *all_[6:]]
    )
    code, _, err = toyguide("data", "import", "kiosk", bad, "--toys", toys_folder, "--out", tmp_path / "d")
    assert code == Exit.MISTAKE
    assert f"bad.ndjson, line 6, {said}" in err


def test_lists_of_an_older_kiosk_say_nothing_of_likings(
    toyguide: Run, database: Path, toys_folder: Path, tmp_path: Path
) -> None:
    toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson")

    def as_before(line: Any) -> Any:
        return {name: value for name, value in line.items() if name not in ("interests", "budget")}

    old = rewritten(tmp_path / "e.ndjson", tmp_path / "old.ndjson", lambda all_: list(map(as_before, all_)))
    for export, noted in ((tmp_path / "e.ndjson", []), (old, None)):
        options = ("--toys", toys_folder, "--out", tmp_path / "d", "--shown", tmp_path / "shown.parquet")
        assert toyguide("data", "import", "kiosk", export, *options)[0] == Exit.OK
        rows = pq.read_table(tmp_path / "shown.parquet").to_pylist()
        assert [(row["interests"], row["budget"]) for row in rows] == [(noted, None)] * 3


def test_an_id_that_comes_again_with_other_content_is_a_fault(
    toyguide: Run, database: Path, toys_folder: Path, tmp_path: Path
) -> None:
    toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson")
    twice = rewritten(
        tmp_path / "e.ndjson",
        tmp_path / "twice.ndjson",
        lambda all_: [*all_[:2], {**all_[1], "toy_id": "poker"}, "{garbage", "[1, 2]", *all_[2:]],
    )
    options = ("--toys", toys_folder, "--out", tmp_path / "d", "--on-error", "skip", "--json")
    code, out, err = toyguide("data", "import", "kiosk", twice, *options)
    assert code == Exit.OK
    assert json.loads(out)["counts"]["events"] == {"read": 7, "kept": 4, "rejected": 3}
    assert "line 3, field 'event_id': must be given once." in err
    assert "line 4: must be a JSON object" in err
    assert "line 5: must be a JSON object" in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda all_: all_[1:], "is not a kiosk's export"),
        (lambda all_: all_[:-1], "cut short"),
        (lambda all_: [*all_, all_[0]], "must be nothing after the end"),
        (lambda all_: [{**all_[0], "format": 2}, *all_[1:]], "field 'format': must be 1. Got 2."),
        (lambda all_: [{**all_[0], "store_id": 3}, *all_[1:]], "field 'store_id': must be a text"),
        (lambda all_: [all_[0], all_[-1]], "there is no event"),
        (
            lambda all_: [all_[0], *({**line, "toy_id": "?"} for line in all_[1:5]), all_[-1]],
            "none of 4 events can be kept",
        ),
    ],
)
def test_a_file_that_is_no_export_is_one_sentence(
    toyguide: Run, database: Path, toys_folder: Path, tmp_path: Path, change: Any, said: str
) -> None:
    toyguide("kiosk", "export", "--database", database, "--out", tmp_path / "e.ndjson")
    bad = rewritten(tmp_path / "e.ndjson", tmp_path / "bad.ndjson", change)
    code, _, err = toyguide(
        "data", "import", "kiosk", bad, "--toys", toys_folder, "--out", tmp_path / "d", "--on-error", "skip"
    )
    assert code == Exit.MISTAKE
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "d").exists()
