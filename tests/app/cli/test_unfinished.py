"""A folder of checkpoints that belongs to another training: refused before anything is learned, and left as it is."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.dataset import Dataset, load_dataset, save_dataset
from data.errors import ToyGuideError
from data.protocol import Protocol, plan_split, split_dataset
from data.world.simulate import WorldOptions, simulate
from distillation.distill import DistilOptions
from distillation.student import StudentConfig
from distillation.teach import teach
from recommender.learning.checkpoint import unfinished_of
from recommender.learning.presets import load_preset
from recommender.learning.teacher import train_teacher


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("unfinished") / "dataset"
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=2)), folder)
    return load_dataset(folder)


@pytest.fixture(scope="module")
def folder(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset, another one, and what a training of the first left that ended before its teacher was kept."""
    folder = tmp_path_factory.mktemp("refused")
    save_dataset(dataset, folder / "dataset")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=3)), folder / "other")
    plan = plan_split(dataset)
    preset = load_preset("small", epochs=1, seed=0)
    train_teacher(dataset, split_dataset(dataset, plan), plan, preset, None, unfinished_of(folder / "new"))
    return folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data", "other", "--epochs", "1"), r"dataset digest [0-9a-f]{12} → [0-9a-f]{12}"),
        (("--data", "dataset", "--epochs", "1", "--seed", "5"), r"\(preset seed 0 → 5\)"),
        (("--data", "dataset", "--epochs", "2"), r"\(preset epochs 1 → 2\)"),
        (("--data", "dataset", "--epochs", "1", "--order", "given"), r"\(dataset split order hashed → given\)"),
    ],
)
def test_another_training_does_not_overwrite_it(folder: Path, words: tuple[str, ...], said: str) -> None:
    kept = unfinished_of(folder / "new")
    before = {file: file.read_bytes() for file in kept.rglob("*.*")}
    command = ["train", "--preset", "small", "--out", str(folder / "new"), "--data", str(folder / words[1]), *words[2:]]
    with pytest.raises(ToyGuideError, match=said) as refused:
        CliRunner().invoke(app, command, catch_exceptions=False)
    assert str(refused.value).startswith(f"{kept / 'choose'} holds the checkpoint of another training")
    assert not (folder / "new").exists()
    assert {file: file.read_bytes() for file in kept.rglob("*.*")} == before


def test_a_refit_of_another_training_is_refused_before_the_first_model_is_trained(
    folder: Path, dataset: Dataset, tmp_path: Path
) -> None:
    """It would be looked at last, after hours."""
    cuts = (date(2025, 6, 1), date(2025, 1, 1))
    plan = plan_split(dataset, Protocol.TEMPORAL, None, *cuts)
    shutil.copytree(unfinished_of(folder / "new") / "choose", tmp_path / "unfinished" / "refit")
    with pytest.raises(ToyGuideError, match=r"refit holds .*dataset split protocol leave-one-out → temporal"):
        train_teacher(dataset, split_dataset(dataset, plan), plan, load_preset("small"), None, tmp_path / "unfinished")
    assert not (tmp_path / "unfinished" / "choose").exists()


def test_a_round_of_the_bench_is_not_begun_over_another_training(folder: Path) -> None:
    """`bench teacher` takes over what is done; what is half done with other options it must not take, nor replace."""
    out = folder / "bench"
    shutil.copytree(unfinished_of(folder / "new"), unfinished_of(out / "round-0" / "small"))
    words = ["bench", "teacher", "--data", str(folder / "dataset"), "--preset", "small", "--rounds", "1"]
    with pytest.raises(ToyGuideError, match=r"small\.unfinished/choose holds .*preset epochs 1 → 12"):
        CliRunner().invoke(app, [*words, "--out", str(out)], catch_exceptions=False)


def test_the_same_training_goes_on_from_it(folder: Path) -> None:
    """The one epoch is done: nothing is left but to keep the teacher, and then the checkpoints go."""
    out = folder / "again"
    shutil.copytree(unfinished_of(folder / "new"), unfinished_of(out))
    record = json.loads((unfinished_of(out) / "choose" / "checkpoint.json").read_text())
    words = ["train", "--preset", "small", "--epochs", "1", "--data", str(folder / "dataset"), "--out", str(out)]
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["epochs"] == record["epochs"]
    assert not unfinished_of(out).exists()


def test_a_distillation_goes_on_in_the_same_way(folder: Path, dataset: Dataset) -> None:
    out, plan = folder / "student", plan_split(dataset)
    options = DistilOptions(alpha=1.0, start=False, epochs=1, finish=1)
    taught = teach(
        dataset, split_dataset(dataset, plan), plan, None, StudentConfig(), options, unfinished=unfinished_of(out)
    )
    words = ["distill", "--data", str(folder / "dataset"), "--out", str(out), "--alpha", "1", "--no-start"]
    with pytest.raises(ToyGuideError, match=r"student\.unfinished/learn holds .*distillation epochs 1 → 2"):
        CliRunner().invoke(app, [*words, "--epochs", "2"], catch_exceptions=False)
    done = CliRunner().invoke(app, [*words, "--epochs", "1", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["epochs"] == taught[2]["epochs"]
    assert not unfinished_of(out).exists()
