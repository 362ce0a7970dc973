"""What measured sizes come to, in figures and in sentences."""

from __future__ import annotations

import math

import pytest

from app.cli.sizes.verdict import quickest, said, verdict
from app.report.sizes import chart


def size(toys: int, float32: float, int8: float, *index: tuple[float, float]) -> dict:
    """A size with milliseconds of each way; index: (recall, milliseconds)."""
    ways = [("float32", 1.0, float32), ("int8", 1.0, int8), *(("index", *each) for each in index)]
    return {
        "toys": toys,
        "ways": [
            {"way": way, "beam": 0, "recall": recall, "milliseconds": each, "over": each / float32}
            for way, recall, each in ways
        ],
    }


SIZES = [
    size(10_000, 0.1, 0.2, (0.9, 0.1), (0.96, 0.2), (0.999, 0.4)),
    size(100_000, 1, 0.5, (0.8, 0.2), (0.97, 0.25), (0.995, 0.5)),
    size(1_000_000, 20, 8, (0.8, 0.5), (0.96, 1)),
]


def test_of_an_index_the_quickest_beam_with_enough_recall_counts():
    assert [quickest(each, "index", 0.95) for each in SIZES] == [0.2, 0.25, 1]
    assert [quickest(each, "index", 0.99) for each in SIZES] == [0.4, 0.5, math.inf]


def test_crossovers_lie_between_the_sizes_they_lie_between():
    found = verdict(SIZES)
    assert found["index_over_float32"] == {
        "0.95": pytest.approx(10_000 * 10 ** (1 / 3)),  # ratios 2 and 1/4
        "0.99": pytest.approx(10_000 * 10 ** (math.log(4) / math.log(8))),  # ratios 4 and 1/2
    }
    assert found["unreached"] == {"0.95": [], "0.99": [1_000_000]}
    assert found["index_over_int8"]["0.95"] == pytest.approx(10_000)
    assert found["int8_over_float32"] == pytest.approx(10_000 * 10**0.5)
    assert found["within_budget"] == {
        "float32": pytest.approx(100_000 * 10 ** (math.log(10) / math.log(20))),
        "int8": math.inf,
    }


def test_the_sentences_say_where():
    assert said(verdict(SIZES), [each["toys"] for each in SIZES], 20) == [
        "The index answers sooner than exact float32 at recall@20 ≥ 0.95 from about 22,000 toys on, "
        "at recall@20 ≥ 0.99 from about 46,000 toys on (no beam tried has it at 1,000,000).",
        "The index answers sooner than exact int8 at recall@20 ≥ 0.95 from about 10,000 toys on, at recall@20 ≥ 0.99 "
        "at no size up to 1,000,000 toys (no beam tried has it at 1,000,000).",
        "Within 10 ms a request on one core: exact float32 up to about 590,000 toys, exact int8 all 1,000,000 toys.",
    ]
    quick = [size(10_000, 20, 20, (1.0, 1))]
    assert said(verdict(quick), [10_000], 5)[0].startswith(
        "The index answers sooner than exact float32 at recall@5 ≥ 0.95 from the smallest measured on (10,000 toys),"
    )
    assert said(verdict(quick), [10_000], 5)[2].startswith("Within 10 ms a request on one core: exact float32 not even")


def test_the_chart_stands_by_itself_and_says_every_figure():
    drawn = chart(SIZES)
    assert drawn.startswith("<svg ")
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert "exact int8, 1,000,000 toys: 8.000 ms" in drawn
    assert "index, recall ≥ 0.99, 100,000 toys: 0.500 ms" in drawn
    assert "index, recall ≥ 0.99, 1,000,000" not in drawn, "no beam reaches it"
    assert "inf" not in drawn
    assert "nan" not in drawn
