"""Grown toys lie as real ones do: as near to each other, in as many directions, and as long."""

from __future__ import annotations

import numpy as np
import pytest

from app.cli.sizes.grow import Growth, local_dimension, nearest


def groups(toys: int = 600, width: int = 16) -> np.ndarray:
    """float32 [toys, width]: unit vectors in twenty groups, each spread out in three directions of its own."""
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((20, width))
    ways = rng.standard_normal((20, 3, width))
    of = rng.integers(0, 20, toys)
    vectors = centres[of] + 0.3 * np.einsum("nk,nkd->nd", rng.standard_normal((toys, 3)), ways[of])
    return (vectors / np.linalg.norm(vectors, axis=1)[:, None]).astype(np.float32)


def test_the_nearest_are_found_in_order_and_a_toy_is_not_its_own():
    toys = np.array([[0, 0], [1, 0], [0, 3], [4, 0]], np.float32)
    places, distances = nearest(toys, np.array([0, 3]), 2)
    assert places.tolist() == [[1, 2], [1, 0]]
    assert distances == pytest.approx(np.array([[1, 3], [3, 4]]), abs=1e-5)


def test_the_local_dimension_by_hand():
    assert local_dimension(np.array([[1, np.e, np.e**2]], np.float32)) == pytest.approx(1 / 1.5)


def test_grown_toys_lie_as_near_as_real_ones_in_as_many_directions():
    real = groups()
    growth = Growth.fit(real)
    grown, sources = growth.grow(len(real), seed=5)
    every = np.arange(len(real))
    found, wanted = nearest(grown, every, 20)[1], nearest(real, every, 20)[1]
    assert np.median(found[:, 0]) == pytest.approx(np.median(wanted[:, 0]), rel=0.1)
    assert local_dimension(found) == pytest.approx(local_dimension(wanted), rel=0.35)
    assert np.linalg.norm(grown, axis=1) == pytest.approx(np.ones(len(real)), abs=1e-4)
    to_source = np.linalg.norm(grown - real[sources], axis=1)
    assert np.median(to_source) < 0.5 * np.median(np.linalg.norm(grown - real[sources[::-1]], axis=1))


def test_the_same_seed_grows_the_same_toys():
    growth = Growth.fit(groups(100))
    assert (growth.grow(50, 3)[0] == growth.grow(50, 3)[0]).all()
    assert (growth.grow(50, 3)[0] != growth.grow(50, 4)[0]).any()
