"""The rules' strongest toys beside each toy: the same in torch, in the graph, on the phone, in storage."""

from __future__ import annotations

import math

import numpy as np
import onnxruntime as ort
import pytest
import torch

from data.errors import ToyGuideError
from distillation.distill import load_student, save_student
from distillation.export import check_parity, export_student
from distillation.mobile import check_mobile, mobile_graph
from distillation.near import HIGHEST_CODE, NearTable, beside, strongest
from distillation.package import build_bundle
from distillation.quantize import quantise_rows, shrink_weights
from recommender.base import batch_holdout
from recommender.baselines.rules import Rules
from recommender.evaluation.metrics import ndcg_at
from recommender.evaluation.ranking import judge
from recommender.serving.load import load_bundle
from recommender.serving.student import OnnxStudent

COUNT = 3


@pytest.fixture(scope="module")
def rules(way):
    return Rules(way.dataset.index, way.split.train)


@pytest.fixture(scope="module")
def made(way):
    return beside(way.student, way.dataset, way.split, COUNT)


def test_the_table_holds_the_strongest_rules_within_a_step_of_their_codes(rules):
    table, matrix = strongest(rules, COUNT), rules.rules.toarray()
    highest = float(table.highest)
    for toy in range(1, len(rules.index) + 1):
        row = matrix[toy - 1]
        kept = [each for each in table.toys[toy].tolist() if each]
        assert len(kept) == min(COUNT, np.count_nonzero(row))
        assert row[np.array(kept, int) - 1].tolist() == sorted(row[row > 0], reverse=True)[:COUNT]
        stored = np.sqrt(table.weights()[toy, : len(kept)].numpy() / highest)
        roots = np.sqrt(row[np.array(kept, int) - 1] / highest)
        np.testing.assert_allclose(stored, roots, atol=0.5 / HIGHEST_CODE + 1e-6)
    assert not table.toys[0].any()


def test_what_is_added_is_the_formula():
    table = NearTable(6, 2)
    table.toys[2], table.codes[2] = torch.tensor([4, 5]), torch.tensor([255, 51])
    table.toys[3], table.codes[3] = torch.tensor([4, 0]), torch.tensor([102, 0])
    table.highest.fill_(2.0)
    table.fade.fill_(0.5)
    table.strength.fill_(0.3)
    table.epsilon.fill_(0.1)
    found = table(torch.tensor([[2, 3, 0], [1, 0, 0]]))
    four = 0.5 * 2.0 + (102 / HIGHEST_CODE) ** 2 * 2.0
    five = 0.5 * (51 / HIGHEST_CODE) ** 2 * 2.0
    expected = [0, 0, 0, 0, 0.3 * math.log(1 + four / 0.1), 0.3 * math.log(1 + five / 0.1)]
    assert found[0].tolist() == pytest.approx(expected, rel=1e-5)
    assert not found[1].any()


def test_weights_are_set_where_they_help_and_the_student_itself_stays(way, made):
    student, found = made
    assert way.student.model.near is None
    assert (found["count"], found["strength"] > 0) == (COUNT, True)
    alone, better = (
        float(ndcg_at(judge(each, way.split.validation).ranks, 10).mean()) for each in (way.student, student)
    )
    assert better > alone
    assert better == pytest.approx(found["validation_ndcg_10"], abs=0.002)


def test_it_is_kept_with_the_student(way, made, tmp_path):
    student, found = made
    weights = dict(student.model.state_dict())
    save_student(tmp_path / "run", weights, way.student_record | {"near": found})
    again, record = load_student(tmp_path / "run", way.dataset)
    assert record["near"] == found
    batch = batch_holdout(way.split.validation.sample(50, 0))
    np.testing.assert_array_equal(again.score_batch(batch), student.score_batch(batch))


@pytest.mark.parametrize("bits", [8, 4])
def test_the_graph_and_the_phones_say_the_same(way, made, bits):
    model = made[0].model
    graph = shrink_weights(export_student(model))
    assert check_parity(model, export_student(model)) <= 1e-4
    codes, scale = quantise_rows(made[0].table.numpy(), bits)
    table = codes.astype(np.float32) * scale.astype(np.float32)[:, None]
    mobile = mobile_graph(graph, codes, scale, bits)
    assert check_mobile(graph, mobile, table, model.config.max_history) <= 1e-4
    session = ort.InferenceSession(mobile.SerializeToString(), providers=["CPUExecutionProvider"])
    assert {node.name for node in session.get_outputs()} == {"toys", "scores"}


def test_a_bundle_ranks_with_it_and_says_why(way, made, tmp_path):
    student, found = made
    record = way.student_record | {"near": found, "digest": "c" * 64}
    manifest = build_bundle(way.dataset, way.split, student, record, tmp_path / "bundle")
    plain = tmp_path / "plain"
    build_bundle(way.dataset, way.split, way.student, record | {"near": None}, plain)
    assert manifest.student["near"] == COUNT
    assert f"the rules' {COUNT} toys beside each toy" in (tmp_path / "bundle" / "MODEL_CARD.md").read_text(
        encoding="utf-8"
    )
    shipped = OnnxStudent.from_bundle(tmp_path / "bundle")
    batch = batch_holdout(way.split.validation.sample(300, 0))
    np.testing.assert_allclose(shipped.score_batch(batch), student.score_batch(batch), atol=0.2)
    assert (
        np.abs(shipped.score_batch(batch) - way.student.score_batch(batch)).max() > 0.2
    )  # else the test could not tell them apart

    engine = load_bundle(tmp_path / "bundle")
    table = student.model.near
    strong = [toy for toy in range(1, len(engine.toys) + 1) if table.codes[toy, 0] > 150]
    assert strong
    without = load_bundle(plain)
    gained = named = 0
    for toy in strong:
        friend = int(table.toys[toy, 0])
        places = [
            [pick.index for pick in each.recommend([engine.toys[toy - 1].id], youngest_age_months=216, k=100).items]
            for each in (engine, without)
        ]
        if friend not in places[0]:
            continue  # not for sale, say
        gained += friend not in places[1] or places[0].index(friend) < places[1].index(friend)
        answer = engine.recommend([engine.toys[toy - 1].id], youngest_age_months=216, k=100)
        pick = next(pick for pick in answer.items if pick.index == friend)
        named += any(reason.toy_id == engine.toys[toy - 1].id for reason in pick.reasons)
    assert gained
    assert named


@pytest.mark.parametrize("count", [-1, 65, 301])
def test_a_number_that_cannot_be_is_said(way, count):
    with pytest.raises(ToyGuideError, match=rf"'near' parameter of distil must be an int in \[0, 64\]. Got {count}"):
        beside(way.student, way.dataset, way.split, count)
