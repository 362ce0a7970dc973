"""`toyguide drift`: from what a kiosk kept to a verdict, whatever form the events come in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from app.cli.console import Exit
from app.kiosk import KioskSettings, create_app
from data.dataset import Dataset, Source, build_dataset, load_dataset, save_dataset
from data.schema import Event, EventKind, Recipient, Toy
from tests.app.cli.conftest import Run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def run(toyguide: Run) -> Run:
    """`toyguide drift` with the given arguments: (exit code, stdout, stderr)."""
    return partial(toyguide, "drift")


@pytest.fixture(scope="module")
def known(toys: list[Toy]) -> list[Toy]:
    """The toys of the kiosk's bundle as a dataset may hold them."""
    return [replace(toy, hazards=()) for toy in toys]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, known: list[Toy]) -> Path:
    """Forty shoppers with children of four, who met every toy but the bear."""
    folder = tmp_path_factory.mktemp("trained") / "dataset"
    events = [
        Event(f"{n}-{toy.id}", f"shopper-{n}", f"visit-{n}", toy.id, EventKind.LIKE, NOW, "main", Recipient("c", 50))
        for n in range(40)
        for toy in known
        if toy.id != "bear"
    ]
    save_dataset(build_dataset(known, events, Source("shop", 0)), folder)
    return folder


@pytest.fixture(scope="module")
def kiosk_file(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a kiosk kept: many shoppers with children of nine, who all took the bear."""
    settings = KioskSettings(bundle=bundle, database=tmp_path_factory.mktemp("kiosk") / "kiosk.sqlite")
    with TestClient(create_app(settings, lambda: NOW)) as client:
        events: list[dict[str, Any]] = [
            {
                "event_id": f"e{n}", "session_id": f"visit-{n}", "shopper_id": f"new-{n}", "toy_id": "bear",
                "kind": "like", "recipient": {"id": f"kid-{n}", "age_months": 110},
            }
            for n in range(60)
        ]  # fmt: skip
        answer = client.post("/v1/events:batch", json={"events": events})
        assert {row["status"] for row in answer.json()["results"]} == {"accepted"}
    return settings.database


def test_a_kiosks_own_file_and_its_export_say_the_same(
    run: Run, toyguide: Run, trained: Path, kiosk_file: Path, tmp_path: Path
) -> None:
    code, said, _ = run("--data", trained, "--events", kiosk_file, "--json")
    assert code == Exit.OK
    straight = json.loads(said)
    assert (straight["retrain"], straight["new_toys"], straight["new_shoppers"]) == ("now", 1.0, 1.0)
    ages = next(shift for shift in straight["shifts"] if shift["name"] == "age of the child")
    assert ages["moved"] == "another mix"

    export = tmp_path / "export.ndjson.gz"
    assert toyguide("kiosk", "export", "--database", kiosk_file, "--out", export)[0] == 0
    assert json.loads(run("--data", trained, "--events", export, "--json")[1]) == straight


def test_a_robot_is_no_drift(run: Run, trained: Path, tmp_path: Path, known: list[Toy]) -> None:
    data = load_dataset(trained)
    robot = [Event(f"r{n}", "robot", f"r{n}", "bear", EventKind.LIKE, NOW) for n in range(5000)]
    likes = build_dataset(known, robot, Source("shop", 0))
    both = pa.concat_tables([data.events, likes.events])
    save_dataset(likes, tmp_path / "robot")
    save_dataset(Dataset(data.toys, both, data.source), tmp_path / "both")
    code, said, err = run("--data", trained, "--events", tmp_path / "both")
    assert code == Exit.OK
    assert "No need to retrain" in said
    assert "Left out: 5,000 events of 1 sessions or days that were no person's." in err
    assert json.loads(run("--data", trained, "--events", tmp_path / "both", "--json")[1])["robots"] == 5000
    code, _, err = run("--data", trained, "--events", tmp_path / "robot")
    assert (code, "No event is left: all 5,000 came from" in err) == (Exit.MISTAKE, True)


def test_it_says_in_words_what_moved(run: Run, trained: Path, kiosk_file: Path) -> None:
    code, said, _ = run("--data", trained, "--events", kiosk_file)
    assert code == Exit.OK
    assert "age of the child: " in said
    assert "Retrain now" in said


def test_the_training_data_itself_is_steady(run: Run, trained: Path) -> None:
    found = json.loads(run("--data", trained, "--events", trained, "--json")[1])
    assert (found["retrain"], found["new_toys"], found["unknown_toys"], found["new_shoppers"]) == ("no", 0, 0, 0)


def test_toys_that_the_training_data_does_not_hold_are_counted_and_named(
    run: Run, trained: Path, tmp_path: Path, known: list[Toy]
) -> None:
    other = [*known, Toy("drone", "Drone")]
    events = [Event(f"e{n}", "a", "s", "drone" if n < 3 else "engine", EventKind.LIKE, NOW) for n in range(4)]
    save_dataset(build_dataset(other, events, Source("other", 0)), tmp_path / "other")
    found = json.loads(run("--data", trained, "--events", tmp_path / "other", "--json")[1])
    assert found["unknown_toys"] == 0.75
    assert found["unknown_toys_named"] == {"drone": 3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "soon"], "must be a date or a time"),
        (["--since", "2026-01-31T09:30:00 Mars/Phobos"], "must be a date or a time"),
        (["--since", "2026-01-31T09:30:00+25:00"], "must be a date or a time"),
        (["--since", "2027-01-01"], "There is no event since 2027-01-01"),
    ],
)
def test_a_mistake_with_the_time(run: Run, trained: Path, kiosk_file: Path, words: list[str], said: str) -> None:
    code, _, err = run("--data", trained, "--events", kiosk_file, *words)
    assert code == Exit.MISTAKE
    assert said in err.replace("\n", " ")


def test_events_that_are_none(run: Run, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello\n", encoding="utf-8")
    save_dataset(build_dataset([Toy("drone", "Drone")], [], Source("other", 0)), tmp_path / "other")
    for given, said in (
        (tmp_path / "nowhere", "must be an export, a kiosk's database or a dataset"),
        (tmp_path / "text", "is not a kiosk's export"),
        (tmp_path / "other", "There is no event."),
    ):
        code, _, err = run("--data", trained, "--events", given)
        assert code == Exit.MISTAKE
        assert said in " ".join(err.split())
