"""`train`, `distill`, `bundle build` and `evaluate` from the command line, on what an analyst gets wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from data.dataset import save_dataset
from data.errors import ToyGuideError
from data.world.simulate import WorldOptions, simulate
from recommender.learning.checkpoint import INTERRUPTED

TEMPORAL = ("--protocol", "temporal", "--validation-cut", "2025-01-01", "--cut", "2025-06-01")


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


def test_every_epoch_is_told_to_tensorboard(data, tmp_path):
    from tensorboardX.proto.event_pb2 import Event

    words = ("--preset", "small", "--epochs", 2, "--out", tmp_path / "t", "--tensorboard", tmp_path / "logs")
    done = call("train", "--data", data, *words, "--json")
    assert done.exit_code == 0, done.output
    epochs = json.loads(done.stdout)["epochs"]
    (file,) = (tmp_path / "logs").iterdir()
    content, values, at = file.read_bytes(), {}, 0
    while at < len(content):  # a record: its length in 8 bytes, 4 of checksum, the event, 4 of checksum
        size = int.from_bytes(content[at : at + 8], "little")
        event = Event.FromString(content[at + 12 : at + 12 + size])
        values |= {(value.tag, event.step): value.simple_value for value in event.summary.value}
        at += 16 + size
    for epoch in epochs:
        assert values["choose/loss", epoch["number"]] == pytest.approx(epoch["loss"])
        assert values["choose/ndcg_10", epoch["number"]] == pytest.approx(epoch["metric"])


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


def test_every_option_of_distill_reaches_the_student(data, teacher, tmp_path):
    learning = {
        "alpha": 0.2, "temperature": 0.5, "top": 8, "own": 4, "outside": "shopper", "dreams": 1, "start": False,
        "epochs": 2, "rate": 0.002, "average": 0.5, "patience": 1, "finish": 2, "seed": 3,
        "half_life": 45.0,
    }  # fmt: skip
    shape = {"family": "pooling", "width": 16, "bits": 4, "dropout": 0.4}
    beside = {"near": 2}
    words = [
        word
        for name, value in (learning | shape | beside).items()
        for word in (("--no-start",) if value is False else (f"--{name.replace('_', '-')}", value))
    ]
    done = call("distill", "--data", data, "--teacher", teacher, *words, "--out", tmp_path / "student", "--json")
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    wanted = {"learning_rate" if name == "rate" else name: value for name, value in learning.items()}
    assert {name: record["distillation"][name] for name in wanted} == wanted
    assert record["distillation"].keys() - wanted.keys() == {"targets_per_batch"}
    assert {name: record["student"][name] for name in shape} == shape
    assert record["near"]["count"] == beside["near"]


@pytest.fixture(scope="module")
def temporal_teacher(data):
    folder = data.parent / "temporal"
    done = call("train", "--data", data, "--preset", "small", "--epochs", 2, "--out", folder, *TEMPORAL, "--json")
    assert done.exit_code == 0, done.output
    split = json.loads(done.stdout)["dataset"]["split"]
    assert split == {
        "protocol": "temporal", "order": "hashed", "validation_cut": "2025-01-01", "cut": "2025-06-01",
    }  # fmt: skip
    assert not folder.with_name("temporal.unfinished").exists()
    return folder


def test_a_teacher_is_judged_from_the_cut_on(data, temporal_teacher):
    done = call("evaluate", "--data", data, "--recommender", "popularity", "--teacher", temporal_teacher, *TEMPORAL)
    assert done.exit_code == 0, done.output
    assert "temporal 2025-06-01, test part, hashed order" in " ".join(done.stdout.split())
    assert "teacher" in done.stdout


def test_what_was_learned_is_never_judged(data, teacher, temporal_teacher, monkeypatch):
    """A recommender that learned the targets would shine; each way to come to that is refused, before any is judged."""
    monkeypatch.setattr("recommender.baselines.registry.fit_baseline", lambda *_: pytest.fail("one was fitted"))
    other = data.with_name("other")
    save_dataset(simulate(WorldOptions(toys=80, shoppers=60, events=900, seed=3)), other)
    judge_teacher = ["evaluate", "--data", str(data), "--recommender", "popularity", "--teacher"]
    for folder, options, message in (
        (teacher, TEMPORAL, "another part held out .protocol leave-one-out, order hashed. than is judged here"),
        (temporal_teacher, (), "another part held out"),
        (temporal_teacher, (*TEMPORAL[:-1], "2025-05-31"), "cut 2025-05-31"),
        (temporal_teacher, (*TEMPORAL, "--part", "validation"), "learned its validation part in the end"),
        (teacher, ("--order", "given"), "order hashed. than is judged here .protocol leave-one-out, order given"),
        (teacher, ("--data", str(other)), "teacher was trained on dataset"),
        (data, (), "dataset is not a teacher run: it has no run.json"),
    ):
        with pytest.raises(ToyGuideError, match=message):
            CliRunner().invoke(app, [*judge_teacher, str(folder), *options], catch_exceptions=False)


KILLED = """
import os, signal
from app.cli.main import main
from recommender.learning.checkpoint import Checkpoint

save = Checkpoint.save

def save_and_die(*given):
    save(*given)
    os.kill(os.getpid(), signal.SIGKILL)

Checkpoint.save = save_and_die
main()
"""
"""`toyguide` that is killed after the first epoch that it keeps: by itself, so that it is never over before."""


def test_a_killed_training_goes_on_to_the_same_teacher(data, tmp_path):
    """kill −9 after an epoch, for real; the command given again ends with the weights of one that was not killed."""
    words = ["train", "--data", str(data), "--preset", "small", "--epochs", "6", "--out"]

    def run(program, name):
        command = [sys.executable, *program, *words, str(tmp_path / name)]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    done = run(["-c", KILLED], "killed")
    assert done.returncode == -signal.SIGKILL, done.stderr
    unfinished = tmp_path / "killed.unfinished"
    kept = json.loads((unfinished / "choose" / "checkpoint.json").read_text())
    assert len(kept["epochs"]) == 1
    assert not (tmp_path / "killed").exists()
    for name in ("killed", "whole"):
        done = run(["-m", "app.cli"], name)
        assert done.returncode == 0, done.stderr
    killed, whole = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("killed", "whole"))
    assert killed["digest"] == whole["digest"]
    assert [epoch["loss"] for epoch in killed["epochs"]] == [epoch["loss"] for epoch in whole["epochs"]]
    assert (killed["spent"]["left_out"], whole["spent"]["left_out"]) == ([INTERRUPTED], []), "it went on"
    assert not unfinished.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "--data", "{data}", "--out", "{new}", "--cut", "2025-01-01"), "belongs to the temporal protocol"),
        (("distill", "--data", "{data}", "--teacher", "{temporal}", "--out", "{new}"), "it must be leave-one-out"),
        (("train", "--data", "nowhere", "--out", "{new}"), "nowhere is not a dataset"),
        (("train", "--data", "{data}", "--preset", "huge", "--out", "{new}"), "no preset 'huge'"),
        (("train", "--data", "{data}", "--epochs", "0", "--out", "{new}"), r"'epochs'.*Got 0"),
        (("train", "--data", "{data}", "--half-life", "-1", "--out", "{new}"), r"'half_life'.*Got -1"),
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
        (
            ("distill", "--data", "{data}", "--teacher", "{teacher}", "--half-life", "nan", "--out", "{new}"),
            r"'half_life'.*Got nan",
        ),
        (
            ("distill", "--data", "{data}", "--teacher", "{teacher}", "--rate", "0", "--out", "{new}"),
            r"'learning_rate' parameter of distil must be a number in \(0, 1\]. Got 0.0",
        ),
        (
            ("distill", "--data", "{data}", "--teacher", "{teacher}", "--average", "1", "--out", "{new}"),
            r"'average' parameter of distil must be a number in \[0, 1\). Got 1.0",
        ),
        (("bundle", "build", "--data", "{data}", "--student", "{teacher}", "--out", "{new}"), "field 'kind'"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(data, teacher, temporal_teacher, tmp_path, words, message):
    new = tmp_path / "new"
    filled = [word.format(data=data, teacher=teacher, temporal=temporal_teacher, new=new) for word in words]
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
