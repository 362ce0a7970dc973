"""`toyguide kiosk backup` and `restore`, as an owner types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from app.kiosk.store.care import hold
from app.kiosk.store.database import Database
from app.kiosk.store.keys import KeyStore, Role
from data.errors import ToyGuideError


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, ["kiosk", *map(str, words)])
    if isinstance(result.exception, ToyGuideError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def names(file: Path) -> list[str]:
    database = Database(file)
    try:
        return [key.name for key in KeyStore(database).list()]
    finally:
        database.close()


def test_there_and_back(tmp_path: Path) -> None:
    file, copy = tmp_path / "kiosk.sqlite", tmp_path / "copy.sqlite"
    run("key", "add", "Kim", "--database", file)
    made = json.loads(run("backup", "--database", file, "--out", copy, "--json").stdout)
    assert made == {"file": str(copy), "bytes": copy.stat().st_size}
    run("key", "add", "Mo", "--database", file)
    assert names(file) == ["Kim", "Mo"]
    said = run("restore", copy, "--database", file).output
    assert names(file) == ["Kim"]
    aside = next(tmp_path.glob("kiosk.sqlite.replaced-*Z"))
    assert str(aside) in said.replace("\n", "")
    assert names(aside) == ["Kim", "Mo"]


def test_a_restore_waits_for_nobody(tmp_path: Path) -> None:
    database = Database(tmp_path / "kiosk.sqlite")
    KeyStore(database).add("Kim", Role.CLERK)
    run("backup", "--database", database.file, "--out", tmp_path / "copy.sqlite")
    with hold(database.file), pytest.raises(ToyGuideError, match=r"is in use\. Stop the kiosk first"):
        run("restore", tmp_path / "copy.sqlite", "--database", database.file)
    database.close()


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(ToyGuideError, match="There is no database"):
        run("backup", "--database", tmp_path / "none.sqlite", "--out", tmp_path / "copy.sqlite")
    with pytest.raises(ToyGuideError, match="There is no backup"):
        run("restore", tmp_path / "none.sqlite", "--database", tmp_path / "kiosk.sqlite")
    assert not (tmp_path / "kiosk.sqlite").exists()
