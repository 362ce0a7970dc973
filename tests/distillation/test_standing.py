"""What a bundle says of where its student stands."""

import numpy as np
import pytest

from data.sheet import data_sheet
from distillation.cover import cover_of
from distillation.package import build_bundle, student_bytes
from distillation.standing import VERSION, Rival, rivals_as_before
from recommender.baselines.popularity import Popularity
from recommender.evaluation.compare import compare
from recommender.evaluation.metrics import per_query
from recommender.evaluation.ranking import judge
from recommender.evaluation.report import AGES, report
from recommender.serving.asking import Ask
from recommender.serving.load import load_bundle
from recommender.serving.student import OnnxStudent


@pytest.fixture(scope="module")
def built(way, tmp_path_factory):
    folder = tmp_path_factory.mktemp("standing") / "bundle"
    popular = Popularity(way.dataset.index, way.split.train)
    rivals = [Rival(way.teacher, "teacher", None), Rival(popular, "baseline", 1234)]
    record = way.student_record | {"digest": "b" * 64}
    return folder, build_bundle(way.dataset, way.split, way.student, record, folder, rivals=rivals)


def test_all_are_judged_on_the_same_queries_of_the_test_part(built, way):
    _, manifest = built
    said = manifest.metrics["standing"]
    assert (said["version"], said["protocol"], said["part"]) == (VERSION, "leave-one-out", "test")
    contenders = {each["name"]: each for each in said["contenders"]}
    assert [each["kind"] for each in said["contenders"]] == ["shipped", *["form"] * 3, "teacher", "baseline"]
    assert all(each["queries"] == len(way.split.test) for each in contenders.values())
    assert all(each["low"] <= each["ndcg@10"] <= each["high"] for each in contenders.values())
    assert all(each["milliseconds"] > 0 for each in contenders.values())
    shipped = contenders["student (ONNX, int8 table)"]
    assert shipped["ndcg@10"] == manifest.metrics["leave-one-out"]["test"]["ndcg@10"]
    assert shipped["bytes"] == student_bytes(manifest)
    assert (contenders["teacher"]["bytes"], contenders["popularity"]["bytes"]) == (None, 1234)
    ranks = judge(way.teacher, way.split.test).ranks
    assert contenders["teacher"]["recall@10"] == pytest.approx(np.mean(per_query(ranks)["recall@10"]))


def test_fewer_bits_are_fewer_bytes_and_hardly_worse(built, way):
    _, manifest = built
    students = {
        (each["graph_bits"], each["table_bits"]): each
        for each in manifest.metrics["standing"]["contenders"]
        if each["kind"] in ("shipped", "form")
    }
    sizes = [students[way_]["bytes"] for way_ in ((32, 32), (32, 8), (8, 8), (8, 4))]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4
    plain = np.mean(per_query(judge(way.student, way.split.test).ranks)["ndcg@10"])
    assert students[32, 32]["ndcg@10"] == pytest.approx(plain, abs=1e-4), "as it was trained"
    assert students[8, 4]["ndcg@10"] > 0.8 * plain


def test_slices_and_pairs_are_those_of_the_report(built, way):
    folder, manifest = built
    said = manifest.metrics["standing"]
    shipped = judge(OnnxStudent.from_bundle(folder), way.split.test)
    for judgement in (shipped, judge(way.teacher, way.split.test)):
        rows = {row.slice: row for row in report(judgement, way.split.train) if row.queries}
        found = {each["slice"]: each for each in said["slices"] if each["name"] == judgement.recommender}
        assert found.keys() == rows.keys()
        assert "age under 3" in found
        for name, row in rows.items():
            assert found[name]["queries"] == row.queries
            assert (found[name]["ndcg@10"], found[name]["low"]) == pytest.approx((row.metrics["ndcg@10"], row.low))
    names = {each["name"] for each in said["slices"]}
    assert names == {"student (ONNX, int8 table)", "teacher", "popularity"}, "the forms are judged on the whole alone"
    pair = next(each for each in said["paired"] if each["second"] == "teacher")
    expected = compare(shipped, judge(way.teacher, way.split.test))
    assert (pair["difference"], pair["low"]) == pytest.approx((expected.difference, expected.low))
    assert len(said["paired"]) == 5


def test_card_and_sheet_of_the_bundle_say_its_figures(built, way):
    folder, manifest = built
    card, sheet = ((folder / name).read_text(encoding="utf-8") for name in ("MODEL_CARD.md", "DATA_SHEET.md"))
    assert {"MODEL_CARD.md", "DATA_SHEET.md"} < manifest.files.keys()
    assert sheet == data_sheet(way.dataset)
    for each in manifest.metrics["standing"]["slices"]:
        assert f"{each['ndcg@10']:.4f}" in card
        assert f"| {each['slice']} | {each['queries']:,} |" in card or each["slice"] == "no tie"
    asked = judge(OnnxStudent.from_bundle(folder), way.split.test.without_history())
    strangers = manifest.metrics["leave-one-out"]["strangers"]
    assert strangers["ndcg@10"] == pytest.approx(np.mean(per_query(asked.ranks)["ndcg@10"]))
    assert f"{strangers['ndcg@10']:.4f}" in card
    for part in ("teacher", "student"):
        spent = manifest.teacher["spent"] if part == "teacher" else manifest.student["spent"]
        assert spent["cpu_seconds"] > 0
        assert f"| {part} | {spent['seconds']:,.0f} | {spent['cpu_seconds']:,.0f} |" in card
    cover = cover_of(way.dataset, way.dataset.toy_rows(), way.split)
    engine = load_bundle(folder)
    for band, (_, low, _) in zip(cover.bands, AGES, strict=True):
        _, allowed, _ = engine.survey(Ask(youngest_age_months=int(low)))
        assert band.shown == allowed.count, "as a kiosk would"
        assert f"| {band.name} | {band.recommended:,} | {band.shown:,} | {band.queries:,} |" in card
    asked = {each["slice"]: each["queries"] for each in manifest.metrics["standing"]["slices"]}
    assert {f"age {band.name}": band.queries for band in cover.bands if band.queries}.items() <= asked.items()


def test_a_retrained_bundle_is_judged_beside_whom_the_one_before_was(built, way):
    _, manifest = built
    teacher = Rival(way.teacher, "teacher", 99)
    again = rivals_as_before(manifest.metrics, way.dataset, way.split, teacher)
    assert [(each.recommender.name, each.kind) for each in again] == [
        ("teacher", "teacher"),
        ("popularity", "baseline"),
    ]
    assert again[0] is teacher
    assert again[1].bytes
    assert rivals_as_before({}, way.dataset, way.split, teacher) == []
