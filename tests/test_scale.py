"""docs/scale.md: every derived figure is what its formula gives."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs" / "scale.md").read_text(encoding="utf-8")
UNITS = {
    **{"million": 1e6, "billion": 1e9, "%": 0.01},
    **{"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12},
    **{"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "days": 86400.0},
}
TOLERANCE = 0.05
"""Of figures with two digits."""


def number(text: str) -> float:
    """ "2.7 million events" → 2.7e6: a number, and the unit beside it where it is one of `UNITS`."""
    found = re.match(r"([\d.,]+(?:e\d+)?)\s*([A-Za-z%]*)", text)
    assert found, text
    return float(found[1].replace(",", "")) * UNITS.get(found[2], 1.0)


def rows(columns: int) -> list[list[str]]:
    """The cells of the tables whose rows begin with a name."""
    lines = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z_0-9]+` \|", line)]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == columns]


def test_every_figure_is_what_its_formula_gives() -> None:
    known = {row[0].strip("`"): number(row[1]) for row in rows(3)}
    assert len(known) >= 25
    wrong = []
    derived = rows(4)
    assert len(derived) >= 50
    for name, formula, given, _ in derived:
        key, words = name.strip("`"), formula.strip("`")
        assert key not in known, f"{key} stands there twice"
        known[key] = eval(words, {"__builtins__": {}}, known)
        if abs(number(given) / known[key] - 1) > TOLERANCE:
            wrong.append(f"{key} = {words} = {known[key]:.4g}, not {given}")
    assert not wrong, "\n".join(wrong)


def test_what_breaks_comes_in_order() -> None:
    table = PAGE.split("## What breaks first", 1)[-1].split("So in this order")[0]
    shares = [number(line.split("|")[3].strip()) for line in table.splitlines() if line.startswith("| `")]
    assert len(shares) == 10
    assert shares == sorted(shares)
