"""Teacher and student on a small simulated shop: they learn, they are kept, they are the same again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from data.errors import ToyGuideError
from data.protocol import plan_split
from data.schema import KIND_CODES, EventKind
from data.world.simulate import WorldOptions, simulate
from distillation.distill import load_student, save_student
from distillation.teach import teach
from recommender.base import batch_holdout
from recommender.baselines.registry import fit_baseline
from recommender.learning.runs import WEIGHTS
from recommender.learning.teacher import load_teacher, save_teacher, train_teacher
from recommender.learning.tower_recommender import validation_ndcg
from recommender.records import RECORD
from tests.distillation.conftest import CONFIG, OPTIONS, PRESET


def test_teacher_and_student_find_more_than_popularity_does(way):
    popular = validation_ndcg(fit_baseline("popularity", way.dataset, way.split.train), way.split.validation)
    assert validation_ndcg(way.teacher, way.split.validation) > 1.2 * popular
    assert validation_ndcg(way.student, way.split.validation) > 1.2 * popular


def test_the_epoch_kept_is_the_best_on_validation(way):
    for record in (way.teacher_record, way.student_record):
        assert record["validation_ndcg_10"] == max(epoch["metric"] for epoch in record["epochs"])
        assert record["epochs"][record["best_epoch"] - 1]["metric"] == record["validation_ndcg_10"]


def test_a_kept_teacher_and_student_score_as_before(way, tmp_path):
    batch = batch_holdout(way.split.test).rows(0, 20)
    save_teacher(tmp_path / "teacher", way.teacher_weights, way.teacher_record)
    teacher, record = load_teacher(tmp_path / "teacher", way.dataset)
    np.testing.assert_allclose(teacher.score_batch(batch), way.teacher.score_batch(batch), atol=1e-4)
    assert record["preset"]["name"] == "small"
    save_student(tmp_path / "student", way.student_weights, way.student_record)
    student, record = load_student(tmp_path / "student", way.dataset)
    np.testing.assert_allclose(student.score_batch(batch), way.student.score_batch(batch), atol=1e-5)
    assert record["distillation"]["alpha"] == OPTIONS.alpha
    assert record["environment"]["libraries"]["torch"]


def test_the_same_seed_gives_the_same_weights(way):
    _student, weights, _ = teach(way.dataset, way.split, way.plan, way.source, CONFIG, OPTIONS)
    for name, tensor in weights.items():
        assert torch.equal(tensor, way.student_weights[name]), name
    once = train_teacher(
        way.dataset, way.split, plan_split(way.dataset), replace(PRESET, training=replace(PRESET.training, epochs=1))
    )[1]
    again = train_teacher(
        way.dataset, way.split, plan_split(way.dataset), replace(PRESET, training=replace(PRESET.training, epochs=1))
    )[1]
    assert all(torch.equal(once[name], again[name]) for name in once)


def test_a_run_of_other_data_is_refused(way, tmp_path):
    save_teacher(tmp_path / "teacher", way.teacher_weights, way.teacher_record)
    other = simulate(WorldOptions(toys=150, shoppers=200, events=3200, seed=4))
    with pytest.raises(ToyGuideError, match=f"trained on dataset {way.dataset.digest[:12]}.*{other.digest[:12]}"):
        load_teacher(tmp_path / "teacher", other)


def _damage(folder: Path, how: str) -> None:
    if how == "truncated":
        (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:1000])
    elif how == "changed":
        weights = load_file(folder / WEIGHTS)
        next(iter(weights.values())).view(-1)[0] += 1
        save_file(weights, folder / WEIGHTS)
    elif how == "no record":
        (folder / RECORD).unlink()
    elif how == "another kind":
        (folder / RECORD).write_text((folder / RECORD).read_text().replace('"teacher"', '"student"', 1))
    else:
        (folder / RECORD).write_text("{")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("truncated", "cannot be read as safetensors"),
        ("changed", "does not match the digest"),
        ("no record", "is not a teacher run: it has no run.json"),
        ("another kind", "field 'kind' must be 'teacher'"),
        ("broken record", "cannot be read as a run record"),
    ],
)
def test_a_damaged_run_is_refused_with_the_reason(way, tmp_path, how, message):
    save_teacher(tmp_path / "teacher", way.teacher_weights, way.teacher_record)
    _damage(tmp_path / "teacher", how)
    with pytest.raises(ToyGuideError, match=message):
        load_teacher(tmp_path / "teacher", way.dataset)


def test_the_student_reads_nothing_that_was_refused(way):
    batch = batch_holdout(way.split.test).rows(0, 1)
    toys = np.array([[1, 2, 3]], np.int32)
    kinds = np.full((1, 3), KIND_CODES[EventKind.PURCHASE], np.int8)
    gaps = np.full((1, 3), -1.0, np.float32)
    refused = kinds.copy()
    refused[0, 1] = KIND_CODES[EventKind.DISMISS]
    with_refusal = way.student.score_batch(replace(batch, toys=toys, kinds=refused, gaps=gaps))
    without = way.student.score_batch(
        replace(batch, toys=toys[:, [0, 2]], kinds=kinds[:, [0, 2]], gaps=gaps[:, [0, 2]])
    )
    np.testing.assert_allclose(with_refusal, without, atol=1e-5)
