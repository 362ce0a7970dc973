from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.errors import ToyGuideError

runner = CliRunner()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stats") / "world"
    size = ["--toys", "200", "--shoppers", "100", "--events", "1500"]
    assert runner.invoke(app, ["data", "simulate", "--out", str(folder), *size]).exit_code == 0
    return folder


def test_table_json_and_page_say_the_same(world: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    run = runner.invoke(app, ["data", "stats", str(world), "--json", "--html", str(page)])
    assert run.exit_code == 0, run.stderr
    said = json.loads(run.stdout)
    assert (said["toys"], said["shoppers"]) == (200, 100)
    assert sum(said["kinds"].values()) == said["events"]
    assert f"{said['events']:,}" in page.read_text(encoding="utf-8")
    table = runner.invoke(app, ["data", "stats", str(world)]).stdout
    assert f"{said['events']:,}" in table
    assert "recipient_id" in table
    assert said["digest"] in table


def test_mistakes_are_told_in_words(world: Path, tmp_path: Path) -> None:
    with pytest.raises(ToyGuideError, match="'--html' parameter of data stats must be a file"):
        runner.invoke(app, ["data", "stats", str(world), "--html", str(tmp_path)], catch_exceptions=False)
    with pytest.raises(ToyGuideError, match="is not a dataset"):
        runner.invoke(app, ["data", "stats", str(tmp_path)], catch_exceptions=False)
