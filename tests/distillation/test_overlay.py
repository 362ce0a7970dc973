"""A shop's own toys over bundles as they are built: every kind of graph, and the encoder the same as in torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from data.schema import Recipient, Toy
from distillation.export import export_student
from distillation.near import beside
from distillation.package import build_bundle, met_in
from distillation.toy_encoder import feature_tensors, fit_toy_encoder, held_back, rank_correlation
from recommender.base import batch_holdout
from recommender.features import encode_toys, fit_schema
from recommender.serving.encoder import place_toys
from recommender.serving.load import load_bundle
from recommender.serving.overlay import Overlay, overlaid
from recommender.serving.reading import Reading
from recommender.serving.student import Student, open_graph, pad_histories


@pytest.fixture(scope="module")
def engines(way, tmp_path_factory):
    """By name, a bundle of the student and one of the same student with near toys."""
    folder = tmp_path_factory.mktemp("overlay")
    record = way.student_record | {"digest": "d" * 64}
    near, found = beside(way.student, way.dataset, way.split, 3)
    build_bundle(way.dataset, way.split, way.student, record, folder / "plain")
    build_bundle(way.dataset, way.split, near, record | {"near": found}, folder / "near")
    return {name: load_bundle(folder / name) for name in ("plain", "near")}


def new_toys(way, count: int) -> tuple[Toy, ...]:
    """Toys as staff would add them: those of the catalogue, under names of their own."""
    return tuple(
        replace(toy, id=f"own-{toy.id}", title=f"{toy.title} mark two", picture=None)
        for toy in way.dataset.toy_rows()[:count]
    )


def test_the_encoder_places_toys_as_it_did_in_torch(way, engines):
    toys = way.dataset.toy_rows()
    schema, met = fit_schema(toys), met_in(way.split.train, len(toys))
    queries = way.student.encode(batch_holdout(way.split.validation.sample(500, 0)))
    encoder, placement = fit_toy_encoder(schema, encode_toys(toys, schema), way.student.table, met, queries)
    new = [*new_toys(way, 3), Toy("bare", "?"), *toys]
    with torch.inference_mode():
        expected = encoder(*feature_tensors(encode_toys(new, schema))).numpy()
    engine = engines["plain"]
    placed = place_toys(engine.folder, engine.manifest, new)
    np.testing.assert_allclose(placed, expected, atol=1e-5)
    _, held = held_back(met)
    was = (queries @ way.student.table[1:][held].T).numpy()
    order = rank_correlation((queries.numpy() @ placed[4:].T)[:, held], was)
    assert order == pytest.approx(placement.rank_correlation, abs=1e-3), "what the bundle's card promises"
    assert np.linalg.norm(engine.student.table[1:], axis=1) == pytest.approx(1, abs=0.01), "the table's scale is 1"


@pytest.mark.parametrize("kind", ["plain", "near"])
def test_every_kind_of_graph_ranks_more_toys_than_it_was_built_with(way, engines, kind):
    engine = engines[kind]
    new = new_toys(way, 4)
    shop = overlaid(engine, Overlay(new))
    start = len(engine.toys) + 1
    assert shop.student.readable == start + 4
    own = [toy.id for toy in new]
    met = [toy.id for toy in engine.toys[5:8]]
    for history in ([], met, own[:1], [*met, own[0]], [own[0], *met, own[1]]):
        answer = shop.recommend(history, youngest_age_months=216, k=100)
        assert answer.missing_ids == ()
        assert len(answer.items) == 100
        assert not set(history) & {pick.toy.id for pick in answer.items}
    places = np.array([[start, 6, 7], [6, 7, 0]], np.int32)
    profiles = shop.student.profiles([Recipient(age_months=48), None])
    allowed = np.zeros((2, len(shop.toys) + 1), np.bool_)
    allowed[:, start:] = True
    toys, scores, query = shop.student.rank(places, profiles, allowed, 10)
    exact = query @ shop.student.table.T
    assert sorted(toys[0][:4].tolist()) == list(range(start, start + 4))
    np.testing.assert_allclose(scores[:, :4], np.take_along_axis(exact, toys[:, :4].astype(np.int64), 1), atol=1e-4)
    every = shop.student.scores(places, profiles)
    np.testing.assert_allclose(every[:, start:], exact[:, start:], atol=1e-4)
    before = engine.student.scores(places[1:], profiles[1:])
    np.testing.assert_allclose(every[1:, :start], before, atol=1e-5)  # the bundle's own toys score as they did
    if kind == "near":
        assert np.abs(every[:, :start] - exact[:, :start]).max() > 0.1


def test_a_toy_before_an_added_one_is_a_step_further_back(way):
    """The near table counts every toy of a history, also those that it does not hold."""
    student, _ = beside(way.student, way.dataset, way.split, 3)
    student.model.near.fade.fill_(0.5)
    session = open_graph(export_student(student.model).SerializeToString(), "near")
    table = np.concatenate([student.table.numpy(), student.table.numpy()[1:2]])
    rows = len(table)
    feed = {
        "recipient": np.zeros((1, student.model.shopper.profile_width), np.float32),
        "table": table,
        "allowed": np.ones((1, rows), np.bool_),
        "k": np.ones(1, np.int64),
    }
    toy = next(toy for toy in range(1, rows - 1) if student.model.near.codes[toy, 0] > 150)
    alone, followed, last = (
        session.run(["near"], feed | {"history": np.array([history], np.int32)})[0][0]
        for history in ([toy], [toy, rows - 1], [rows - 1])
    )
    with torch.inference_mode():
        wanted = student.model.near(torch.tensor([[toy, 0], [toy, 0]]))[0].numpy()
    np.testing.assert_allclose(alone[: rows - 1], wanted, atol=1e-5)
    assert 0 < followed.max() < alone.max()
    assert not last.any()


def test_a_near_graph_of_old_is_not_told_of_added_toys(way, engines):
    """Graphs built before knew no toy beyond their own table: such a history would fail."""
    engine = engines["near"]
    graph = onnx.load(str(engine.folder / "student.onnx"))
    for node in graph.graph.node:
        for place, name in enumerate(node.input):
            if name == "near.known":
                node.input[place] = "history"
    session = open_graph(graph.SerializeToString(), "old")
    student = Student(session, engine.student.table, engine.student.interests, engine.student.max_history)
    old = type(engine)(engine.folder, engine.manifest, engine.toys, student)
    new = new_toys(way, 2)
    shop = overlaid(old, Overlay(new))
    assert shop.student.readable == len(engine.toys) + 1
    assert overlaid(shop, Overlay(new_toys(way, 3))).student.readable == len(engine.toys) + 1
    met = [toy.id for toy in engine.toys[5:8]]
    told, untold = (
        [pick.toy.id for pick in shop.recommend(history, youngest_age_months=216, k=100).items]
        for history in ([*met, new[0].id], met)
    )
    assert new[0].id not in told
    assert told[:99] == [toy for toy in untold if toy != new[0].id][:99]


def test_what_a_toy_brought_is_what_the_whole_graph_loses_without_it(engines, way):
    """The near toys read out of the graph against the graph itself, with a toy among those met that a shop added."""
    engine = overlaid(engines["near"], Overlay(new_toys(way, 3)))
    student, bundled = engine.student, len(way.dataset.index)
    rng = np.random.default_rng(2)
    assert student.near is not None
    told = 0
    for length in (1, 2, 7, 20):
        history = rng.choice(np.arange(1, bundled + 1), length, replace=False).tolist()
        if length == 7:
            history[3] = bundled + 2
        history = history[-student.max_history :]
        profile = student.profiles([None])
        beside_last = student.near.toys[min(history[-1], bundled)].astype(np.int64)
        places = np.concatenate([rng.choice(np.arange(1, bundled + 1), 8, replace=False), beside_last])
        scores = student.scores(pad_histories([history], student.max_history), profile, places)[0]
        reading = Reading(student, history, history, profile)
        whole = student.scores(pad_histories([history], student.max_history), profile)[0]
        np.testing.assert_allclose(reading.scores, whole, atol=1e-4)
        brought = reading.brought(places)
        without = [[toy for toy in history if toy != left] for left in history]
        lost = scores - student.scores(
            pad_histories(without, student.max_history), np.repeat(profile, len(history), axis=0), places
        )
        np.testing.assert_allclose(brought, lost, atol=1e-4)
        told += int((np.abs(student.near.without(history, history[-1:], places)) > 0).any())
    assert told, "else nothing was near anything"
