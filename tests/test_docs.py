"""The documentation says what the code does: every command, option, setting, exit code and link."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer.main
from pydantic_settings import BaseSettings

from app.cli.console import Exit
from app.cli.main import app
from app.kiosk.settings import KioskSettings
from app.shop.settings import ShopSettings

ROOT = Path(__file__).parent.parent
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PAGES = [*READMES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def leaves():
    """(words of a command, its click object) for every verb."""

    def walk(command, words):
        for name, child in getattr(command, "commands", {}).items():
            if getattr(child, "commands", None):
                if child.invoke_without_command:
                    yield (*words, name), child
                yield from walk(child, (*words, name))
            else:
                yield (*words, name), child

    yield from walk(typer.main.get_command(app), ())


@pytest.mark.parametrize(
    ("words", "command"), list(leaves()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_is_documented(words, command):
    heading = f"## toyguide {' '.join(words)}\n"
    assert heading in COMMANDS
    section = COMMANDS.split(heading, 1)[1].split("\n## ", 1)[0]
    for parameter in command.params:
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name in ("--help", "-h"):
                continue
            shown = name if name.startswith("-") else name.upper()
            assert f"`{shown}" in section or f"/{shown}`" in section, f"{shown} of {' '.join(words)}"


def test_no_command_is_documented_that_is_not_there():
    known = {" ".join(words) for words, _ in leaves()}
    assert set(re.findall(r"^## toyguide (.+)$", COMMANDS, re.MULTILINE)) == known


def test_every_exit_code_is_documented():
    for code in Exit:
        assert re.search(rf"^\| {code.value} \|", COMMANDS, re.MULTILINE), code


@pytest.mark.parametrize(("face", "settings"), [("kiosk", KioskSettings), ("shop", ShopSettings)])
def test_the_example_settings_file_holds_every_key_with_its_default(face: str, settings: type[BaseSettings]):
    example = (ROOT / "docs" / "toyguide.example.toml").read_text(encoding="utf-8")
    table = tomllib.loads(re.sub(r"^# (?=[a-z_]+ = )", "", example, flags=re.MULTILINE))[face]
    defaults = {name: field.default for name, field in settings.model_fields.items()}
    for name in [
        name for name, value in defaults.items() if value is None
    ]:  # TOML has no null: an example stands there
        assert table.pop(name)
        assert defaults.pop(name) is None
    assert table == {name: str(value) if isinstance(value, Path) else value for name, value in defaults.items()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.name)
def test_the_readme_names_only_commands_and_options_that_exist(readme):
    known = dict(leaves())
    found = 0
    for block in re.findall(r"```(?:bash|sh)\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            match = re.search(r"\btoyguide ((?:[a-z-]+ ?)+)(.*)", line.split("#")[0])
            if not match:
                continue
            words = tuple(match[1].split())
            command = next((known[words[:n]] for n in range(len(words), 0, -1) if words[:n] in known), None)
            assert command is not None, line
            options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
            assert set(re.findall(r"(?<!\S)(--[a-z-]+)", match[2])) <= options, line
            found += 1
    assert found >= 7


@pytest.mark.parametrize(
    ("words", "command"), list(leaves()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_no_word_of_a_help_text_is_taken_for_markup(words, command):
    for parameter in command.params:
        said = getattr(parameter, "help", None) or ""
        assert "[" not in said, f"{parameter.name} of {' '.join(words)}: what stands in brackets is not shown"


def test_each_decision_has_a_number_of_its_own() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [int(file.name[:4]) for file in files]
    assert numbers == list(range(1, len(files) + 1))
    for number, file in zip(numbers, files, strict=True):
        assert file.read_text(encoding="utf-8").startswith(f"# {number}. ")
