"""From which size on one way is quicker: between two sizes on two logarithmic scales."""

from __future__ import annotations

import math

import pytest

from app.cli.sizes.crossover import about, crossing

SIZES = (10_000, 100_000, 1_000_000)


@pytest.mark.parametrize(
    ("ratios", "wanted"),
    [
        ((10, 0.1, 0.01), math.sqrt(10_000 * 100_000)),  # halfway between the logarithms
        ((4, 2, 0.5), math.sqrt(100_000 * 1_000_000)),
        ((2, 0.5**0.5, 0.1), 10_000 * 10 ** (2 / 3)),
        ((0.9, 1.2, 0.1 / 1.2), 100_000 * 10 ** (math.log(1.2) / math.log(1.2**2 * 10))),  # from then on for good
        ((0.5, 0.2, 0.1), 0),
        ((0.5, 0.2, 1.0), math.inf),
    ],
)
def test_where_the_ratio_falls_under_one(ratios, wanted):
    assert crossing(SIZES, ratios) == pytest.approx(wanted)


def test_of_no_size_there_is_no_crossing():
    assert crossing((), ()) == math.inf


@pytest.mark.parametrize(("size", "said"), [(31_622.8, "32,000"), (104, "100"), (1_449_999, "1,400,000"), (7, "7")])
def test_a_size_in_a_sentence_has_two_digits(size, said):
    assert about(size) == said
