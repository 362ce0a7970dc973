"""`toyguide retrain`: what is wrong with what was given is said before anything slow begins."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.cli.retrain import retrain
from data.dataset import save_dataset
from data.errors import ToyGuideError
from data.world.simulate import WorldOptions, simulate
from distillation.retrain import HALF_LIFE, RetrainOptions


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset, and nothing else of a running shop."""
    folder = tmp_path_factory.mktemp("shop")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=30, events=400, seed=2)), folder / "dataset")
    return folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give --data, or --from with a folder"),
        (["--from", "."], "dataset is not a dataset"),
        (["--from", ".", "--publish", "nowhere"], "'--publish' parameter of retrain must be a folder that is there"),
        (["--from", ".", "--key", "k"], "'--key' parameter of retrain must be given together with --publish"),
        (["--from", ".", "--epochs", "0"], "'--epochs' parameter of retrain must be an int in"),
        (["--from", ".", "--rate", "2"], "'--rate' parameter of retrain must be a number in"),
        (["--from", ".", "--half-life", "-1"], "'--half-life' parameter of retrain must be a number in"),
        (["--from", ".", "--largest", "0"], "'--largest' parameter of retrain must be a number in"),
        (["--from", ".", "--since", "soon"], "must be a date or a time|is not a dataset"),
    ],
)
def test_mistakes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["retrain", "--out", "out", "--events", str(folder / "dataset"), *words]
    with pytest.raises(ToyGuideError, match=said):
        CliRunner().invoke(app, command, catch_exceptions=False)
    assert not (tmp_path / "out").exists()


def test_without_a_bundle_there_is_nothing_to_be_better_than(folder: Path, tmp_path: Path) -> None:
    command = ["retrain", "--out", str(tmp_path / "out"), "--events", str(folder / "dataset"), "--from", str(folder)]
    with pytest.raises(ToyGuideError, match="bundle does not exist"):
        CliRunner().invoke(app, command, catch_exceptions=False)


def test_the_command_and_its_stages_agree_on_the_half_life() -> None:
    """The command says its default without importing torch, so it is written in both."""
    stated = inspect.signature(retrain).parameters["half_life"].default
    assert stated == RetrainOptions().half_life == HALF_LIFE
