from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.folders import SHEET as NAME
from app.cli.main import app
from data.dataset import load_dataset
from data.errors import ToyGuideError
from data.sheet import SHEET

runner = CliRunner()
SIZE = ["--toys", "100", "--shoppers", "50", "--events", "500"]


def run(*words: str) -> str:
    found = runner.invoke(app, ["data", *words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_a_licence_is_stated_and_the_sheet_says_it(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("simulate", "--out", str(shop), *SIZE)
    record = json.loads((shop / "dataset.json").read_text())
    assert "licence" not in record["source"], "an older toyguide would not read it"
    assert "use it and share it as you like" in run("sheet", str(shop))
    run("licence", str(shop), "CC BY 4.0, the Toy Shop")
    assert load_dataset(shop).digest == record["digest"]
    assert "As stated by whoever imported it: CC BY 4.0, the Toy Shop" in run("sheet", str(shop))
    run("licence", str(shop), "CC0")
    assert load_dataset(shop).source.licence == "CC0"
    with pytest.raises(
        ToyGuideError, match=r"'TEXT' parameter of data licence must be one line .* Got 'a\\nb' instead"
    ):
        run("licence", str(shop), "a\nb")
    with pytest.raises(ToyGuideError, match="is not a dataset"):
        run("licence", str(tmp_path / "nowhere"), "CC0")


def test_a_sheet_may_lie_in_the_dataset_and_goes_with_it(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("simulate", "--out", str(shop), *SIZE)
    assert NAME == SHEET
    run("sheet", str(shop), "--out", str(shop / SHEET))
    assert (shop / SHEET).read_text(encoding="utf-8") == run("sheet", str(shop))
    run("simulate", "--out", str(shop), *SIZE)
    assert not (shop / SHEET).exists()
    with pytest.raises(ToyGuideError, match="'--out' parameter of data sheet must be a file"):
        run("sheet", str(shop), "--out", str(tmp_path))


def test_a_licence_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("simulate", "--out", str(shop), *SIZE)
    record = json.loads((shop / "dataset.json").read_text())
    record["source"]["licence"] = ["CC0"]
    (shop / "dataset.json").write_text(json.dumps(record))
    with pytest.raises(ToyGuideError, match=r"dataset\.json cannot be read as a dataset record: 'licence' must be"):
        run("sheet", str(shop))
