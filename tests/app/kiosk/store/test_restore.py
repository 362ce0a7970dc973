"""A backup, and the way back: what was recalled since stays recalled, and what was acknowledged is kept."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings
from app.kiosk.store.audit import changes
from app.kiosk.store.care import restore
from app.kiosk.store.copies import back_up, mirror_of, write_mirror
from app.kiosk.store.database import Database
from app.kiosk.store.house import Recall
from app.kiosk.store.keys import KeyStore, Role
from data.errors import ToyGuideError
from tests.app.kiosk.store.conftest import a_page_of_recalls, killed_once_kept, run, shown


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
