"""The pages that tell of the closed loop hold the figures of the results that are kept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.report.loop import loop_plots, standalone
from app.report.loop_text import loop_section

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / "results" / "loop.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("page", "pictures", "whole"), [("README.md", "docs/pictures", False), ("docs/loop.md", "pictures", True)]
)
def test_a_page_says_what_the_kept_results_say(page: str, pictures: str, whole: bool, record: dict[str, Any]) -> None:
    shown = re.search(r"<!-- loop -->\n(.*?)<!-- /loop -->", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    assert shown[1] == loop_section(record, pictures, whole)


def test_the_pictures_are_those_of_the_kept_results(record: dict[str, Any]) -> None:
    for figure, svg in loop_plots(record).items():
        kept = (ROOT / "docs" / "pictures" / f"loop-{figure}.svg").read_text(encoding="utf-8")
        assert kept == standalone(svg)


def test_what_was_held_back_is_said(record: dict[str, Any]) -> None:
    week = next(week for week in record["weeks"] if week["retrained"] is not None)
    gate = {"name": "quality", "passed": False, "says": "worse on tail toys."}
    told = week | {"retrained": week["retrained"] | {"model": None, "gates": [gate]}, "went_back": True}
    said = loop_section(record | {"weeks": [told]}, "pictures", True)
    assert "1 retrainings, 0 of them published, 1 taken back" in said
    assert "worse on tail toys." in said
