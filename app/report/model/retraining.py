"""What a retraining found: its verdict, gate by gate, and what became of the new events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.report.charts import number
from app.report.document import Section, Table, Words
from data.errors import ToyGuideError
from recommender.records import Run


@dataclass(frozen=True)
class Retraining:
    """says: the verdict; gates: (name, whether it was passed, the finding); joined: counts of events and toys"""

    says: str
    gates: tuple[tuple[str, bool, str], ...]
    joined: Mapping[str, int]


def read_retraining(run: Run, model: str) -> Retraining:
    """What the record of a retraining says. Raises ToyGuideError if it is none, or made another bundle."""
    if run.kind != "retraining":
        raise ToyGuideError(f"{run.folder} holds a {run.kind}, not a retraining.")
    verdict: Any = run.record.get("verdict")
    try:
        made = verdict["model"]
        gates = tuple((str(gate["name"]), bool(gate["passed"]), str(gate["says"])) for gate in verdict["gates"])
        found = Retraining(str(verdict["says"]), gates, dict(verdict["joined"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ToyGuideError(f"The record of the retraining in {run.folder} lacks a part: {error}.") from error
    if made != model:
        raise ToyGuideError(
            f"The retraining in {run.folder} made bundle {str(made)[:12]}, but the report is about {model[:12]}."
        )
    return found


def retraining_section(retraining: Retraining) -> Section:
    """The verdict and its gates."""
    told = [(name.replace("_", " "), count) for name, count in retraining.joined.items() if count]
    counts = ", ".join(f"{number(count)} {name}" for name, count in told)
    return Section(
        "The retraining",
        (
            Words(f"{retraining.says} Of what was new, joined or left out: {counts}."),
            Table(
                ("gate", "", "finding"),
                tuple((name, "passed" if passed else "held back", says) for name, passed, says in retraining.gates),
                3,
            ),
        ),
    )
