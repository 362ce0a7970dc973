import numpy as np
import pytest

from data.errors import BundleError
from data.schema import Audience, Recipient
from distillation.package import FEATURES, TOY_ENCODER, build_bundle, main_currency, quantisation_gate, student_bytes
from recommender.evaluation.ranking import judge
from recommender.serving.bundle import verify_bundle
from recommender.serving.engine import OnnxStudent, load_bundle
from recommender.serving.policy.shelf import safe_from


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
    assert manifest.metrics["gates"]["int8_overlap"] >= 0.95
    assert manifest.metrics["gates"]["parity"] <= 1e-4


def test_every_toy_has_a_picture_and_the_engine_answers(bundle):
    engine = load_bundle(bundle[0])
    answer = engine.recommend([engine.toys[0].id], Recipient(age_months=60), k=5)
    assert len(answer.items) == 5
    assert all(safe_from(pick.toy) <= 60 and pick.toy.audience is not Audience.ADULT for pick in answer.items)
    assert all(toy.picture is not None for toy in engine.toys)


def test_the_same_student_gives_the_same_model_id(bundle, way, tmp_path):
    record = way.student_record | {"digest": "b" * 64}
    again = build_bundle(way.dataset, way.split, way.student, record, tmp_path / "again")
    assert again.model == bundle[1].model


def test_a_table_that_lost_its_meaning_is_held_back(bundle, way):
    shipped = OnnxStudent.from_bundle(bundle[0])
    shipped._columns = np.ascontiguousarray(shipped._columns[:, ::-1])
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
    from dataclasses import replace

    toys = [toy for toy in way.dataset.toy_rows() if toy.price is not None]
    with pytest.raises(BundleError, match=r"one currency\. Got EUR, GBP"):
        main_currency([replace(toys[0], currency="EUR"), *toys[1:]])
    assert main_currency([]) is None
