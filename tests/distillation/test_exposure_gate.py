"""When figures are believed, and when they speak against a bundle."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from distillation.gates import exposure_gate
from recommender.evaluation.exposure import Exposure, Figure
from recommender.evaluation.trials import Trials, _judged

FOUND = Exposure(
    lists=1000,
    visits=600,
    places=10_000,
    trials=480,
    wanted=240,
    wanted_trials=20,
    running=Figure(0.24, 0.22, 0.26),
    replayed=0.3,
    new=Figure(0.25, 0.21, 0.3),
    difference=Figure(0.01, -0.02, 0.05),
    plain=Figure(0.24, 0.22, 0.26),
    plain_seen=0.241,
    plain_difference=Figure(-0.001, -0.02, 0.02),
    decay=0.5,
    supported=0.98,
    clipped=0,
    effective=1500.0,
    expected_trials=485.0,
    trials_off=-0.3,
)
WORSE = replace(FOUND, difference=Figure(-0.03, -0.05, -0.01))


def trials(found: Exposure | None) -> Trials:
    return Trials("It is so.", 1000, 0, {}, found)


@pytest.mark.parametrize(
    ("found", "fits", "worse"),
    [
        (FOUND, True, False),
        (WORSE, True, True),
        (replace(WORSE, trials_off=4.0), False, False),
        (replace(WORSE, plain_difference=Figure(0.03, 0.01, 0.05)), False, False),
        (None, False, False),
    ],
)
def test_a_bundle_is_worse_only_by_figures_that_can_be_believed(
    found: Exposure | None, fits: bool, worse: bool
) -> None:
    assert (trials(found).fits, trials(found).worse) == (fits, worse)


@pytest.mark.parametrize(
    ("found", "end"),
    [
        (WORSE, "-0.030 (-0.050 to -0.010); less than of the running bundle's, beyond chance."),
        (replace(FOUND, difference=Figure(0.03, 0.01, 0.05)), "more than of the running bundle's, beyond chance."),
        (FOUND, "+0.010 (-0.020 to +0.050); no more and no less beyond chance."),
        (replace(FOUND, difference=Figure(-0.01, -0.02, 0.0)), "; no more and no less beyond chance."),
        (replace(FOUND, difference=Figure(0.01, 0.0, 0.02)), "; no more and no less beyond chance."),
        (replace(WORSE, trials_off=-3.1), "; but the propensities do not fit what was shown: do not believe it."),
        (replace(WORSE, trials_off=3.0, plain_difference=None), "; less than of the running bundle's, beyond chance."),
    ],
)
def test_what_is_said_of_a_difference_is_what_its_interval_says(found: Exposure, end: str) -> None:
    said = _judged(trials(found), found)
    assert said.says.endswith(end)
    assert said.worse == ("; less than" in said.says)


def test_the_gate_holds_back_what_is_worse_and_warns_of_a_gain() -> None:
    assert not exposure_gate(trials(WORSE)).passed
    gate = exposure_gate(trials(FOUND))
    assert gate.passed
    assert "It has learned from these events" in gate.says
    assert json.loads(json.dumps(gate.figures))["exposure"]["new"] == {"value": 0.25, "low": 0.21, "high": 0.3}
    assert exposure_gate(trials(None)).says == "It is so.", "where nothing was estimated there is nothing to warn of"
