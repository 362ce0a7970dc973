"""A database that breaks: it is kept aside, the kiosk comes up, and what was recalled stays recalled."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.store import care
from app.kiosk.store.audit import changes
from app.kiosk.store.care import hold, hold_as_kiosk, open_database, restore
from app.kiosk.store.copies import HOUSE, back_up, mirror_of, take_from_mirror, write_mirror
from app.kiosk.store.database import Database
from app.kiosk.store.house import Recall
from app.kiosk.store.keys import KeyStore, Role
from app.kiosk.store.tables import PASSING, TABLES, VERSION
from data.errors import ToyGuideError

SECRET = "shopper-4711"


def event(number: int) -> dict[str, str]:
    return {
        "event_id": f"e{number}",
        "session_id": "s",
        "toy_id": "track",
        "kind": "view",
        "shopper_id": SECRET,
    }


def run(settings: KioskSettings, ask: Callable[[TestClient], None]) -> None:
    """A kiosk from start to stop."""
    with TestClient(create_app(settings)) as client:
        ask(client)


@pytest.fixture
def used(settings: KioskSettings) -> KioskSettings:
    """A kiosk that ran: a key, a recall by barcode and one by id, stock, a rule, and 2,000 events."""

    def ask(client: TestClient) -> None:
        key = client.app.state.kiosk.keys.add("Mo", Role.MANAGER)  # type: ignore[attr-defined]
        staff = {"Authorization": f"Bearer {key}"}
        recalls = {"recalls": [{"toy_id": "engine", "reason": "it burns"}]}
        assert client.post("/v1/staff/recalls:import", json=recalls, headers=staff).status_code == 200
        stock = {"toys": [{"toy_id": "bear", "count": 0}]}
        assert client.put("/v1/staff/stock", json=stock, headers=staff).status_code == 200
        rule = {"kind": "hide", "toy_id": "puzzle"}
        assert client.post("/v1/staff/rules", json=rule, headers=staff).status_code == 200
        for start in (0, 1000):
            batch = {"events": [event(number) for number in range(start, start + 1000)]}
            assert client.post("/v1/events:batch", json=batch).status_code == 200

    run(settings, ask)
    return settings


def garbage(file: Path) -> None:
    file.write_bytes(b"\xde\xad\xbe\xef" * 5000)


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:6000])


def a_few_bytes(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0")


def a_page_of_recalls(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'recalls'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with file.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xff" * size)


def shown(client: TestClient) -> set[str]:
    body = {"youngest_age_months": 100, "k": 100}
    return {item["toy"]["toy_id"] for item in client.post("/v1/recommendations", json=body).json()["items"]}


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


def test_a_backup_of_a_running_kiosk_is_whole_and_comes_back(used: KioskSettings, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "monday.sqlite"

    def ask(client: TestClient) -> None:
        assert back_up(used.database, copy) == copy.stat().st_size
        kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
        kiosk.house.recall([Recall("toy_id", "station")], "Mo")
        kiosk.events.database.close()
        with pytest.raises(ToyGuideError, match=r"is in use\. Stop the kiosk first"):
            restore(copy, used.database)

    run(used, ask)
    assert [path.name for path in copy.parent.iterdir()] == ["monday.sqlite"]
    before = used.database.read_bytes()
    aside = restore(copy, used.database)
    assert aside is not None
    assert aside.read_bytes() == before

    def after(client: TestClient) -> None:
        assert client.app.state.kiosk.events.count() == 2000  # type: ignore[attr-defined]
        assert {"engine", "station"}.isdisjoint(shown(client)), "a restore takes no recall back"
        newest = changes(client.app.state.kiosk.database, 1)[0]  # type: ignore[attr-defined]
        assert newest.action == "database.restored"

    run(used, after)


def test_what_is_no_backup_changes_nothing(used: KioskSettings, tmp_path: Path) -> None:
    before = used.database.read_bytes()
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(before)
    a_page_of_recalls(broken)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()
    (tmp_path / "notes.txt").write_text("no database at all" * 100, encoding="utf-8")
    for name, said in (
        ("nowhere.sqlite", "There is no backup"),
        ("broken.sqlite", "is damaged"),
        ("other.sqlite", "does not hold a kiosk's tables"),
        ("notes.txt", "cannot be read as a kiosk's database"),
    ):
        with pytest.raises(ToyGuideError, match=said):
            restore(tmp_path / name, used.database)
    assert used.database.read_bytes() == before
    assert not list(used.database.parent.glob("*.restoring"))


def test_a_damaged_database_is_not_backed_up(used: KioskSettings, tmp_path: Path) -> None:
    a_page_of_recalls(used.database)
    with pytest.raises(ToyGuideError, match=r"is damaged|cannot be backed up"):
        back_up(used.database, tmp_path / "copy.sqlite")
    assert list(tmp_path.glob("copy*")) == []
    for wrong in (used.database, mirror_of(used.database)):
        with pytest.raises(ToyGuideError, match="must not take the place of what it is made of"):
            back_up(used.database, wrong)
    with pytest.raises(ToyGuideError, match="There is no database"):
        back_up(tmp_path / "nowhere", tmp_path / "copy.sqlite")


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


@contextmanager
def killed_once_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever puts another database in the place of one is killed when that has its second name."""
    keep = care._keep

    def keep_and_die(file: Path, aside: Path) -> None:
        keep(file, aside)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(care, "_keep", keep_and_die)
        with pytest.raises(KeyboardInterrupt):
            yield


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


def test_a_restore_that_is_killed_leaves_all_that_a_killed_kiosk_had_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of it lies in SQLite's log alone, which must not be parted from its database."""
    database = Database(tmp_path / "kiosk.sqlite")
    back_up(database.file, tmp_path / "copy.sqlite")
    keys = KeyStore(database)
    keys.add("Kim", Role.CLERK)
    file = tmp_path / "killed" / "kiosk.sqlite"
    file.parent.mkdir()
    for name in (database.file.name, f"{database.file.name}-wal"):
        shutil.copy(tmp_path / name, file.parent)
    database.close()
    with killed_once_kept(monkeypatch):
        restore(tmp_path / "copy.sqlite", file)
    assert keys_in(file) == ["Kim"]
    aside = restore(tmp_path / "copy.sqlite", file)
    assert aside is not None
    assert (keys_in(file), keys_in(aside)) == ([], ["Kim"])


def keys_in(file: Path) -> list[str]:
    database = Database(file)
    try:
        return [key.name for key in KeyStore(database).list()]
    finally:
        database.close()


def test_after_a_restore_the_mirror_is_of_what_was_restored(used: KioskSettings, tmp_path: Path) -> None:
    """One change was made since the backup, and the restore is one too: both have the same number."""
    back_up(used.database, tmp_path / "copy.sqlite")
    database = Database(used.database)
    KeyStore(database).add("Kim", Role.CLERK)
    database.close()
    write_mirror(used.database)
    restore(tmp_path / "copy.sqlite", used.database)

    def ask(client: TestClient) -> None:
        assert client.app.state.kiosk._mirror.keep_up()  # type: ignore[attr-defined]
        assert [key.name for key in client.app.state.kiosk.keys.list()] == ["Mo"]  # type: ignore[attr-defined]
        with sqlite3.connect(mirror_of(used.database)) as connection:
            assert connection.execute("SELECT name FROM staff_keys").fetchall() == [("Mo",)]
        connection.close()

    run(used, ask)


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
