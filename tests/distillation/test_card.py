"""The model card says the figures of the manifest, and of what nobody measured that nobody did."""

from __future__ import annotations

from typing import Any

import pytest

from distillation.card import WATTS_A_CORE, model_card
from distillation.cover import AgeBand, Cover
from recommender.learning.meter import Spent

COVER = Cover(
    (AgeBand("under 3", 10, 4, 60), AgeBand("3–5", 50, 80, 0)),
    100,
    1000,
    20,
    3,
    2,
    2,
    False,
    False,
    ("2026-01-01", "2026-04-01"),
    ("Not | stated.",),
)


def row(name: str, part: str, queries: int, ndcg: float, spread: float = 0.01) -> dict[str, Any]:
    sure = {"low": ndcg - spread, "high": ndcg + spread}
    return {"name": name, "slice": part, "queries": queries, "ndcg@10": ndcg, "recall@10": 2 * ndcg, **sure}


def contender(name: str, kind: str, ndcg: float, size: int | None) -> dict[str, Any]:
    return row(name, "all", 1000, ndcg) | {"kind": kind, "bytes": size, "milliseconds": 0.5}


def metrics(rivals: bool = True) -> dict[str, Any]:
    parts = [("all", 1000, 0.07), ("no tie", 900, 0.07), ("tail toys", 400, 0.02), ("age 6–8", 49, 0.001)]
    others = {"teacher": 0.01, "popularity": -0.04} if rivals else {}
    slices = [row("student", *part) for part in parts]
    slices += [row(name, part, queries, ndcg + more) for name, more in others.items() for part, queries, ndcg in parts]
    if rivals:
        slices.append(row("neighbours", "tail toys", 400, 0.025))
    return {
        "leave-one-out": {
            "test": {"queries": 1000},
            "cold toys": None,
            "strangers": row("student", "all", 900, 0.03),
        },
        "gates": {"parity": 1e-5, "kept_ndcg": 0.999, "kept_top_ten": 0.99, "toy_encoder": None},
        "standing": {
            "protocol": "leave-one-out",
            "part": "test",
            "contenders": [
                contender("student", "shipped", 0.07, 840_000),
                *([contender("teacher", "teacher", 0.08, None)] if rivals else []),
                *([contender("popularity", "baseline", 0.03, 12_000)] if rivals else []),
                *([contender("neighbours", "baseline", 0.05, 12_000)] if rivals else []),
            ],
            "slices": slices,
            "paired": [
                {"second": name, "difference": difference, "low": difference - 0.01, "high": difference + 0.01}
                for name, difference in (("teacher", -0.005), ("popularity", 0.04))
                if rivals
            ],
        },
    }


def facts(teacher: Spent | None = None, student: Spent | None = None) -> dict[str, Any]:
    return {
        "model": "c" * 32,
        "dataset": {"name": "table", "digest": "d" * 64, "toys": 100, "shoppers": 500, "events": 5000},
        "teacher": {"digest": "t" * 64, "preset": "small", "spent": teacher and teacher.record()},
        "student": {
            "family": "transformer",
            "layers": 1,
            "width": 64,
            "max_history": 20,
            "table_bits": 8,
            "near": 0,
            "distillation": {"alpha": 0.3, "temperature": 1.0},
            "made": "2026-05-01T10:00:00+00:00",
            "spent": student and student.record(),
        },
    }


def section(card: str, title: str) -> str:
    return card.split(f"## {title}\n\n")[1].split("\n\n## ")[0]


def test_figures_stand_beside_those_of_others_and_by_slice() -> None:
    card = model_card(facts(), metrics(), COVER)
    figures = section(card, "Figures")
    assert "| **student** | 0.1400 | 0.0700 (0.0600–0.0800) | 0.84 | 0.50 |" in figures
    assert "| teacher | 0.1600 | 0.0800 (0.0700–0.0900) | – | 0.50 |" in figures
    assert "teacher: -0.0050 (-0.0150 to +0.0050), which chance alone may have made." in figures
    assert "popularity: +0.0400 (+0.0300 to +0.0500)." in figures
    slices = section(card, "By slice")
    assert "| tail toys | 400 | 0.0200 (0.0100–0.0300) | 0.0300 | -0.0200 | 0.0250 |" in slices
    assert "| all | 1,000 | 0.0700 (0.0600–0.0800) | 0.0800 | 0.0300 | – |" in slices
    assert "made on 2026-05-01" in section(card, "What it is")


def test_without_others_it_says_that_there_were_none() -> None:
    card = model_card(facts(), metrics(rivals=False), COVER)
    assert "No teacher and no baseline was judged beside it" in card
    assert "a simple way" not in card


def test_ages_and_terms() -> None:
    card = model_card(facts(), metrics(), COVER)
    ages = section(card, "Ages")
    assert "| under 3 | 10 | 4 | 60 |" in ages
    assert "Of 1,000 test queries 60 tell an age." in ages
    assert "Of 100 toys 20 (20.0%) have no known safety age: they are never shown for a child under 3." in ages
    assert "**Terms.** Not \\| stated." in section(card, "Data")


def test_weaknesses_are_read_off_the_figures() -> None:
    said = section(model_card(facts(), metrics(), COVER), "Known weaknesses")
    assert "**Weakest**, clearly below NDCG@10 of all queries (0.0700): tail toys 0.0200 (0.0100–0.0300, 400" in said
    assert (
        "On tail toys a simple way is above it: neighbours 0.0250, the student 0.0200; their intervals overlap." in said
    )
    assert "Too few queries to know (fewer than 50): age 6–8 (49)." in said
    assert "No query at all, so nothing is known: cold toys, head toys, history ≤ 5" in said
    assert "Of 100 of 1,000 targets nobody knows" in said
    assert "the shortest history has 2 toys" in said
    assert "NDCG@10 is 0.0300 (0.0200–0.0400, 900 queries)" in said
    assert "90 days of events are less than a year" in said
    assert "simulated" not in said


@pytest.mark.parametrize(
    ("untied", "said", "shown"),
    [
        (1000, None, False),
        (900, "Of 100 of 1,000 targets nobody knows that they came after the toy before them: read", True),
        (0, "Of 1,000 of 1,000 targets nobody knows that they came after the toy before them: there is no", False),
    ],
)
def test_ties_are_told_where_there_are_some(untied: int, said: str | None, shown: bool) -> None:
    figures = metrics(rivals=False)
    slices = figures["standing"]["slices"]
    figures["standing"]["slices"] = [each for each in slices if each["slice"] != "no tie"]
    if untied:
        figures["standing"]["slices"].insert(1, row("student", "no tie", untied, 0.07))
    card = model_card(facts(), figures, COVER)
    assert ("| no tie |" in card) == shown
    assert said in card if said else "came after the toy" not in card


def test_what_was_not_recorded_is_not_made_up() -> None:
    cost = section(model_card(facts(), metrics(), COVER), "What it cost to train")
    assert "| teacher | not recorded | not recorded | not recorded |" in cost
    assert "| student | not recorded | not recorded | not recorded |" in cost
    assert "Wh" not in cost


@pytest.mark.parametrize(
    ("spent", "energy", "said", "silent"),
    [
        (Spent(30, 600), "about 2 Wh (estimate)", f"CPU seconds × {WATTS_A_CORE:g} W", "RAPL"),
        (Spent(30, 600, 7200.0), "2 Wh (measured)", "RAPL", "Estimated"),
        (Spent(30, 600, 7200.0, "GPU X"), "not known", "where a GPU worked (GPU X)", "Estimated"),
    ],
    ids=["no meter", "a meter", "a GPU"],
)
def test_energy_is_measured_or_an_estimate_or_not_known(spent: Spent, energy: str, said: str, silent: str) -> None:
    cost = section(model_card(facts(teacher=spent), metrics(), COVER), "What it cost to train")
    assert f"| teacher | 30 | 600 | {energy} |" in cost
    assert "| student | not recorded |" in cost
    assert said in cost
    assert silent not in cost


def test_what_the_figures_leave_out_is_told() -> None:
    spent = Spent(30, 60, left_out=("the training that it began from",))
    cost = section(model_card(facts(student=spent), metrics(), COVER), "What it cost to train")
    assert "Not counted: of the student, the training that it began from." in cost
