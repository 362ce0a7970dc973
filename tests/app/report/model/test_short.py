"""The verdict that stands first says what speaks against a bundle, whatever else is good about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.report.document import Points
from app.report.figures import Estimate
from app.report.model.change import Change
from app.report.model.judged import Kind
from app.report.model.retraining import Retraining
from app.report.model.safety import Safety
from app.report.model.scores import Score
from app.report.model.short import verdict, words_section
from app.report.model.slices import SliceRow

SAFE = Safety(2000, 36_000, 0, "0 of 36,000 toys shown to 2,000 households were unsafe.", 0.0015)
BEYOND, CHANCE, BELOW = Estimate(0.02, 0.01, 0.03), Estimate(0.001, -0.01, 0.012), Estimate(-0.02, -0.03, -0.01)


def score(name: str, kind: Kind, recall: float, ahead: Estimate | None) -> Score:
    found = Estimate(recall, recall - 0.01, recall + 0.01)
    return Score(name, kind, 500, found, found, found, found, ahead, None if ahead is None else 0.01)


SHIPPED = score("student as it ships", "shipped", 0.12, None)
GOOD = (score("popularity", "baseline", 0.05, BEYOND), score("teacher", "teacher", 0.12, CHANCE), SHIPPED)


def change(difference: Estimate) -> Change:
    row = SliceRow("tail toys", 100, Estimate(0.1, 0, 0.2), Estimate(0.1, 0, 0.2), difference)
    return Change((), (row,), Estimate(0.5, 0.4, 0.6), Estimate(0.5, 0.4, 0.6))


def test_what_is_good_is_said_in_words() -> None:
    said = verdict(GOOD, SAFE, change(CHANCE), Retraining("Passed.", (("size", True, "Small."),), {}, ()), False)
    assert said == (
        "Nothing here speaks against putting this bundle on the shelf. It showed nothing unsafe to 2,000 households, "
        "it finds the toy taken next 2.4 times as often as showing everybody what sells most, and it ranks as well as "
        "its teacher."
    )
    assert verdict(GOOD, SAFE, None, None, True).endswith(
        "Its data are simulated: no figure here says what real shoppers would do."
    )
    assert "it ranks less well than its teacher" in verdict(
        (score("teacher", "teacher", 0.2, BELOW), SHIPPED), SAFE, None, None, False
    )


def test_one_unsafe_toy_outweighs_everything() -> None:
    said = verdict(GOOD, replace(SAFE, unsafe=1, at_most=None), None, None, False)
    assert said == "This bundle must not go on the shelf. 1 of 36,000 toys shown were unsafe."


@pytest.mark.parametrize("ahead", [CHANCE, BELOW])
def test_a_simple_way_that_is_as_good_speaks_against_it(ahead: Estimate) -> None:
    said = verdict((score("rules", "baseline", 0.12, ahead), *GOOD), SAFE, None, None, False)
    assert said.startswith("Think twice")
    assert "not better, beyond chance, than a simple way: rules." in said


def test_gates_and_the_bundle_before_speak_against_it() -> None:
    held = Retraining("Held back.", (("size", False, "Large."), ("safety", True, "")), {}, ())
    said = verdict(GOOD, SAFE, change(BELOW), held, False)
    assert said == (
        "Think twice before putting this bundle on the shelf. Its retraining held it back, by the gate “size”. It is "
        "worse than the bundle before on tail toys."
    )
    assert "nothing is known of it" in verdict(GOOD, replace(SAFE, shown=0), None, None, False)


def test_only_terms_that_the_report_uses_are_explained() -> None:
    whole, alone = (" ".join(_points(words_section(scores).blocks[0])) for scores in (GOOD, (SHIPPED,)))
    assert "The teacher:" in whole
    assert "popularity, what most shoppers took" in whole
    assert "The teacher:" not in alone
    assert "Simple ways" not in alone


def _points(block: object) -> tuple[str, ...]:
    assert isinstance(block, Points)
    return block.items
