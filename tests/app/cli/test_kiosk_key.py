"""`toyguide kiosk key`: made once, listed without the key, removed at once."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.kiosk_key import RoleName
from app.cli.main import app
from app.kiosk.store.database import Database
from app.kiosk.store.keys import KeyStore, Role
from data.errors import ToyGuideError


def run(*words: str, file: Path):
    return CliRunner().invoke(app, ["kiosk", "key", *words, "--database", str(file)])


def test_a_key_from_its_making_to_its_end(tmp_path: Path):
    file = tmp_path / "kiosk.sqlite"
    made = run("add", "Kim", file=file)
    assert made.exit_code == 0
    key = made.stdout.strip()
    run("add", "Mo", "--role", "manager", file=file)
    database = Database(file)
    try:
        found = KeyStore(database).find(key)
        assert found is not None
        assert (found.name, found.role) == ("Kim", Role.CLERK)
        listed = run("list", "--json", file=file)
        assert [(each["name"], each["role"]) for each in json.loads(listed.stdout)] == [
            ("Kim", "clerk"),
            ("Mo", "manager"),
        ]
        assert key not in listed.output
        assert "Mo  manager" in run("list", file=file).stdout
        run("add", "Sam", "--days", "7", file=file)
        assert "  until 20" in run("list", file=file).stdout
        assert run("remove", "Kim", file=file).exit_code == 0
        assert KeyStore(database).find(key) is None
    finally:
        database.close()


def test_the_command_line_knows_every_role():
    assert [role.name for role in RoleName] == [role.name for role in Role]


def test_mistakes_are_sentences(tmp_path: Path):
    file = tmp_path / "kiosk.sqlite"
    run("add", "Kim", file=file)
    for words, said in (
        (("add", "Kim"), "There is a staff key called 'Kim' already"),
        (("remove", "Ada"), "There is no staff key called 'Ada'"),
        (("add", " "), "The 'name' parameter of a staff key must be"),
        (("add", "Ada", "--days", "0"), r"The 'days' parameter of a staff key must be an int in \[1, 3650\]. Got 0"),
    ):
        with pytest.raises(ToyGuideError, match=said):
            raise run(*words, file=file).exception


def test_an_option_in_the_wrong_place_is_not_passed_over(tmp_path: Path):
    result = CliRunner().invoke(app, ["kiosk", "--database", str(tmp_path / "a"), "key", "list"])
    assert isinstance(result.exception, ToyGuideError)
    assert str(result.exception).startswith("--database must come after the words 'kiosk key …'")
    assert not (tmp_path / "a").exists()
