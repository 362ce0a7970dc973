"""Who is forgotten is gone from every table, from what waits, and from the pages of the file."""

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.models.events import ForgottenAnswer
from app.kiosk.state import Kiosk
from app.kiosk.store.database import Database
from app.kiosk.store.events import EventStore, StoredEvent
from app.kiosk.store.forget import Forgetting, Gone
from app.kiosk.store.tables import TABLES, VERSION
from app.kiosk.store.upgrade import columns_of
from data.schema import EventKind

NOTHING = {"events": 0, "answers": 0, "impressions": 0}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def kiosk_of(client: TestClient) -> Kiosk:
    found: Kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    return found


def send(client: TestClient, name: str, session: str, shopper: str | None = None, **more: Any) -> None:
    event = {"event_id": name, "session_id": session, "toy_id": "track", "kind": "like", "shopper_id": shopper, **more}
    answer = client.post("/v1/events:batch", json={"events": [event]})
    assert answer.json()["results"][0]["status"] == "accepted"


def ask(client: TestClient, session: str | None = None, shopper: str | None = None, **more: Any) -> str:
    body = {"k": 2, "session_id": session, "shopper_id": shopper, **more}
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == 200
    return str(answer.json()["recommendation_id"])


def left(client: TestClient, column: str = "session_id") -> dict[str, set[str | None]]:
    assert kiosk_of(client).impressions.flush()
    connection = sqlite3.connect(kiosk_of(client).database.file)
    try:
        found = {
            table: {row[0] for row in connection.execute(f"SELECT {column} FROM {table}")}
            for table in ("events", "answers")
        }
        orphans = "SELECT count(*) FROM impressions WHERE answer_id NOT IN (SELECT id FROM answers)"
        assert connection.execute(orphans).fetchone() == (0,)
        return found
    finally:
        connection.close()


def test_a_session_is_forgotten_with_what_waits(client: TestClient) -> None:
    for session in ("one", "two"):
        send(client, session, session)
        ask(client, session)
    assert kiosk_of(client).impressions.flush()
    ask(client, "one")  # this one waits, and is never written
    answer = client.delete("/v1/sessions/one")
    assert answer.status_code == 200
    ForgottenAnswer.model_validate(answer.json(), strict=True)
    assert answer.json() == {"events": 1, "answers": 2, "impressions": 4}
    assert left(client) == {"events": {"two"}, "answers": {"two"}}
    for path in ("/v1/sessions/one", "/v1/sessions/nobody", "/v1/shoppers/nobody"):
        again = client.delete(path)
        assert (again.status_code, again.json()) == (200, NOTHING)


def test_a_shopper_is_forgotten_with_what_their_sessions_left_unnamed(client: TestClient) -> None:
    send(client, "e1", "visit", "ada")
    send(client, "e2", "visit")  # before she said who she is
    send(client, "e3", "visit", "bob")  # with her, and somebody else
    send(client, "e4", "other")
    ask(client, "visit", "ada")
    ask(client, "visit", "bob")
    ask(client, "later", "ada")
    ask(client, "later")
    ask(client, "other")
    answer = client.delete("/v1/shoppers/ada")
    assert answer.json() == {"events": 2, "answers": 3, "impressions": 6}
    assert left(client, "shopper_id") == {"events": {"bob", None}, "answers": {"bob", None}}
    assert left(client) == {"events": {"visit", "other"}, "answers": {"visit", "other"}}
    removals = kiosk_of(client).retention.removals()
    assert {(each.cause, each.kind, each.rows) for each in removals} == {
        ("shopper", "events", 2),
        ("shopper", "answers", 3),
        ("shopper", "impressions", 6),
    }
    assert client.delete("/v1/shoppers/ada").json() == NOTHING


def test_ids_may_be_anything(client: TestClient) -> None:
    for name in ("a/b", "50%", "é 火车", "?x#y"):
        send(client, f"e-{name}", name, name)
        for kind in ("sessions", "shoppers"):
            send(client, f"{kind}-{name}", name, name)
            assert client.delete(f"/v1/{kind}/{quote(name, safe='')}").json()["events"] >= 1
    assert client.delete(f"/v1/sessions/{'x' * 201}").status_code == 422
    assert client.delete("/v1/sessions/").status_code == 422
    assert client.delete("/v1/sessions/a?b=c").status_code == 422


@pytest.mark.parametrize("how", ["shopper", "session", "silence"])
def test_nothing_of_them_is_left_in_the_files(client: TestClient, settings: KioskSettings, how: str) -> None:
    child, kiosk = how == "silence", kiosk_of(client)
    for place in range(50):
        said = {"recommendation_id": "secret-list", "child_mode": child}
        send(client, f"{place}-secret-event", "secret-session", "secret-shopper", **said)
    ask(client, "secret-session", "secret-shopper", child_mode=child)
    assert kiosk.impressions.flush()
    files = [settings.database, Path(f"{settings.database}-wal")]
    assert any(b"secret-shopper" in file.read_bytes() for file in files)
    if child:
        idle = timedelta(minutes=settings.session_idle_minutes)
        assert kiosk.forgetting.over(kiosk.clock() + 2 * idle, idle).events == 50
    else:
        client.delete(f"/v1/{how}s/secret-{how}")
    for file in files:
        assert b"secret" not in file.read_bytes(), file.name


def test_a_deletion_that_cannot_be_kept_is_none(client: TestClient) -> None:
    send(client, "e1", "s", "ada")
    with kiosk_of(client).database.writing() as connection:
        connection.execute("DROP TABLE removals")
    answer = client.delete("/v1/shoppers/ada")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert left(client)["events"] == {"s"}


def test_a_shop_that_keeps_nothing_keeps_nothing(settings: KioskSettings) -> None:
    passing = settings.model_copy(update={"keep": "session", "session_idle_minutes": 10})
    with TestClient(create_app(passing)) as client:
        kiosk, forgetting = kiosk_of(client), kiosk_of(client).forgetting
        idle = timedelta(minutes=10)
        kiosk.clock = lambda: NOON
        send(client, "e1", "silent")
        ask(client, "silent", "ada")
        ask(client)  # of no session at all
        kiosk.clock = lambda: NOON + timedelta(minutes=6)
        send(client, "e2", "going on")
        ask(client, "silent and back")
        assert kiosk.impressions.flush()
        assert forgetting.over(NOON + timedelta(minutes=9), idle) == Gone()
        kiosk.clock = lambda: NOON + timedelta(minutes=9)
        send(client, "e3", "silent and back")
        assert forgetting.over(NOON + timedelta(minutes=11), idle) == Gone(1, 2, 4)
        assert left(client) == {"events": {"going on", "silent and back"}, "answers": {"silent and back"}}
        assert forgetting.over(NOON + timedelta(minutes=18), idle) == Gone(1, 0, 0)
        assert left(client) == {"events": {"silent and back"}, "answers": {"silent and back"}}
        assert forgetting.over(NOON - timedelta(days=365), idle) == Gone(1, 1, 2), "the clock was set back meanwhile"
        assert left(client) == {"events": set(), "answers": set()}


def test_child_mode_passes_with_its_session_and_the_rest_stays(client: TestClient) -> None:
    kiosk = kiosk_of(client)
    kiosk.clock = lambda: NOON
    send(client, "parent", "visit")
    send(client, "child", "visit", child_mode=True)
    ask(client, "visit")
    mine = ask(client, "visit", child_mode=True)
    assert kiosk.impressions.flush()
    assert kiosk.forgetting.over(NOON + timedelta(minutes=31), timedelta(minutes=30)) == Gone(1, 1, 2)
    assert left(client, "session_id") == {"events": {"visit"}, "answers": {"visit"}}
    with kiosk.database.reading() as connection:
        assert [row[0] for row in connection.execute("SELECT event_id FROM events")] == ["parent"]
        assert mine not in [row[0] for row in connection.execute("SELECT recommendation_id FROM answers")]
    assert client.post("/v1/recommendations", json={"child_mode": "yes"}).status_code == 422


def test_a_kiosk_that_starts_ends_the_sessions_of_before(settings: KioskSettings) -> None:
    passing = settings.model_copy(update={"keep": "session"})
    with TestClient(create_app(passing, lambda: NOON)) as client:
        send(client, "e1", "of yesterday")
    with TestClient(create_app(passing, lambda: NOON + timedelta(days=1))) as client:
        deadline = time.monotonic() + 60
        while left(client)["events"]:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_what_a_kiosk_deleted_and_was_killed_before_it_emptied_the_log_is_gone_after_the_next_start(
    settings: KioskSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Database) -> bool:
        raise KeyboardInterrupt

    settings.database.parent.mkdir()
    before = Database(settings.database)  # stays open, as that of a killed kiosk: who closes it empties the log
    EventStore(before).keep([StoredEvent("e1", "of-ada", "track", EventKind.LIKE, NOON, NOON, session_only=True)])
    with monkeypatch.context() as patch:
        patch.setattr(Database, "fold", killed)
        with pytest.raises(KeyboardInterrupt):
            Forgetting(before, False).over(NOON + timedelta(days=1), timedelta(minutes=30))
    log = settings.database.with_name(f"{settings.database.name}-wal")
    assert b"of-ada" in log.read_bytes()
    with TestClient(create_app(settings)):
        deadline = time.monotonic() + 60
        while b"of-ada" in log.read_bytes():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    before.close()


def test_looking_for_sessions_that_are_over_reads_no_whole_table(tmp_path: Path) -> None:
    """It happens twice a minute, over what may be years of events."""
    database = Database(tmp_path / "kiosk.sqlite")
    asked: list[str] = []
    with database.reading() as connection:  # the one that is used last is used next
        connection.set_trace_callback(asked.append)
    Forgetting(database, tell_headquarters=False).over(NOON, timedelta(minutes=30))
    with database.reading() as connection:
        connection.set_trace_callback(None)
        looks = [text for text in asked if text.strip().startswith("SELECT")]
        assert len(looks) == 2
        plans = [str(row[3]) for text in looks for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
    database.close()
    found = [plan for plan in plans if plan.startswith(("SCAN events", "SCAN answers", "SEARCH"))]
    assert len(found) == 3
    assert all("that_pass" in plan for plan in found), found


def test_headquarters_is_told_where_there_is_one(tmp_path: Path) -> None:
    database = Database(tmp_path / "kiosk.sqlite")
    Forgetting(database, tell_headquarters=False).shopper("ada", NOON)
    Forgetting(database, tell_headquarters=True).session("visit", NOON)
    with database.reading() as connection:
        kept = [tuple(row) for row in connection.execute("SELECT who, value FROM forgotten")]
    assert kept == [("session", "visit")]
    database.close()


def test_every_table_that_names_a_shopper_or_a_session_is_known_here(tmp_path: Path) -> None:
    """A new one must be forgotten, and exported and forwarded with care: add it to `store/forget.py`, then here."""
    assert VERSION == 4
    database = Database(tmp_path / "kiosk.sqlite")
    with database.reading() as connection:
        naming = {name for name in TABLES if {"session_id", "shopper_id"} & set(columns_of(connection, name))}
    database.close()
    assert naming == {"events", "answers"}


def test_what_is_kept_is_said(tmp_path: Path, bundle: Path) -> None:
    for keep, minutes, days in (("all", 30, 400), ("session", 5, 0)):
        settings = KioskSettings(
            bundle=bundle,
            database=tmp_path / f"{keep}.sqlite",
            keep=keep,  # type: ignore[arg-type]
            session_idle_minutes=minutes,
            retention_days=days,
        )
        with TestClient(create_app(settings)) as client:
            assert client.get("/v1/privacy").json() == {
                "keep": keep, "session_idle_minutes": minutes, "retention_days": days,
            }  # fmt: skip
