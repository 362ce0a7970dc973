"""Exact ways agree with each other; an index finds most of what they find, under any mask."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from app.cli.sizes.ways import Beam, Float32, Int8, build_index, check_usearch
from data.errors import ToyGuideError
from distillation.quantize import quantise_rows
from recommender.serving.table import dequantise

TOYS, WIDTH, K = 2000, 24, 20


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((TOYS + 1, WIDTH)) + 3 * rng.standard_normal((8, WIDTH))[rng.integers(0, 8, TOYS + 1)]
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    vectors[0] = 0
    return quantise_rows(vectors.astype(np.float32))


@pytest.fixture(scope="module")
def queries() -> np.ndarray:
    return 14 * np.random.default_rng(3).standard_normal((30, WIDTH)).astype(np.float32)


def masks(share: float) -> np.ndarray:
    found = np.random.default_rng(4).random((30, TOYS + 1)) < share
    found[:, 0] = False
    return found


@pytest.mark.parametrize("share", [1.0, 0.5, 0.02])
def test_int8_finds_what_float32_finds(table, queries, share):
    exact, narrow = Float32(*table), Int8(*table)
    scores = queries @ dequantise(*table).T
    same = 0
    for query, mask, score in zip(queries, masks(share), scores, strict=True):
        best, found = exact.best(query, mask, K), narrow.best(query, mask, K)
        assert best.tolist() == np.argsort(-np.where(mask, score, -np.inf), kind="stable")[:K].tolist()
        assert score[found] == pytest.approx(score[best], abs=0.002 * float(np.abs(score).max()))
        same += len(np.intersect1d(best, found))
    assert same >= 0.99 * K * len(queries)


@pytest.mark.parametrize("share", [1.0, 0.3, 0.02])
def test_an_index_finds_most_of_it_and_more_with_a_wider_beam(table, queries, share):
    codes, scale = table
    exact, index = Float32(codes, scale), build_index(dequantise(codes[1:], scale[1:]), first_key=1)
    recalls = []
    for width in (K, 20 * K):
        beam = Beam(index, codes, scale.astype(np.float32), width)
        shared = []
        for query, mask in zip(queries, masks(share), strict=True):
            found, best = beam.best(query, mask, K), exact.best(query, mask, K)
            assert mask[found].all()
            assert len(found) == len(best) == K
            shared.append(len(np.intersect1d(found, best)) / K)
        recalls.append(np.mean(shared))
    assert 0.5 < recalls[0] <= recalls[1] <= 1
    assert recalls[1] > 0.98


@pytest.mark.parametrize("allowed", [[], [7], [3, 900, 1999]])
def test_where_few_toys_are_allowed_every_way_finds_just_those(table, queries, allowed):
    codes, scale = table
    mask = np.zeros(TOYS + 1, np.bool_)
    mask[allowed] = True
    index = build_index(dequantise(codes[1:], scale[1:]), first_key=1)
    for way in (Float32(codes, scale), Int8(codes, scale), Beam(index, codes, scale.astype(np.float32), K)):
        assert sorted(way.best(queries[0], mask, K).tolist()) == allowed


def test_without_usearch_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(ToyGuideError, match=r"usearch, which is not installed .*\.\[bench\]"):
        check_usearch()
