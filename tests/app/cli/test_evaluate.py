"""`toyguide evaluate`: whom it compares with whom, and what it says of each number."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from data.dataset import build_dataset, load_dataset, save_dataset
from data.errors import ToyGuideError
from data.world.simulate import WorldOptions, simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset and a teacher, twice."""
    folder = tmp_path_factory.mktemp("evaluate")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=2)), folder / "dataset")
    words = ["train", "--data", str(folder / "dataset"), "--preset", "small", "--epochs", "1"]
    done = CliRunner().invoke(app, [*words, "--out", str(folder / "teacher")])
    assert done.exit_code == 0, done.output
    shutil.copytree(folder / "teacher", folder / "twin")
    return folder


def evaluate(folder: Path, *words: object) -> Result:
    command = ["evaluate", "--data", str(folder / "dataset"), *map(str, words)]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def pairs(folder: Path, *words: object) -> list[tuple[str, str]]:
    done = evaluate(folder, *words, "--json")
    assert done.exit_code == 0, done.output
    return [(pair["first"], pair["second"]) for pair in json.loads(done.stdout)["paired"]]


TWO = ("--recommender", "popularity", "--recommender", "item-knn")


def test_without_a_name_the_best_is_compared_with_every_other(folder: Path) -> None:
    done = evaluate(folder, "--recommender", "rules", *TWO, "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    figures = {row["recommender"]: row["metrics"]["ndcg@10"] for row in found["rows"] if row["slice"] == "all"}
    best = max(figures, key=lambda name: figures[name])
    assert [pair["first"] for pair in found["paired"]] == [best, best]
    assert {pair["second"] for pair in found["paired"]} == figures.keys() - {best}


def test_every_other_is_compared_with_the_one_that_is_named(folder: Path) -> None:
    model = ("--teacher", folder / "teacher")
    assert pairs(folder, *TWO, *model, "--against", "teacher") == [("popularity", "teacher"), ("item-kNN", "teacher")]
    expected = [("popularity", "item-kNN"), ("teacher", "item-kNN")]
    assert pairs(folder, *TWO, *model, "--against", "item-knn") == expected
    assert pairs(folder, *TWO, *model, "--against", "item-kNN") == expected  # as the table calls it


def test_the_difference_is_that_of_the_figures(folder: Path) -> None:
    found = json.loads(evaluate(folder, *TWO, "--against", "popularity", "--json").stdout)
    figures = {row["recommender"]: row["metrics"]["ndcg@10"] for row in found["rows"] if row["slice"] == "all"}
    (pair,) = found["paired"]
    assert pair["difference"] == pytest.approx(figures["item-kNN"] - figures["popularity"])
    assert pair["low"] <= pair["difference"] <= pair["high"]
    printed = evaluate(folder, *TWO, "--against", "popularity").stdout
    assert f"item-kNN − popularity: ndcg@10 {pair['difference']:+.4f}" in printed


def test_of_several_of_a_kind_the_folder_says_which(folder: Path) -> None:
    models = ("--teacher", folder / "teacher", "--teacher", folder / "twin", "--recommender", "popularity")
    named = f"teacher {folder / 'twin'}"
    assert pairs(folder, *models, "--against", named) == [
        ("popularity", named),
        (f"teacher {folder / 'teacher'}", named),
    ]
    with pytest.raises(ToyGuideError) as refused:
        evaluate(folder, *models, "--against", "teacher")
    assert str(refused.value) == (
        f"The '--against' parameter of evaluate must be one of popularity, teacher {folder / 'teacher'}, {named}. "
        "Got 'teacher' instead."
    )


def test_who_is_not_judged_cannot_be_named(folder: Path) -> None:
    """Said before anything is read: the dataset need not even be there."""
    for name in ("rules", "", "popularity,item-knn"):
        with pytest.raises(ToyGuideError, match=r"'--against' .* one of popularity, item-knn\. Got"):
            evaluate(folder, *TWO, "--against", name, "--data", folder / "nowhere")


def test_one_alone_is_compared_with_nobody(folder: Path) -> None:
    assert pairs(folder, "--recommender", "popularity", "--against", "popularity") == []


def test_each_number_says_what_was_in_the_query(folder: Path) -> None:
    words = "all before the target, the validation toy too"
    found = json.loads(evaluate(folder, *TWO, "--json").stdout)
    assert found["query"] == words
    assert {row["query"] for row in found["rows"]} == {words}
    assert f"toys of the query masked, query: {words}" in " ".join(evaluate(folder, *TWO).stdout.split())


def test_ids_that_lists_cannot_hold_are_told_before_judging(folder: Path, tmp_path: Path) -> None:
    shop = load_dataset(folder / "dataset")
    first = shop.index.ids[0]
    renamed = [replace(toy, id="toy 1" if toy.id == first else toy.id) for toy in shop.toy_rows()]
    events = shop.events.to_pandas()
    events["toy_id"] = events["toy_id"].replace(first, "toy 1")
    table = pa.Table.from_pandas(events, schema=shop.events.schema, preserve_index=False)
    save_dataset(build_dataset(renamed, table, shop.source), tmp_path / "spaced")
    words = ("--data", tmp_path / "spaced", "--lists", tmp_path / "lists.txt")
    with pytest.raises(ToyGuideError, match=r"the id of toy 'toy 1' itself holds white space"):
        evaluate(folder, *TWO, *words)
    assert not list(tmp_path.glob("lists*"))
