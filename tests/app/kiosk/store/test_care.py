"""A database that breaks: it is kept aside, the kiosk comes up, and what was recalled stays recalled."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.store.audit import changes
from app.kiosk.store.care import hold, hold_as_kiosk, open_database, restore
from app.kiosk.store.copies import HOUSE, mirror_of, take_from_mirror, write_mirror
from app.kiosk.store.database import Database
from app.kiosk.store.house import Recall
from app.kiosk.store.keys import KeyStore, Role
from app.kiosk.store.tables import PASSING, TABLES, VERSION
from data.errors import ToyGuideError
from tests.app.kiosk.store.conftest import (
    SECRET,
    a_few_bytes,
    a_page_of_recalls,
    event,
    garbage,
    killed_once_kept,
    run,
    shown,
    truncated,
)


@pytest.mark.parametrize("damage", [garbage, truncated, a_few_bytes, a_page_of_recalls])
def test_a_damaged_database_is_kept_aside_and_no_recall_is_lost(
    used: KioskSettings, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(used.database)
    broken = used.database.read_bytes()

    def ask(client: TestClient) -> None:
        assert client.get("/readyz").json()["warnings"] == []
        assert {"engine", "bear", "puzzle"}.isdisjoint(shown(client))
        assert "track" in shown(client)
        kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
        assert [key.name for key in kiosk.keys.list()] == ["Mo"]
        assert kiosk.events.count() == 0
        batch = {"events": [event(5000)]}
        assert client.post("/v1/events:batch", json=batch).json()["results"][0]["status"] == "accepted"
        newest = changes(kiosk.database, 1)[0]
        assert (newest.who, newest.action, newest.details["from_mirror"]) == ("kiosk", "database.replaced", True)

    run(used, ask)
    assert "the database is damaged: it is kept aside" in caplog.text
    kept = [path for path in used.database.parent.iterdir() if ".damaged-" in path.name and path.suffix != ".wal"]
    assert any(path.read_bytes() == broken for path in kept)
    run(used, ask_is_calm)


def ask_is_calm(client: TestClient) -> None:
    """At the start after, nothing more is replaced, and all holds still."""
    assert client.app.state.kiosk.events.count() == 1  # type: ignore[attr-defined]
    assert "engine" not in shown(client)


def test_a_page_of_events_is_seen_beside_the_requests_and_replaced_at_the_next_start(used: KioskSettings) -> None:
    with sqlite3.connect(used.database) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with used.database.open("r+b") as stream:
        stream.seek((root - 1) * size)
        stream.write(b"\xff" * size)

    def first(client: TestClient) -> None:
        mirror = client.app.state.kiosk._mirror  # type: ignore[attr-defined]
        assert mirror.looked.wait(60)
        assert client.get("/readyz").json()["warnings"] == ["database_damaged"]
        assert "engine" not in shown(client), "what may be shown is known still"

    def second(client: TestClient) -> None:
        assert client.get("/readyz").json()["warnings"] == []
        assert client.app.state.kiosk.events.count() == 0  # type: ignore[attr-defined]
        assert "engine" not in shown(client)

    run(used, first)
    run(used, second)
    assert len(list(used.database.parent.glob("*.damaged-*Z"))) == 1


def test_without_a_mirror_it_is_said_until_there_are_recalls_again(
    used: KioskSettings, caplog: pytest.LogCaptureFixture
) -> None:
    a_page_of_recalls(used.database)
    garbage(mirror_of(used.database))

    def lost(client: TestClient) -> None:
        assert client.get("/readyz").json()["warnings"] == ["house_lost"]

    run(used, lost)
    assert "RECALLS ARE LOST" in caplog.text
    assert any(".house.damaged-" in path.name for path in used.database.parent.iterdir())
    run(used, lost)

    def again(client: TestClient) -> None:
        client.app.state.kiosk.house.recall([Recall("toy_id", "track")], "Mo")  # type: ignore[attr-defined]
        assert client.get("/readyz").json()["warnings"] == []

    run(used, again)


def test_a_database_that_went_away_comes_back_with_what_the_shop_said(used: KioskSettings) -> None:
    used.database.unlink()
    run(used, lambda client: None if "engine" not in shown(client) else pytest.fail("a recalled toy was shown"))


def test_a_first_start_has_nothing_to_say(settings: KioskSettings) -> None:
    run(settings, lambda client: client.get("/readyz").json()["warnings"] == [] or pytest.fail("it warned"))
    assert not any(".damaged" in path.name for path in settings.database.parent.iterdir())


def test_what_is_somebody_elses_is_not_touched(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("what I must not forget" * 100, encoding="utf-8")
    with pytest.raises(ToyGuideError, match="cannot be opened as SQLite"):
        open_database(notes, hold(notes))
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(ToyGuideError, match="written by a newer toyguide"):
        open_database(newer, hold(newer))
    assert sorted(path.name for path in tmp_path.iterdir() if "aged" in path.name) == []


def test_the_mirror_keeps_up_with_the_command_line_too_and_holds_no_shopper(used: KioskSettings) -> None:
    def ask(client: TestClient) -> None:
        mirror = client.app.state.kiosk._mirror  # type: ignore[attr-defined]
        assert mirror.looked.wait(60)
        other = Database(used.database)
        KeyStore(other).add("Kim", Role.CLERK)
        other.close()
        assert mirror.keep_up()
        with sqlite3.connect(mirror_of(used.database)) as connection:
            assert {row[0] for row in connection.execute("SELECT name FROM staff_keys")} == {"Kim", "Mo"}
        connection.close()

    run(used, ask)
    assert SECRET.encode() in used.database.read_bytes()
    assert SECRET.encode() not in mirror_of(used.database).read_bytes()
    with sqlite3.connect(mirror_of(used.database)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    connection.close()
    assert tables - {"mirrored", "sqlite_sequence"} == set(TABLES) - PASSING


def test_every_table_of_the_shop_comes_back_as_it_was(used: KioskSettings, tmp_path: Path) -> None:
    write_mirror(used.database)
    fresh = tmp_path / "fresh.sqlite"
    Database(fresh).close()
    assert take_from_mirror(fresh, mirror_of(used.database))
    for table in HOUSE:
        rows = []
        for file in (used.database, fresh):
            with sqlite3.connect(file) as connection:
                rows.append(connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall())
            connection.close()
        assert rows[0] == rows[1], table


def test_a_place_that_cannot_be_written_is_a_sentence_with_the_database_in_it(tmp_path: Path) -> None:
    (tmp_path / "var").write_bytes(b"a file")
    file = tmp_path / "var" / "kiosk.sqlite"
    for holding in (hold, hold_as_kiosk):
        with pytest.raises(
            ToyGuideError, match=r"The database \S+kiosk\.sqlite cannot be used: \S+var cannot be written"
        ):
            holding(file)


def test_two_may_use_a_database_and_one_may_replace_it(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.sqlite"
    with hold(file), hold(file), pytest.raises(ToyGuideError, match="is in use"):
        hold(file, alone=True)
    hold(file, alone=True).close()


def test_a_database_in_use_is_not_replaced(used: KioskSettings) -> None:
    """Or the kiosk that runs would go on writing into the file that was kept aside."""
    marker = used.database.with_name(used.database.name + ".is-damaged")
    marker.write_text("found while it was in use", encoding="utf-8")
    refused = pytest.raises(ToyGuideError, match=r"is damaged, and in use\. Stop the kiosk first")
    with hold(used.database), hold(used.database) as second, refused:
        open_database(used.database, second)
    assert not list(used.database.parent.glob("*.damaged-*"))
    with hold(used.database) as alone:
        open_database(used.database, alone).close()
        hold(used.database).close()  # others may use it again
    assert list(used.database.parent.glob("*.damaged-*"))


@pytest.mark.parametrize("start", ["damaged", "restored"])
def test_who_is_stopped_on_the_way_to_a_fresh_database_loses_no_recall(
    used: KioskSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    """A full disk, or a kill: the next start begins anew, and does not take half a database for a whole one."""
    copy = tmp_path / "copy.sqlite"
    with sqlite3.connect(used.database) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        target.execute("DELETE FROM recalls")
    source.close()
    target.close()

    def full(*_: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("app.kiosk.store.care.take_from_mirror", full)
        if start == "damaged":
            a_page_of_recalls(used.database)
        with pytest.raises(ToyGuideError, match="cannot be written: database or disk is full"):
            create_app(used) if start == "damaged" else restore(copy, used.database)
    run(used, lambda client: None if "engine" not in shown(client) else pytest.fail("a recalled toy was shown"))


def test_a_start_killed_between_the_damaged_database_and_the_fresh_one_still_says_that_recalls_are_lost(
    used: KioskSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_page_of_recalls(used.database)
    mirror_of(used.database).unlink()
    with killed_once_kept(monkeypatch):
        create_app(used)
    lost = ["house_lost"]
    run(used, lambda client: client.get("/readyz").json()["warnings"] == lost or pytest.fail("it said nothing"))
    assert list(used.database.parent.glob("*.damaged-*Z"))


def test_a_damaged_database_is_kept_where_a_file_has_one_name_and_where_it_is_a_link(
    used: KioskSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    elsewhere = tmp_path / "disk" / "real.sqlite"
    elsewhere.parent.mkdir()
    for links in (False, True):
        with monkeypatch.context() as patch:
            if not links:
                patch.setattr(Path, "hardlink_to", refused)
            else:
                used.database.rename(elsewhere)
                used.database.symlink_to(elsewhere)
            garbage(used.database)
            broken = used.database.read_bytes()
            run(used, lambda client: "engine" not in shown(client) or pytest.fail("a recalled toy was shown"))
        place = elsewhere if links else used.database
        assert [path.read_bytes() for path in place.parent.glob("*.damaged-*Z")] == [broken]
        assert used.database.is_symlink() == links


@pytest.mark.parametrize("mirrored", [True, False])
def test_a_mark_of_damage_speaks_of_no_database_that_comes_later(used: KioskSettings, mirrored: bool) -> None:
    used.database.with_name(used.database.name + ".is-damaged").write_text("table events: bad", encoding="utf-8")
    used.database.unlink()
    if not mirrored:
        mirror_of(used.database).unlink()

    def sell(client: TestClient) -> None:
        assert client.post("/v1/events:batch", json={"events": [event(1)]}).status_code == 200

    run(used, sell)
    run(used, ask_is_one_event)
    assert not list(used.database.parent.glob("*.damaged-*"))


def ask_is_one_event(client: TestClient) -> None:
    assert client.app.state.kiosk.events.count() == 1  # type: ignore[attr-defined]


def test_a_recall_is_mirrored_before_it_is_acknowledged(used: KioskSettings) -> None:
    client = TestClient(create_app(used))  # not started: no thread mirrors anything
    staff = {"Authorization": f"Bearer {client.app.state.kiosk.keys.add('Kim', Role.MANAGER)}"}  # type: ignore[attr-defined]
    recalls = {"recalls": [{"toy_id": "station"}]}
    assert client.post("/v1/staff/recalls:import", json=recalls, headers=staff).status_code == 200
    assert client.post("/v1/staff/toys/bear:retire", headers=staff).status_code == 200
    with sqlite3.connect(mirror_of(used.database)) as connection:
        assert ("station",) in connection.execute("SELECT value FROM recalls").fetchall()
        assert ("bear",) in connection.execute("SELECT toy_id FROM own_toys").fetchall()
    connection.close()


def test_where_the_damage_cannot_be_noted_the_mirror_is_kept_still(
    used: KioskSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (used.database.with_name(used.database.name + ".is-damaged")).mkdir()
    monkeypatch.setattr("app.kiosk.store.care._checked", lambda file, whole: "table events: bad" if whole else None)
    monkeypatch.setattr("app.kiosk.store.care._fault", lambda file: None)

    def ask(client: TestClient) -> None:
        mirror = client.app.state.kiosk._mirror  # type: ignore[attr-defined]
        assert mirror.looked.wait(60)
        assert client.get("/readyz").json()["warnings"] == ["database_damaged"]
        assert not mirror.worker.died

    run(used, ask)
