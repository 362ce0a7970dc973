"""A file that a command writes never costs what it reads, nor a part of a folder of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.console import Exit
from app.cli.folders import SHEET, check_file
from data.dataset import Source, build_dataset, load_dataset, save_dataset
from data.errors import ToyGuideError
from data.schema import Toy
from tests.app.cli.conftest import Run

GOLDEN = Path(__file__).parents[2] / "data" / "importers" / "golden" / "table" / "toys.csv"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    save_dataset(build_dataset([Toy("bear", "Bear")], [], Source("test", seed=1)), tmp_path / "shop")
    return tmp_path / "shop"


@pytest.mark.parametrize(
    "words",
    [
        ("data", "sheet", "shop", "--out"),
        ("data", "stats", "shop", "--html"),
        ("data", "import", "table", str(GOLDEN), "--map", "toy_id=sku,title=name", "--out", "new", "--report"),
        ("data", "import", "table", str(GOLDEN), "--map", "toy_id=sku,title=name", "--out", "new", "--save-map"),
        ("data", "import", "amazon", str(GOLDEN), "--out", "new", "--report"),
        ("data", "import", "recbole", str(GOLDEN), "--out", "new", "--report"),
        ("data", "import", "kiosk", str(GOLDEN), "--toys", "shop", "--out", "new", "--shown"),
        ("evaluate", "--data", "shop", "--lists"),
        ("score", "--bundle", "none", "--data", "shop", "--out"),
    ],
    ids=lambda words: f"{' '.join(words[:3])} {words[-1]}",
)
def test_no_command_writes_over_a_part_of_a_dataset(
    toyguide: Run, shop: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(shop.parent)
    before = load_dataset(shop).digest
    code, out, said = toyguide(*words, "shop/toys.parquet")
    assert (code, out) == (Exit.MISTAKE, "")
    must_be = "must be no part of the dataset in shop. Got 'shop/toys.parquet' instead."
    assert f"The '{words[-1]}' parameter of" in said
    assert must_be in " ".join(said.split())
    assert load_dataset(shop).digest == before
    assert [entry.name for entry in shop.parent.iterdir()] == ["shop"]


def test_a_file_that_is_read_is_not_written(toyguide: Run, tmp_path: Path) -> None:
    toys = tmp_path / "toys.csv"
    toys.write_text("toy_id,title\nbear,Bear\n")
    code, _, said = toyguide("data", "import", "table", toys, "--out", tmp_path / "d", "--save-map", toys)
    assert code == Exit.MISTAKE
    assert "The '--save-map' parameter of data import table must be another file than those that are read" in said
    assert toys.read_text() == "toy_id,title\nbear,Bear\n"
    assert not (tmp_path / "d").exists()


def test_a_sheet_may_be_written_anew_in_a_dataset_and_not_in_a_bundle(shop: Path, tmp_path: Path) -> None:
    check_file(shop / SHEET, "data sheet")
    check_file(shop / "notes.md", "data sheet")
    manifest = f'{{"format": 1, "model": "m", "student": {{}}, "files": {{"{SHEET}": {{}}}}}}'
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(ToyGuideError, match="must be no part of the bundle in"):
        check_file(tmp_path / SHEET, "data sheet")
