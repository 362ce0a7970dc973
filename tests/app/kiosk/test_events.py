import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.models.events import EventVerdicts
from app.kiosk.store.database import Database, StoreFullError
from app.kiosk.store.events import EventStore, StoredEvent
from app.kiosk.store.keys import KeyStore, Role, StaffKey
from app.kiosk.store.tables import VERSION
from data.errors import ToyGuideError
from data.schema import EventKind

URL = "/v1/events:batch"


def event(name: str, toy: str = "track", **more: Any) -> dict[str, Any]:
    return {"event_id": name, "session_id": "s1", "toy_id": toy, "kind": "like", **more}


def rows(settings: KioskSettings) -> list[sqlite3.Row]:
    connection = sqlite3.connect(settings.database)
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute("SELECT * FROM events ORDER BY event_id").fetchall()
    finally:
        connection.close()


def stored(name: str) -> StoredEvent:
    now = datetime.now(UTC)
    return StoredEvent(name, "s", "track", EventKind.VIEW, now, now)


def test_each_event_has_its_verdict(client: TestClient, settings: KioskSettings) -> None:
    client.app.state.kiosk.clock = lambda: datetime(2026, 3, 1, 3, tzinfo=UTC)  # type: ignore[attr-defined]
    batch = [
        event("e1", time="2026-03-01T10:00:00+08:00", shopper_id="p", recommendation_id="r"),
        event("e2", toy="unicorn"),
        event("e3", recipient={"id": "kid", "age_months": 50, "interests": ["火车"]}),
        event("e1"),
    ]
    response = client.post(URL, json={"events": batch})
    assert response.status_code == 200
    body = response.json()
    EventVerdicts.model_validate(body)
    assert body["results"] == [
        {"event_id": "e1", "status": "accepted"},
        {
            "event_id": "e2",
            "status": "rejected",
            "code": "unknown_toy",
            "detail": "The catalogue holds no toy 'unicorn'.",
        },
        {"event_id": "e3", "status": "accepted"},
        {"event_id": "e1", "status": "duplicate"},
    ]
    kept = rows(settings)
    assert [row["event_id"] for row in kept] == ["e1", "e3"]
    assert kept[0]["time_ms"] == datetime(2026, 3, 1, 2, tzinfo=UTC).timestamp() * 1000
    assert (kept[0]["shopper_id"], kept[0]["recommendation_id"]) == ("p", "r"), "the first of a batch is kept"
    assert (kept[1]["recipient_id"], kept[1]["recipient_age"], kept[1]["recipient_interests"]) == (
        "kid",
        50,
        '["火车"]',
    )
    assert kept[1]["time_ms"] == kept[1]["received_ms"]


def test_the_ends_of_time_can_be_kept(client: TestClient, settings: KioskSettings) -> None:
    times = ["0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59.999-12:00", "1970-01-01T00:00:00.001Z"]
    batch = [event(f"e{place}", time=time) for place, time in enumerate(times)]
    assert client.post(URL, json={"events": batch}).status_code == 200
    kept = [row["time_ms"] for row in rows(settings)]
    assert kept[0] < 0 < kept[2] == 1 < kept[1]


def test_sending_again_keeps_once(client: TestClient, settings: KioskSettings) -> None:
    batch = {"events": [event(f"e{place}") for place in range(1000)]}
    first = client.post(URL, json=batch).json()["results"]
    again = client.post(URL, json=batch).json()["results"]
    assert {result["status"] for result in first} == {"accepted"}
    assert {result["status"] for result in again} == {"duplicate"}
    assert len(rows(settings)) == 1000


def test_many_at_once_are_each_accepted_once(tmp_path: Path) -> None:
    store = EventStore(Database(tmp_path / "kiosk.sqlite", busy_seconds=60))
    accepted: list[set[str]] = []

    def send() -> None:
        accepted.extend(store.keep([stored(f"e{batch}-{place}") for place in range(20)]) for batch in range(5))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(names) for names in accepted) == store.count() == 100
    store.database.close()


def test_what_is_acknowledged_is_synced(tmp_path: Path) -> None:
    store = EventStore(Database(tmp_path / "kiosk.sqlite"))
    with store.database.writing() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    store.database.close()


def test_a_full_disk_is_a_507_and_nothing_is_half_kept(
    client: TestClient, settings: KioskSettings, full_disk: Any
) -> None:
    assert client.post(URL, json={"events": [event("before")]}).status_code == 200
    store = client.app.state.kiosk.events  # type: ignore[attr-defined]
    with full_disk(store.database):
        response = client.post(URL, json={"events": [event(f"e{place}", shopper_id="x" * 200) for place in range(300)]})
        assert response.status_code == 507
        assert response.json()["code"] == "store_full"
        assert [row["event_id"] for row in rows(settings)] == ["before"]
        with pytest.raises(StoreFullError):
            store.keep([stored("y" * 200 + str(place)) for place in range(300)])
        assert client.post("/v1/recommendations", json={}).status_code == 200, "reads go on"


def test_a_database_that_is_gone_is_a_503(client: TestClient) -> None:
    store = client.app.state.kiosk.events  # type: ignore[attr-defined]
    with store.database.writing() as connection:
        connection.execute("DROP TABLE events")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    response = client.post(URL, json={"events": [event("e1")]})
    assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({}, "/events", "is required."),
        ({"events": [event("e")] * 1001}, "/events", "must hold at most 1000 entries. Got 1001."),
        ({"events": [{"event_id": "e"}]}, "/events/0/session_id", "is required."),
        ({"events": [event("e", kind="sold")]}, "/events/0/kind", "must be one of"),
        ({"events": [event("e", price=3)]}, "/events/0/price", "is not a known field."),
        ({"events": [event("e", recipient={"name": "Ada"})]}, "/events/0/recipient/name", "is not a known field."),
        ({"events": [event("e", time="yesterday")]}, "/events/0/time", "must be a time with an offset"),
    ],
)
def test_a_mistake_is_pointed_at(
    client: TestClient, settings: KioskSettings, body: Any, pointer: str, said: str
) -> None:
    response = client.post(URL, json=body)
    assert response.status_code == 422
    first = response.json()["errors"][0]
    assert first["pointer"] == pointer
    assert said in first["detail"]
    assert rows(settings) == []


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database at all, by any means" * 50, encoding="utf-8")
    for file in (tmp_path / "notes.txt", tmp_path):
        with pytest.raises(ToyGuideError, match=r"cannot be opened as SQLite: .*Choose another file with --database"):
            Database(file)
    with sqlite3.connect(tmp_path / "newer.sqlite") as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(ToyGuideError, match="written by a newer toyguide"):
        Database(tmp_path / "newer.sqlite")


def test_a_database_of_something_else_is_one_sentence(settings: KioskSettings) -> None:
    settings.database.parent.mkdir(parents=True)
    with sqlite3.connect(settings.database) as other:
        other.execute(f"PRAGMA user_version = {VERSION}")
    other.close()
    with pytest.raises(ToyGuideError, match=r"does not hold a kiosk's tables\. Choose another file with --database"):
        create_app(settings)


def test_a_database_that_another_holds_is_a_503_in_good_time_and_reads_go_on(
    client: TestClient, settings: KioskSettings
) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    kiosk.database.close()
    kiosk.database = Database(settings.database, busy_seconds=0.2)
    kiosk.events = EventStore(kiosk.database)
    other = sqlite3.connect(settings.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused: list[str] = []
    threads = [
        threading.Thread(
            target=lambda name: refused.append(client.post(URL, json={"events": [event(name)]}).json()["code"]),
            args=(name,),
        )
        for name in ("e1", "e2", "e3")
    ]
    for thread in threads:
        thread.start()
    assert client.get("/readyz").status_code == 200
    assert client.post("/v1/recommendations", json={}).status_code == 200
    for thread in threads:
        thread.join()
    assert refused == ["store_unavailable"] * 3
    other.execute("ROLLBACK")
    other.close()
    assert kiosk.impressions.flush(), "nobody else writes now"
    assert client.post(URL, json={"events": [event("e1")]}).json()["results"][0]["status"] == "accepted"


def test_two_kiosks_may_share_one_database(tmp_path: Path) -> None:
    one, two = EventStore(Database(tmp_path / "kiosk.sqlite")), EventStore(Database(tmp_path / "kiosk.sqlite"))
    assert one.keep([stored("a"), stored("b")]) == {"a", "b"}
    assert two.keep([stored("b"), stored("c")]) == {"c"}
    assert one.count() == two.count() == 3
    one.database.close()
    two.database.close()


def test_a_database_is_the_file_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "a?mode=ro.sqlite", "50%.sqlite"):
        store = EventStore(Database(Path(name)))
        store.keep([stored("a")])
        store.database.close()
        assert (tmp_path / name).is_file()
        assert EventStore(Database(Path(name))).count() == 1, "kept after the kiosk has stopped"


def test_what_was_sent_first_under_an_id_stays(client: TestClient, settings: KioskSettings) -> None:
    client.post(URL, json={"events": [event("e1", shopper_id="first")]})
    again = client.post(URL, json={"events": [event("e1", toy="bear", shopper_id="second")]})
    assert again.json()["results"] == [{"event_id": "e1", "status": "duplicate"}]
    assert [(row["toy_id"], row["shopper_id"]) for row in rows(settings)] == [("track", "first")]


@pytest.mark.parametrize(
    ("time", "skew"),
    [
        ("2026-03-01T12:05:00Z", None),
        ("2026-03-01T12:05:01Z", 301_000),
        ("2026-01-30T12:00:00Z", None),
        ("2026-01-30T11:59:59Z", -(30 * 86_400_000 + 1000)),
        ("2127-03-01T12:00:00Z", 101 * 365 * 86_400_000 + 24 * 86_400_000),
    ],
)
def test_a_clock_that_is_wrong_is_marked_and_the_event_kept(
    client: TestClient, settings: KioskSettings, time: str, skew: int | None
) -> None:
    client.app.state.kiosk.clock = lambda: datetime(2026, 3, 1, 12, tzinfo=UTC)  # type: ignore[attr-defined]
    answer = client.post(URL, json={"events": [event("e1", time=time)]})
    verdict = {"event_id": "e1", "status": "accepted"}
    assert answer.json()["results"] == [verdict if skew is None else {**verdict, "skew_ms": skew}]
    kept = rows(settings)[0]
    assert kept["skew_ms"] == skew
    assert kept["received_ms"] == datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp() * 1000
    assert kept["time_ms"] == kept["received_ms"] + (skew or kept["time_ms"] - kept["received_ms"])


def test_a_kiosk_whose_clock_goes_back_a_year_keeps_on(client: TestClient, settings: KioskSettings) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    kiosk.clock = lambda: datetime(2026, 3, 1, tzinfo=UTC)
    client.post(URL, json={"events": [event("before")]})
    kiosk.clock = lambda: datetime(2025, 3, 1, tzinfo=UTC)
    batch = {"events": [event("after"), event("before"), event("true", time="2026-03-01T00:00:01Z")]}
    results = client.post(URL, json=batch).json()["results"]
    assert [result["status"] for result in results] == ["accepted", "duplicate", "accepted"]
    assert results[2]["skew_ms"] == 365 * 86_400_000 + 1000
    kept = sorted(rows(settings), key=lambda row: row["id"])
    assert [row["event_id"] for row in kept] == ["before", "after", "true"], "the order of arrival does not hang on it"
    assert client.post("/v1/recommendations", json={}).status_code == 200


def test_a_database_of_before_keeps_its_events_and_keys(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.sqlite"
    with sqlite3.connect(file) as old:
        old.executescript(
            "CREATE TABLE events (event_id TEXT NOT NULL PRIMARY KEY, session_id TEXT NOT NULL, shopper_id TEXT, "
            "toy_id TEXT NOT NULL, kind TEXT NOT NULL, time_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL, "
            "recommendation_id TEXT, recipient_id TEXT, recipient_age INTEGER, recipient_interests TEXT NOT NULL);"
            "CREATE INDEX events_by_time ON events (time_ms);"
            "INSERT INTO events VALUES ('z', 's', NULL, 'track', 'view', 1, 2, 'r', NULL, 40, '[]');"
            "INSERT INTO events VALUES ('a', 's', 'p', 'bear', 'like', 3, 4, NULL, 'kid', NULL, '[\"x\"]');"
            "CREATE TABLE staff_keys (name TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, digest BLOB NOT NULL, "
            "created_ms BIGINT NOT NULL);"
            "INSERT INTO staff_keys VALUES ('Kim', 'clerk', x'00', 5);"
            "PRAGMA user_version = 2;"
        )
    old.close()
    store = EventStore(Database(file))
    assert store.keep([stored("a"), stored("new")]) == {"new"}
    with store.database.reading() as connection:
        found = connection.execute("SELECT id, event_id, recipient_age, skew_ms, session_only FROM events")
        assert [tuple(row) for row in found][:2] == [(1, "z", 40, None, 0), (2, "a", None, None, 0)]
    assert KeyStore(store.database).list() == (StaffKey("Kim", Role.CLERK, "1970-01-01T00:00:00.005Z"),)
    store.database.close()
