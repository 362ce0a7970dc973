import copy
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from data.errors import BundleError, ToyGuideError
from data.schema import Audience, Recipient
from data.sequences import build_sequences
from distillation.package import build_bundle, main_currency, part_bytes, quantisation_gate, student_bytes
from distillation.quantize import as_stored
from distillation.student import StudentRecommender
from distillation.together import bought_together
from recommender.evaluation.ranking import judge
from recommender.learning.meter import Spent
from recommender.serving.bundle import FileEntry, verify_bundle
from recommender.serving.encoder import FEATURES, TOY_ENCODER
from recommender.serving.load import load_bundle
from recommender.serving.policy.shelf import safe_from
from recommender.serving.student import OnnxStudent


@pytest.fixture(scope="module")
def bundle(way, tmp_path_factory):
    folder = tmp_path_factory.mktemp("way") / "bundle"
    record = way.student_record | {"digest": "b" * 64}
    return folder, build_bundle(way.dataset, way.split, way.student, record, folder)


def test_a_bundle_is_whole_and_says_what_it_is(bundle, way):
    folder, manifest = bundle
    assert verify_bundle(folder) == manifest
    assert {TOY_ENCODER, FEATURES, "MODEL_CARD.md"} < manifest.files.keys()
    assert manifest.dataset["digest"] == way.dataset.digest
    assert manifest.currency == "GBP"
    assert student_bytes(manifest) < 200_000
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"{manifest.metrics['leave-one-out']['test']['ndcg@10']:.4f}" in card


def test_what_ships_ranks_as_the_student_does(bundle, way):
    folder, manifest = bundle
    shipped = OnnxStudent.from_bundle(folder)
    before, after = judge(way.student, way.split.test), judge(shipped, way.split.test)
    overlap = np.mean([len(set(a[:10]) & set(b[:10])) / 10 for a, b in zip(before.top, after.top, strict=True)])
    assert overlap >= 0.95
    assert shipped.name == "student (ONNX, int8 table)"
    assert manifest.metrics["gates"]["kept_top_ten"] >= 0.95
    assert manifest.metrics["gates"]["parity"] <= 1e-4
    assert manifest.metrics["gates"]["mobile_parity"] <= 1e-4


def test_the_size_is_that_of_graph_table_and_what_lies_beside_it(bundle):
    folder, manifest = bundle
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    student = sizes["student.onnx"] + sizes["table.npy"] + sizes["table_scale.npy"]
    assert student_bytes(manifest) == student
    parts = part_bytes(manifest)
    assert parts["graph"] + parts["table"] == student
    assert parts["toy encoder"] == sizes[TOY_ENCODER] + sizes[FEATURES]
    assert parts["together"] == sizes["together.npy"]
    assert (parts["catalogue"], parts["mobile"]) == (sizes["catalogue.sqlite"], sizes["student-mobile.onnx"])
    beside = replace(manifest, files=dict(manifest.files) | {"table_neighbours.npy": FileEntry("0" * 64, 1000)})
    assert student_bytes(beside) == student + 1000


def test_what_is_bought_together_is_of_the_training_part_alone(bundle, way):
    folder, _ = bundle
    kept = np.load(folder / "together.npy", allow_pickle=False)
    assert np.array_equal(kept, bought_together(way.split.train, len(way.dataset.index)))
    everything = bought_together(build_sequences(way.dataset, "hashed"), len(way.dataset.index))
    assert not np.array_equal(kept, everything), "what is held out would show"
    assert np.array_equal(load_bundle(folder).together, kept)


def test_a_student_finished_for_four_bits_ships_with_the_table_that_it_learned_with(bundle, way, tmp_path):
    model = copy.deepcopy(way.student.model)
    model.config, model.narrow = replace(model.config, bits=4), True
    student = StudentRecommender("student", way.dataset.index, model, way.student.interests)
    record = way.student_record | {"digest": "d" * 64, "student": asdict(model.config)}
    manifest = build_bundle(way.dataset, way.split, student, record, tmp_path / "bundle")
    assert manifest.table_bits == 4  # what the record says
    shipped = OnnxStudent.from_bundle(tmp_path / "bundle")
    np.testing.assert_array_equal(shipped._student.table, student.table.numpy())
    assert shipped.name == "student (ONNX, int4 table)"
    assert part_bytes(manifest)["table"] < 0.6 * part_bytes(bundle[1])["table"]
    assert manifest.model != bundle[1].model
    card = (tmp_path / "bundle" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "stored in int4" in card
    assert load_bundle(tmp_path / "bundle").recommend(k=3).items


def test_a_table_rounded_to_four_bits_after_learning_is_held_back_with_advice(way):
    rounded = copy.copy(way.student)
    rounded.table = torch.from_numpy(as_stored(way.student.table.numpy(), 4))
    with pytest.raises(BundleError, match=r"table in int4 .* a finish for a table of 4 bits, or store 8 bits"):
        quantisation_gate(way.student, rounded, way.split.validation, 4)


def test_other_bits_are_refused_before_anything_is_done(way, tmp_path):
    with pytest.raises(ToyGuideError, match=r"'bits' .* must be 8 or 4\. Got 5"):
        build_bundle(way.dataset, way.split, way.student, way.student_record, tmp_path / "bundle", bits=5)


def test_every_toy_has_a_picture_and_the_engine_answers(bundle):
    engine = load_bundle(bundle[0])
    answer = engine.recommend([engine.toys[0].id], Recipient(age_months=60), k=5)
    assert len(answer.items) == 5
    assert all(safe_from(pick.toy) <= 60 and pick.toy.audience is not Audience.ADULT for pick in answer.items)
    assert all(toy.picture is not None for toy in engine.toys)


def test_the_same_student_gives_the_same_model_id_whatever_it_cost(bundle, way, tmp_path):
    spent = Spent(1e6, 2e6, 36e6).record()
    record = way.student_record | {"digest": "b" * 64, "spent": spent, "teacher": way.source.facts | {"spent": None}}
    again = build_bundle(way.dataset, way.split, way.student, record, tmp_path / "again")
    assert again.model == bundle[1].model
    assert again.files["student.onnx"] == bundle[1].files["student.onnx"]
    card = (tmp_path / "again" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "| teacher | not recorded | not recorded | not recorded |" in card
    assert "| student | 1,000,000 | 2,000,000 | 10,000 Wh (measured) |" in card


def test_a_table_that_lost_its_meaning_is_held_back(bundle, way):
    shipped = OnnxStudent.from_bundle(bundle[0])
    shipped._student.table = np.ascontiguousarray(shipped._student.table[::-1])
    with pytest.raises(BundleError, match=r"keeps .* of NDCG@10 and .* of the top ten"):
        quantisation_gate(way.student, shipped, way.split.validation)


def test_a_bundle_held_back_leaves_the_one_before(bundle, way, monkeypatch, tmp_path):
    monkeypatch.setattr("distillation.package.GATE_OVERLAP", 1.1)
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "manifest.json").write_text("the one before")
    with pytest.raises(BundleError, match="keeps"):
        build_bundle(way.dataset, way.split, way.student, way.student_record | {"digest": "c" * 64}, folder)
    assert [file.name for file in tmp_path.iterdir()] == ["bundle"]
    assert (folder / "manifest.json").read_text() == "the one before"


def test_prices_in_two_currencies_are_refused(way):
    toys = [toy for toy in way.dataset.toy_rows() if toy.price is not None]
    with pytest.raises(BundleError, match=r"one currency\. Got EUR, GBP"):
        main_currency([replace(toys[0], currency="EUR"), *toys[1:]])
    assert main_currency([]) is None
