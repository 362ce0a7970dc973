"""The figures that docs/results tells of catalogue sizes come from its file."""

from __future__ import annotations

import json
from pathlib import Path

from app.report.sizes import chart
from app.report.sizes_text import markdown

RESULTS = Path(__file__).parents[3] / "docs" / "results"


def test_the_page_and_the_chart_are_made_of_the_file() -> None:
    found = json.loads((RESULTS / "sizes.json").read_text(encoding="utf-8"))
    assert (RESULTS / "sizes.md").read_text(encoding="utf-8") == markdown(found, "sizes.svg")
    assert (RESULTS / "sizes.svg").read_text(encoding="utf-8") == chart(found["sizes"])
