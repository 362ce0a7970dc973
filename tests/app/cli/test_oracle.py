from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.dataset import Dataset, Source, load_dataset, save_dataset
from data.errors import DataError, ToyGuideError

runner = CliRunner()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "small"
    size = ["--toys", "600", "--shoppers", "900", "--events", "15000"]
    run = runner.invoke(app, ["data", "simulate", "--out", str(folder), *size])
    assert run.exit_code == 0, run.stderr
    return folder


def test_the_world_is_neither_trivial_nor_noise(world: Path) -> None:
    names = ["--recommender", "popularity", "--recommender", "item-knn"]
    run = runner.invoke(app, ["data", "oracle", str(world), *names, "--json"])
    assert run.exit_code == 0, run.stderr
    rows = {row["recommender"]: row for row in json.loads(run.stdout)["rows"]}
    popularity, neighbours, oracle = rows["popularity"], rows["item-kNN"], rows["oracle"]
    assert oracle["regret"] == 0
    assert oracle["chance"] > 2.5 * popularity["chance"]  # not noise
    assert oracle["chance"] > 1.5 * neighbours["chance"]  # not trivial
    assert oracle["chance"] < 0.7
    for row in rows.values():
        # The chance is the recall without the luck of the draw: they agree within what luck can do.
        deviation = (row["chance"] * (1 - row["chance"]) / row["queries"]) ** 0.5
        assert abs(row["recall"] - row["chance"]) < 5 * deviation
        assert row["low"] <= row["regret"] <= row["high"]
        assert row["regret"] == pytest.approx(oracle["chance"] - row["chance"])


def test_the_table_says_what_its_figures_are(world: Path) -> None:
    run = runner.invoke(app, ["data", "oracle", str(world), "--recommender", "popularity", "--queries", "100"])
    assert run.exit_code == 0, run.stderr
    for words in ("true chance@10", "regret@10", "oracle", "popularity"):
        assert words in run.stdout


def test_new_shoppers_are_asked_for_with_the_recipient_alone(world: Path) -> None:
    """Popularity does not look at the query; by age, whom it is for helps; neighbours of nothing find nothing."""
    names = [f"--recommender={name}" for name in ("popularity", "popularity-by-age", "item-knn")]
    chance = {}
    for options in ((), ("--no-history",)):
        run = runner.invoke(app, ["data", "oracle", str(world), *names, *options, "--json"])
        assert run.exit_code == 0, run.stderr
        chance[options] = {row["recommender"]: row["chance"] for row in json.loads(run.stdout)["rows"]}
    known, new = chance.values()
    assert new["popularity"] == pytest.approx(known["popularity"], rel=0.1)
    assert new["popularity by age"] > new["popularity"]
    assert new["item-kNN"] < 0.5 * known["item-kNN"]
    assert new["oracle"] == known["oracle"]


def test_only_a_world_has_a_truth(world: Path, tmp_path: Path) -> None:
    dataset = load_dataset(world)
    save_dataset(Dataset(dataset.toys, dataset.events, Source("table", 1)), tmp_path / "shop")
    with pytest.raises(DataError, match="Only a dataset of 'toyguide data simulate'"):
        runner.invoke(app, ["data", "oracle", str(tmp_path / "shop")], catch_exceptions=False)


def test_a_world_that_was_changed_is_refused(world: Path, tmp_path: Path) -> None:
    dataset = load_dataset(world)
    save_dataset(Dataset(dataset.toys, dataset.events.slice(1), dataset.source), tmp_path / "cut")
    with pytest.raises(DataError, match="another version"):
        runner.invoke(app, ["data", "oracle", str(tmp_path / "cut")], catch_exceptions=False)


def test_more_queries_than_memory_holds_are_refused(world: Path) -> None:
    with pytest.raises(ToyGuideError, match=r"'--queries' parameter of data oracle must be an int in \[1, 447392\]"):
        runner.invoke(app, ["data", "oracle", str(world), "--queries", "1000000"], catch_exceptions=False)
