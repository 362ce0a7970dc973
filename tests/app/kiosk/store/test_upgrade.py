"""Databases that are out there open as they are: columns, types, keys and contents stay."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.kiosk.store.database import Database
from app.kiosk.store.export import export_lines
from app.kiosk.store.tables import TABLES
from data.errors import ToyGuideError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE = Path(__file__).with_name("version-3.sql")
"""The tables of version 3 as the first kiosks made them."""


def form(file: Path) -> dict[str, Any]:
    """Every table and index: columns with types, defaults and keys; what points where; what is unique."""
    with closing(sqlite3.connect(file)) as connection:
        asked = "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL"
        found: dict[str, Any] = {}
        for name, kind, sql in connection.execute(asked).fetchall():
            if kind == "table":
                indexes = connection.execute("SELECT * FROM pragma_index_list(?)", (name,)).fetchall()
                found[name] = (
                    connection.execute("SELECT * FROM pragma_table_info(?)", (name,)).fetchall(),
                    connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (name,)).fetchall(),
                    sorted(row[1:] for row in indexes),
                    ["AUTOINCREMENT" in sql, "WITHOUT ROWID" in sql],
                )
            else:
                columns = connection.execute("SELECT * FROM pragma_index_xinfo(?)", (name,)).fetchall()
                found[name] = columns, sql.partition(" WHERE ")[2]
    return found


def test_a_fresh_database_has_the_form_of_those_that_are_out_there(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "before.sqlite")) as connection:
        connection.executescript(BEFORE.read_text(encoding="utf-8"))
    Database(tmp_path / "before.sqlite").close()
    Database(tmp_path / "fresh.sqlite").close()
    assert form(tmp_path / "fresh.sqlite") == form(tmp_path / "before.sqlite")


def test_a_database_that_is_up_to_date_is_opened_without_a_write(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(BEFORE.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO marks VALUES ('kept', x'01')")
        connection.commit()
    Database(file).close()
    before = file.read_bytes()
    Database(file).close()
    assert file.read_bytes() == before


def test_lists_of_before_are_there_and_say_that_their_likings_are_not_known(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(BEFORE.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO answers VALUES (1, 'list', 5, 'm', 's', NULL, 0, 48, NULL, NULL, 'self', 'en')")
        connection.execute("INSERT INTO impressions VALUES (1, 1, 'bear', 0.5, 0.95, 0)")
        connection.commit()
    database = Database(file)
    lines = [line for line in export_lines(database, "north", NOON) if line["type"] == "list"]
    database.close()
    assert [(line["recipient_age"], line["interests"], line["budget"]) for line in lines] == [(48, None, None)]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_goes_by_its_name(name: str) -> None:
    assert TABLES[name].startswith(f"CREATE TABLE IF NOT EXISTS {name} (")


def test_an_upgrade_that_breaks_off_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kiosk.sqlite"
    with closing(sqlite3.connect(file)) as old:
        old.execute("CREATE TABLE events (event_id TEXT NOT NULL PRIMARY KEY, time_ms BIGINT NOT NULL)")
        old.execute("INSERT INTO events VALUES ('kept', 1)")
        old.commit()
    with pytest.raises(ToyGuideError, match="cannot be opened as SQLite: NOT NULL constraint failed"):
        Database(file)
    with closing(sqlite3.connect(file)) as old:
        assert old.execute("SELECT * FROM events").fetchall() == [("kept", 1)]
        assert old.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'audit'").fetchone() == (0,)
        assert old.execute("PRAGMA user_version").fetchone() == (0,)
