import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.serving.ranking import best_of


@given(
    st.integers(0, 10_000),
    st.integers(1, 700),
    st.sampled_from([1, 3, 10, 100]),
    st.sampled_from([0.0, 0.01, 0.5, 1.0]),
    st.sampled_from([2, 20, 10**6]),
)
def test_the_best_are_those_that_sorting_finds(seed: int, size: int, k: int, share: float, steps: int) -> None:
    """With many ties too: the lower index first."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-steps, steps, size).astype(np.float32)
    mask = rng.random(size) < share
    places = np.flatnonzero(mask)
    expected = places[np.argsort(-scores[places], kind="stable")][:k]
    assert best_of(scores, mask, k).tolist() == expected.tolist()


@pytest.mark.parametrize("size", [64, 4000])
def test_what_is_no_number_is_never_among_them(size: int) -> None:
    scores = np.full(size, np.nan, np.float32)
    scores[7] = 1
    assert set(best_of(scores, np.ones(size, np.bool_), 5).tolist()) <= {7}
