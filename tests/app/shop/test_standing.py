"""What is read of a manifest for the Insights page; what cannot be right is left out."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop import insight_words as words
from app.shop.insight_charts import bars, intervals, pareto
from app.shop.standing import front, read_standing
from app.shop.theme import load_theme


def figure(name: str, ndcg: float, **more: Any) -> dict[str, Any]:
    spread = {"low": max(ndcg - 0.01, 0.0), "high": ndcg + 0.01}
    return {"name": name, "queries": 500, "recall@10": 2 * ndcg, "ndcg@10": ndcg, **spread, **more}


def metrics(**more: Any) -> dict[str, Any]:
    """A manifest's metrics: a student, itself in 4 bits, a teacher whose size nobody counted, two simple ways."""
    student = {"kind": "shipped", "graph_bits": 8, "table_bits": 8, "bytes": 250_000, "milliseconds": 0.5}
    four = {"kind": "form", "graph_bits": 8, "table_bits": 4, "bytes": 150_000, "milliseconds": 0.5}
    said = {
        "version": 1,
        "contenders": [
            figure("student", 0.08, **student),
            figure("student in four bits", 0.07, **four),
            figure("teacher", 0.081, kind="teacher", bytes=None, milliseconds=1.5),
            figure("popularity", 0.02, kind="baseline", bytes=12_000, milliseconds=0.1),
            figure("rules", 0.04, kind="baseline", bytes=5_000_000, milliseconds=0.7),
        ],
        "slices": [
            figure("student", 0.1, slice="age under 3"),
            figure("student", 0.05, slice="tail toys"),
            figure("student", 0.5, slice="cold toys", queries=4),
            figure("teacher", 0.09, slice="age under 3"),
            figure("student", 0.08, slice="a slice of tomorrow"),
        ],
        "paired": [{"second": "teacher", "difference": -0.001, "low": -0.004, "high": 0.002}],
    }
    return {"standing": {**said, **more}}


EN = words.speaker("en")


def test_what_a_bundle_says_is_read() -> None:
    found = read_standing(metrics())
    assert found is not None
    assert found.shipped.whole.ndcg == 0.08
    assert found.shipped.megabytes == 0.25
    assert found.shipped.bits == (8, 8)
    teacher = found.best("teacher")
    assert teacher is not None
    assert teacher.megabytes is None
    assert [each.whole.name for each in front(found.contenders, "megabytes")] == [
        "popularity", "student in four bits", "student",
    ]  # fmt: skip
    assert [each.whole.name for each in front(found.contenders, "milliseconds")] == ["popularity", "student", "teacher"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"leave-one-out": {"test": {"ndcg@10": 0.06}}},
        {"standing": None},
        {"standing": []},
        metrics(version=2),
        metrics(contenders=[]),
        metrics(contenders="none"),
        metrics(contenders=[figure("teacher", 0.1, kind="teacher")]),
        metrics(contenders=[figure("one", 0.1, kind="shipped"), figure("two", 0.1, kind="shipped")]),
    ],
)
def test_an_older_bundle_or_another_form_says_nothing(said: dict[str, Any]) -> None:
    assert read_standing(said) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"ndcg@10": float("nan")},
        {"ndcg@10": "0.1"},
        {"ndcg@10": True},
        {"ndcg@10": -0.1},
        {"ndcg@10": 1.5},
        {"low": 0.9},
        {"high": float("inf")},
        {"high": 10**400},  # JSON can say it, and no float hold it
        {"queries": 0},
        {"name": None},
        {"kind": "wizard"},
    ],
)
def test_who_cannot_be_right_is_left_out(odd: dict[str, Any]) -> None:
    said = metrics()
    said["standing"]["contenders"][3] |= odd
    found = read_standing(said)
    assert found is not None
    assert "popularity" not in [each.whole.name for each in found.contenders]
    assert len(found.contenders) == 4


def test_missing_slices_and_pairs_leave_a_page_that_says_so() -> None:
    found = read_standing(metrics(slices=None, paired=[{"second": "teacher"}, 7]))
    assert found is not None
    assert found.slices == {}
    assert found.against("teacher") is None
    assert words.slice_points(found, EN) == []
    assert "as good as" not in words.says_overall(found, EN), "nobody compared them on the same queries"
    assert words.says_slices(found, EN) == EN("insights.says_few")


def test_a_difference_is_called_one_only_beyond_chance() -> None:
    found = read_standing(metrics())
    assert found is not None
    assert "as good as its teacher" in words.says_overall(found, EN)
    assert "2.0 times the best of the simple ways (What follows what, 0.040)" in words.says_overall(found, EN)
    worse = read_standing(metrics(paired=[{"second": "teacher", "difference": -0.02, "low": -0.03, "high": -0.01}]))
    assert worse is not None
    assert "falls short of its teacher" in words.says_overall(worse, EN)


def test_a_slice_of_few_is_neither_the_best_nor_the_worst() -> None:
    found = read_standing(metrics())
    assert found is not None
    said = words.says_slices(found, EN)
    assert "At its best: For under 3 years (0.100). At its weakest: Rarely met toys (0.050)." in said
    assert words.ordered_slices(found)[-1] == "a slice of tomorrow"
    heads, rows = words.slice_rows(found, EN)
    assert heads[2:] == ["Student, in use", "Teacher", "What sells most", "What follows what"]
    assert rows[0] == ("For under 3 years", "500", "0.100 (0.090–0.110)", "0.090 (0.080–0.100)", "–", "–")


def test_what_nobody_measured_is_not_drawn_and_that_is_said() -> None:
    found = read_standing(metrics())
    assert found is not None
    drawn, worth = words.cost_points(found, "megabytes", EN)
    assert "Teacher" not in [point.name for point in drawn]
    assert [point.cost for point in worth] == [0.012, 0.15, 0.25]
    assert "Not drawn, for nobody measured it: Teacher." in words.says_front(found, "megabytes", EN)
    assert "Not drawn" not in words.says_front(found, "milliseconds", EN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_charts_have_the_figures_and_the_colours_of_the_palette(scheme: Any, language: str) -> None:
    found, t = read_standing(metrics()), words.speaker(language)
    assert found is not None
    kinds = {kind: t(key) for kind, key in words.KINDS.items()}
    drawn, worth = words.cost_points(found, "megabytes", t)
    charts = [
        bars(words.overall_points(found, t), "NDCG@10", scheme),
        intervals(words.slice_points(found, t), "NDCG@10", scheme, kinds),
        pareto(drawn, worth, ("MB", "NDCG@10"), scheme, kinds),
    ]
    palette = getattr(load_theme(), scheme)
    assert all(palette["tomato"] in str(chart) for chart in charts)
    assert [row["ndcg"] for row in charts[0]["data"]["values"]] == [0.081, 0.08, 0.04, 0.02]
    assert t(words.KINDS["shipped"]) in str(charts[2])
