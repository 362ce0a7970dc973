"""What was shown is written beside the requests, and what could not be is counted."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings
from app.kiosk.background.impressions import BATCH_ROWS, ImpressionQueue
from app.kiosk.store.database import Database
from app.kiosk.store.impressions import HOUR_MS, ShownList
from data.schema import Toy
from recommender.serving.results import Pick, Recommendation


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "kiosk.sqlite", busy_seconds=0.2)
    yield database
    database.close()


def shown(name: str, toys: int = 10, time_ms: int = 5, **more: Any) -> ShownList:
    picks = tuple(Pick(Toy(f"toy-{place}", "A toy"), place, 1.0, (), 0.5, place == 1) for place in range(1, toys + 1))
    return ShownList(Recommendation(name, "model", picks, masked={"safety": 3}), time_ms, **more)


def counts(database: Database) -> dict[tuple[int, str], int]:
    with database.reading() as connection:
        return {(row["hour_ms"], row["name"]): row["count"] for row in connection.execute("SELECT * FROM hours")}


def written(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM impressions").fetchone()[0])


def until(done: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_answer_leaves_its_list_its_chances_and_its_context(client: TestClient, settings: KioskSettings) -> None:
    body = {"recipient": {"age_months": 50}, "youngest_age_months": 40, "occasion": "birthday", "purpose": "gift"}
    body |= {"session_id": "s1", "shopper_id": "p1", "language": "zh", "k": 3}
    answer = client.post("/v1/recommendations", json=body).json()
    client.post("/v1/recommendations", json={**body, "validate_only": True})  # shows nothing, leaves nothing
    assert client.app.state.kiosk.impressions.flush()  # type: ignore[attr-defined]
    connection = sqlite3.connect(settings.database)
    connection.row_factory = sqlite3.Row
    (kept,) = connection.execute("SELECT * FROM answers").fetchall()
    toys = connection.execute("SELECT * FROM impressions ORDER BY position").fetchall()
    connection.close()
    assert kept["recommendation_id"] == answer["recommendation_id"]
    said = {name: kept[name] for name in ("session_id", "shopper_id", "recipient_age", "youngest_age", "language")}
    assert said == {"session_id": "s1", "shopper_id": "p1", "recipient_age": 50, "youngest_age": 40, "language": "zh"}
    assert (kept["occasion"], kept["purpose"], kept["model"]) == ("birthday", "gift", answer["model"])
    assert (kept["session_only"], abs(kept["time_ms"] - time.time() * 1000) < 60_000) == (0, True)
    items = answer["items"]
    assert [row["position"] for row in toys] == [1, 2, 3]
    assert [row["toy_id"] for row in toys] == [item["toy"]["toy_id"] for item in items]
    assert [row["propensity"] for row in toys] == [item["propensity"] for item in items]
    assert [row["score"] for row in toys] == [item["score"] for item in items]
    assert [bool(row["pinned"]) for row in toys] == [item["pinned"] for item in items]


@pytest.mark.parametrize(
    ("recipient", "interests", "budget"),
    [
        (None, "[]", None),
        ({"interests": ["Anna Smith", "trains"], "budget": 20}, '["trains"]', 20.0),
        ({"budget": 19.99}, "[]", None),
    ],
)
def test_of_likings_and_of_a_budget_what_many_say_is_kept(
    client: TestClient, settings: KioskSettings, recipient: Any, interests: str, budget: float | None
) -> None:
    assert client.post("/v1/recommendations", json={"recipient": recipient, "session_id": "s1"}).status_code == 200
    assert client.app.state.kiosk.impressions.flush()  # type: ignore[attr-defined]
    connection = sqlite3.connect(settings.database)
    kept = connection.execute("SELECT interests, budget FROM answers").fetchall()
    connection.close()
    assert kept == [(interests, budget)]


def test_a_running_queue_writes_by_itself_and_the_rest_at_the_end(database: Database) -> None:
    queue = ImpressionQueue(database, 10_000, interval=0.01)
    queue.start()
    queue.put(shown("a"))
    until(lambda: written(database) == 10)
    slow = ImpressionQueue(database, 10_000, interval=3600)
    slow.start()
    for place in range(BATCH_ROWS // 10):  # a full batch does not wait for the interval
        slow.put(shown(f"b{place}"))
    until(lambda: written(database) == 10 + BATCH_ROWS)
    slow.put(shown("c"))
    slow.put(shown("empty", toys=0, time_ms=HOUR_MS))
    queue.stop()
    slow.stop()
    assert written(database) == 20 + BATCH_ROWS
    assert (len(slow), slow.lost) == (0, 0)
    found = counts(database)
    assert found[0, "answers"] == 52
    assert found[0, "impressions"] == written(database)
    assert found[0, "masked.safety"] == 3 * 52
    assert found[HOUR_MS, "answers"] == 1
    assert found[HOUR_MS, "impressions"] == 0


def test_what_has_no_room_is_lost_and_counted(database: Database) -> None:
    queue = ImpressionQueue(database, 100)
    for place in range(12):
        queue.put(shown(str(place)))
    assert (len(queue), queue.lost) == (100, 20)
    assert queue.flush()
    queue.put(shown("more"))
    assert queue.flush()
    assert (len(queue), queue.lost, written(database)) == (0, 20, 110)
    assert counts(database)[0, "lost"] == 20


def test_a_full_disk_costs_what_does_not_fit_and_no_answer(client: TestClient, full_disk: Any) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    limit = kiosk.impressions._limit = 3000
    hour_before = int(time.time() * 1000) // HOUR_MS * HOUR_MS - HOUR_MS  # what is of 1970 the kiosk deletes
    with full_disk(kiosk.database):
        for place in range(400):
            kiosk.impressions.put(shown(f"{'long' * 40}-{place}", time_ms=hour_before))
        assert not kiosk.impressions.flush()
        assert kiosk.impressions.lost == 1000
        assert client.post("/v1/recommendations", json={}).status_code == 200, "no answer fails for it"
        assert len(kiosk.impressions) <= limit
    assert kiosk.impressions.flush(), "what waited is written when there is room"
    assert counts(kiosk.database)[hour_before, "lost"] == 1000


def test_what_cannot_be_written_at_the_end_is_lost(database: Database) -> None:
    queue = ImpressionQueue(database, 1000, interval=0.01)
    other = sqlite3.connect(database.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    queue.start()
    queue.put(shown("a"))
    queue.stop()
    other.execute("ROLLBACK")
    other.close()
    assert (len(queue), queue.lost, written(database)) == (0, 10, 0)


def test_many_threads_may_put(database: Database) -> None:
    queue = ImpressionQueue(database, 100_000, interval=0.001)
    queue.start()
    threads = [
        threading.Thread(target=lambda name: [queue.put(shown(f"{name}-{n}", 3)) for n in range(100)], args=(name,))
        for name in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.stop()
    assert written(database) == 1200
    assert counts(database)[0, "impressions"] == 1200


def test_putting_costs_microseconds(database: Database) -> None:
    queue = ImpressionQueue(database, 100_000, interval=3600)
    lists = [shown(str(place)) for place in range(40)]
    taken = []
    for each in lists:
        started = time.perf_counter()
        queue.put(each)
        taken.append(time.perf_counter() - started)
    assert min(taken) < 50e-6, "who waits for the disk is never so quick, on however quiet a machine"
