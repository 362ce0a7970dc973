"""What the report tells of a retraining, from its record alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.report.document import Points, Table, Words
from app.report.model.retraining import read_retraining, retraining_section
from data.errors import ToyGuideError
from recommender.records import Run

FIGURE = {"value": 0.4, "low": 0.3, "high": 0.5}
TRIALS = {"running": FIGURE, "new": FIGURE, "difference": {"value": 0.0, "low": -0.1, "high": 0.1}, "replayed": 0.25}
GATE = {"name": "size", "passed": True, "says": "Small.", "figures": {"bytes": 1}}


def run(*gates: dict[str, Any], **told: Any) -> Run:
    verdict = {"says": "All gates passed.", "model": "m" * 32, "gates": gates, "joined": {"events": 1200, "robots": 0}}
    return Run(Path("folder"), "retraining", {"verdict": verdict | told})


def test_the_verdict_its_gates_and_what_was_joined() -> None:
    section = retraining_section(read_retraining(run(GATE), "m" * 32))
    words, joined, gates = section.blocks
    assert words == Words("All gates passed.")
    assert joined == Points(("1,200 events came behind the old ones.",))
    assert isinstance(gates, Table)
    assert gates.rows == (("size", "passed", "Small."),)


def test_what_toys_on_trial_say_stands_beside_the_plain_figure() -> None:
    trials = {"name": "exposure", "passed": False, "says": "Less.", "figures": {"exposure": TRIALS}}
    *_, table = retraining_section(read_retraining(run(GATE, trials), "m" * 32)).blocks
    assert isinstance(table, Table)
    assert [row[1] for row in table.rows] == [
        "0.400 (0.300–0.500)", "0.250", "0.400 (0.300–0.500)", "+0.000 (−0.100 to +0.100)",
    ]  # fmt: skip
    none = trials | {"figures": {"exposure": None}}
    assert len(retraining_section(read_retraining(run(none), "m" * 32)).blocks) == 3


def test_a_record_that_lacks_a_part_and_one_of_another_bundle() -> None:
    with pytest.raises(ToyGuideError, match="lacks a part: 'passed'"):
        read_retraining(run({"name": "size"}), "m" * 32)
    with pytest.raises(ToyGuideError, match="made bundle mmmmmmmmmmmm, but the report is about 0000"):
        read_retraining(run(GATE), "0" * 32)
    with pytest.raises(ToyGuideError, match="holds a sweep, not a retraining"):
        read_retraining(Run(Path("x"), "sweep", {}), "0" * 32)
