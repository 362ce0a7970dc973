"""A new toy's place, from its features alone."""

import copy

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from distillation.cold import judge_cold_toys
from distillation.package import met_in
from distillation.toy_encoder import fit_toy_encoder, held_back, rank_correlation
from recommender.base import batch_holdout
from recommender.features import encode_toys, fit_schema


def test_rank_correlation_is_spearmans():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 6, (4, 30)).astype(np.float32), rng.random((4, 30), np.float32)
    expected = np.mean([spearmanr(a, b).statistic for a, b in zip(first, second, strict=True)])
    assert rank_correlation(first, second) == pytest.approx(expected)
    flat = np.concatenate([first, np.zeros((1, 30), np.float32)])
    assert rank_correlation(flat, np.concatenate([second, second[:1]])) == pytest.approx(expected)
    assert np.isnan(rank_correlation(flat[-1:], second[:1]))


def test_no_toy_is_both_learned_from_and_judged_by():
    met = np.ones(101, np.bool_)
    met[[0, 3, 50]] = False
    learned, held = held_back(met)
    assert len(held) == 9
    assert not {2, 49} & {*learned.tolist(), *held.tolist()}
    assert sorted([*learned.tolist(), *held.tolist()]) == [place for place in range(100) if met[place + 1]]


def test_unseen_toys_are_placed_near_where_training_has_them(way):
    toys = way.dataset.toy_rows()
    schema = fit_schema(toys)
    queries = way.student.encode(batch_holdout(way.split.validation))
    met = met_in(way.split.train, len(toys))
    features = encode_toys(toys, schema)
    encoder, placement = fit_toy_encoder(schema, features, way.student.table, met, queries)
    assert placement is not None
    assert placement.toys == met[1:].sum() // 10
    _, unlearned = fit_toy_encoder(schema, features, way.student.table, met, queries, steps=0)
    assert unlearned is not None
    assert placement.cosine > 0.3 > unlearned.cosine
    assert placement.rank_correlation > 0.3
    assert not encoder.training


def test_too_few_toys_judge_nobody(way):
    toys = way.dataset.toy_rows()[:5]
    schema = fit_schema(toys)
    met = np.ones(6, np.bool_)
    _, placement = fit_toy_encoder(schema, encode_toys(toys, schema), torch.eye(6, 8), met, torch.ones(2, 8), steps=2)
    assert placement is None


def test_toys_that_nobody_met_are_judged_where_the_encoder_places_them(way):
    """As if a fifth of the toys were new: their rows of the table say nothing, the encoder's vectors do."""
    toys = way.dataset.toy_rows()
    schema = fit_schema(toys)
    features = encode_toys(toys, schema)
    met = met_in(way.split.train, len(toys))
    met[1:] &= np.random.default_rng(0).random(len(toys)) > 0.2
    queries = way.student.encode(batch_holdout(way.split.validation))
    encoder, _ = fit_toy_encoder(schema, features, way.student.table, met, queries)
    lost = copy.copy(way.student)
    lost.table = way.student.table.clone()
    lost.table[1:][~torch.from_numpy(met[1:])] = 0.0
    found = judge_cold_toys(lost, encoder, features, met, way.split.test)
    assert found is not None
    assert found.toys == (~met[1:]).sum()
    assert found.queries == (~met[way.split.test.targets]).sum()
    assert found.encoder > 2 * found.table
    kept = lost.table.clone()
    everything = np.ones(len(met), np.bool_)
    assert judge_cold_toys(lost, encoder, features, everything, way.split.test) is None
    assert torch.equal(lost.table, kept)
