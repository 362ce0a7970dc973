"""`train`, `distill`, `bundle build` and `evaluate` from the command line, on what an analyst gets wrong."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.dataset import save_dataset
from data.errors import ToyGuideError
from data.world.simulate import WorldOptions, simulate


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("train") / "dataset"
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=2)), folder)
    return folder


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def teacher(data):
    folder = data.parent / "teacher"
    done = call("train", "--data", data, "--preset", "small", "--epochs", 1, "--out", folder, "--json")
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["kind"] == "teacher"
    assert record["preset"]["epochs"] == 1
    return folder


def test_the_whole_way_by_hand(data, teacher):
    student, bundle = data.parent / "student", data.parent / "bundle"
    done = call("distill", "--data", data, "--teacher", teacher, "--epochs", 1, "--width", 16, "--out", student)
    assert done.exit_code == 0, done.output
    assert "validation NDCG@10" in done.stdout
    done = call("bundle", "build", "--data", data, "--student", student, "--out", bundle, "--json")
    assert done.exit_code == 0, done.output
    assert call("bundle", "verify", bundle).exit_code == 0
    done = call(
        "evaluate", "--data", data, "--recommender", "popularity", "--teacher", teacher, "--bundle", bundle, "--json"
    )
    assert done.exit_code == 0, done.output
    names = {row["recommender"] for row in json.loads(done.stdout)["rows"]}
    assert names == {"popularity", "teacher", "student (ONNX, int8 table)"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "--data", "nowhere", "--out", "{new}"), "nowhere is not a dataset"),
        (("train", "--data", "{data}", "--preset", "huge", "--out", "{new}"), "no preset 'huge'"),
        (("train", "--data", "{data}", "--epochs", "0", "--out", "{new}"), r"'epochs'.*Got 0"),
        (("train", "--data", "{data}", "--out", "{data}"), r"'--out' parameter of train must be a new or empty folder"),
        (("distill", "--data", "{data}", "--teacher", "{data}", "--out", "{new}"), "is not a teacher run"),
        (
            ("distill", "--data", "{data}", "--teacher", "{teacher}", "--alpha", "1.5", "--out", "{new}"),
            r"'alpha' parameter of distil must be a number in \[0, 1\]. Got 1.5",
        ),
        (
            ("distill", "--data", "{data}", "--teacher", "{teacher}", "--temperature", "0", "--out", "{new}"),
            r"'temperature'.*\[0.01, 100\]. Got 0.0",
        ),
        (("distill", "--data", "{data}", "--teacher", "{teacher}", "--width", "7", "--out", "{new}"), "'width'"),
        (("bundle", "build", "--data", "{data}", "--student", "{teacher}", "--out", "{new}"), "field 'kind'"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(data, teacher, tmp_path, words, message):
    new = tmp_path / "new"
    filled = [word.format(data=data, teacher=teacher, new=new) for word in words]
    with pytest.raises(ToyGuideError, match=message):
        CliRunner().invoke(app, filled, catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_with_no_shopper_to_judge_is_refused(tmp_path):
    from data.dataset import Source, build_dataset
    from data.schema import Event, EventKind, Toy

    one = build_dataset([Toy("a", "Ball")], [Event("e", "s", "v", "a", EventKind.PURCHASE)], Source("test", 1))
    save_dataset(one, tmp_path / "one")
    with pytest.raises(ToyGuideError, match=r"needs a shopper with at least 3 .* has is 1"):
        CliRunner().invoke(
            app, ["train", "--data", str(tmp_path / "one"), "--out", str(tmp_path / "new")], catch_exceptions=False
        )
