from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.cli.folders import SHEET as NAME
from data.dataset import load_dataset, save_dataset
from data.sheet import SHEET
from data.world.simulate import WorldOptions, simulate
from tests.app.cli.conftest import Run


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sheet") / "world"
    save_dataset(simulate(WorldOptions(toys=60, shoppers=30, events=300)), folder)
    return folder


@pytest.fixture
def shop(world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world, tmp_path / "shop"))


def test_a_licence_is_stated_and_the_sheet_says_it(toyguide: Run, shop: Path) -> None:
    record = json.loads((shop / "dataset.json").read_text(encoding="utf-8"))
    assert "licence" not in record["source"], "an older toyguide would not read it"
    assert "use it and share it as you like" in toyguide("data", "sheet", shop)[1]
    assert toyguide("data", "licence", shop, "CC BY 4.0, the Toy Shop")[0] == 0
    assert load_dataset(shop).digest == record["digest"]
    code, sheet, _ = toyguide("data", "sheet", shop)
    assert code == 0
    assert "As stated by whoever imported it: CC BY 4.0, the Toy Shop" in sheet
    assert toyguide("data", "licence", shop, "CC0")[1] == f"{shop} states: CC0\n"
    assert load_dataset(shop).source.licence == "CC0"


@pytest.mark.parametrize(("text", "got"), [("a\nb", r"'a\nb'"), (" ", "' '"), ("x" * 301, "'xxx")])
def test_a_licence_is_one_line(toyguide: Run, world: Path, text: str, got: str) -> None:
    before = (world / "dataset.json").read_bytes()
    code, _, said = toyguide("data", "licence", world, text)
    assert code == 2
    assert f"The 'TEXT' parameter of data licence must be one line of 1 to 300 characters. Got {got}" in said
    assert (world / "dataset.json").read_bytes() == before


def test_what_is_no_dataset_is_one_sentence(toyguide: Run, shop: Path) -> None:
    for words in (("sheet", shop.parent), ("licence", shop.parent, "CC0")):
        code, _, said = toyguide("data", *words)
        assert code == 2
        assert "is not a dataset" in said
    record = json.loads((shop / "dataset.json").read_text(encoding="utf-8"))
    record["source"]["licence"] = ["CC0"]
    (shop / "dataset.json").write_text(json.dumps(record), encoding="utf-8")
    code, _, said = toyguide("data", "sheet", shop)
    assert code == 2
    assert "dataset.json cannot be read as a dataset record: 'licence' must be one line" in said


def test_a_sheet_may_lie_in_the_dataset_and_goes_with_it(toyguide: Run, shop: Path) -> None:
    assert NAME == SHEET
    assert toyguide("data", "sheet", shop, "--out", shop / SHEET)[0] == 0
    assert (shop / SHEET).read_text(encoding="utf-8") == toyguide("data", "sheet", shop)[1]
    size = ("--toys", 60, "--shoppers", 30, "--events", 300)
    assert toyguide("data", "simulate", "--out", shop, *size)[0] == 0
    assert not (shop / SHEET).exists()
    code, _, said = toyguide("data", "sheet", shop, "--out", shop)
    assert code == 2
    assert "The '--out' parameter of data sheet must be a file" in said
