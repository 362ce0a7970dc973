"""What a retraining found: its verdict, gate by gate, and what became of the new events."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.report.charts import number
from app.report.document import Block, Points, Section, Table, Words
from app.report.figures import Estimate, sure
from data.errors import ToyGuideError
from data.sheet import JOINED
from recommender.records import Run


@dataclass(frozen=True)
class Retraining:
    """says: the verdict; gates: (name, whether it was passed, the finding); joined: counts of events and toys

    wanted: by the toys on trial, wanted toys a list: (whose, estimate), of the plain figure without an interval; empty
        where there were no trials
    """

    says: str
    gates: tuple[tuple[str, bool, str], ...]
    joined: Mapping[str, int]
    wanted: tuple[tuple[str, Estimate], ...]


def read_retraining(run: Run, model: str) -> Retraining:
    """What the record of a retraining says. Raises ToyGuideError if it is none, or made another bundle."""
    if run.kind != "retraining":
        raise ToyGuideError(f"{run.folder} holds a {run.kind}, not a retraining.")
    verdict: Any = run.record.get("verdict")
    try:
        made = verdict["model"]
        gates = tuple((str(gate["name"]), bool(gate["passed"]), str(gate["says"])) for gate in verdict["gates"])
        wanted = next((_wanted(gate["figures"]) for gate in verdict["gates"] if gate["name"] == "exposure"), ())
        found = Retraining(str(verdict["says"]), gates, dict(verdict["joined"]), wanted)
    except (KeyError, TypeError, ValueError) as error:
        raise ToyGuideError(f"The record of the retraining in {run.folder} lacks a part: {error}.") from error
    if made != model:
        raise ToyGuideError(
            f"The retraining in {run.folder} made bundle {str(made)[:12]}, but the report is about {model[:12]}."
        )
    return found


def _wanted(trials: Mapping[str, Any]) -> tuple[tuple[str, Estimate], ...]:
    """What the gate says of the toys on trial."""
    found = trials.get("exposure")
    if found is None:
        return ()
    return (
        ("running, as it was", _estimate(found["running"])),
        ("new, plain: what it would show too", Estimate(float(found["replayed"]), math.nan, math.nan)),
        ("new, by the toys on trial", _estimate(found["new"])),
        ("new minus running", _estimate(found["difference"])),
    )


def _estimate(figure: Mapping[str, Any]) -> Estimate:
    return Estimate(*(math.nan if figure[name] is None else float(figure[name]) for name in ("value", "low", "high")))


def _said(each: Estimate, sign: str) -> str:
    if math.isnan(each.low):
        return f"{each.value:.3f}"
    return sure(each, lambda value: f"{value:{sign}.3f}".replace("-", "\u2212"))


def retraining_section(retraining: Retraining) -> Section:
    """The verdict and its gates."""
    told = [f"{number(count)} {JOINED[name]}." for name, count in retraining.joined.items() if count and name in JOINED]
    return Section(
        "The retraining",
        (
            Words(retraining.says),
            *([Points(tuple(told))] if told else []),
            Table(
                ("gate", "", "finding"),
                tuple((name, "passed" if passed else "held back", says) for name, passed, says in retraining.gates),
                3,
            ),
            *_trials(retraining.wanted),
        ),
    )


def _trials(wanted: Sequence[tuple[str, Estimate]]) -> tuple[Block, ...]:
    if not wanted:
        return ()
    return (
        Words(
            "Shoppers can only want what they are shown. Toys that kiosks had on trial, with the chance that they "
            "had to be shown, say what the new bundle's lists would have been worth; the plain figure, of the toys "
            "shown that it would show too, is biased."
        ),
        Table(
            ("wanted toys a list", "estimate (95 %)"),
            tuple((whose, _said(each, "+" if "minus" in whose else "")) for whose, each in wanted),
        ),
    )
