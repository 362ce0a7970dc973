from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.peers.results import markdown, section, without_times

ROOT = Path(__file__).parents[3]


def row(name: str, **more: Any) -> dict[str, Any]:
    figures = {"recall@10": 0.1128, "ndcg@10": 0.0686, "low": 0.0654, "high": 0.0716, "bytes": 840_000}
    times = {"milliseconds": 0.24, "start_seconds": 1.31, "resident_mib": 117.4, "others": 0.02}
    pace = {"seconds": 480.0, "epochs": 24, "seconds_per_epoch": 20.0, "others": 0.1}
    return {"name": name, "kind": "ours", **figures, **times, "pace": pace, **more}


@pytest.mark.parametrize(
    ("more", "cells"),
    [
        ({}, "| x | .1128 | .0686 | .0654–.0716 | 0.24 | 0.84 | 1.3 | 117 | 8.0 min (24 × 20.0 s) |"),
        ({"bare_milliseconds": 0.1}, "| x | .1128 | .0686 | .0654–.0716 | 0.24 (bare 0.10) | 0.84 | 1.3 | 117 |"),
        (
            {"pace": {"seconds": 0.39, "epochs": 15, "seconds_per_epoch": 0.026, "others": 0.0}},
            "| 117 | 390 ms (15 × 26 ms) |",
        ),
        ({"others": 0.5}, "| x | .1128 | .0686 | .0654–.0716 | – | 0.84 | – | 117 | – |"),
        ({"pace": None}, "| 117 | – |"),
    ],
)
def test_a_row_says_what_was_measured_and_no_time_of_a_busy_machine(more: dict[str, Any], cells: str) -> None:
    table = markdown({"rows": [row("x", **more)]}).splitlines()
    assert cells in table[2]
    assert {line.count("|") for line in table} == {10}


@pytest.mark.parametrize(("page", "pictures"), [("README.md", "docs/pictures"), ("docs/bench.md", "pictures")])
def test_the_table_of_the_peers_is_that_of_the_kept_results(page: str, pictures: str) -> None:
    found = json.loads((ROOT / "docs" / "results" / "peers.json").read_text(encoding="utf-8"))
    shown = re.search(r"<!-- peers -->\n(.*?)<!-- /peers -->", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    assert shown[1] == section(found, pictures)


def test_no_time_of_a_busy_machine_is_kept() -> None:
    learning = {"trials": [{"factors": 64, "seconds": 3.0, "validation_ndcg_10": 0.04}]}
    found = without_times({"rows": [row("busy", others=1.3, learning=learning), row("quiet")]})
    busy, quiet = found["rows"]
    assert quiet == row("quiet")
    assert busy["learning"] == {"trials": [{"factors": 64, "validation_ndcg_10": 0.04}]}
    assert busy.keys() & {"milliseconds", "start_seconds", "pace"} == set()
    assert (busy["ndcg@10"], busy["resident_mib"], busy["others"]) == (0.0686, 117.4, 1.3)


def test_a_chart_is_shown_where_all_times_are_to_be_trusted_and_a_short_learning_is_said() -> None:
    found = {
        "dataset": {"name": "table", "toys": 1000},
        "queries": 1234,
        "minutes": 5.0,
        "threads": 1,
        "protocol": "leave-one-out",
        "part": "test",
        "order": "given",
    }
    quiet = section(found | {"rows": [row("x", learning={"done": True})]}, "there")
    assert "](there/peers.svg)" in quiet
    assert "1,234 shoppers" in quiet
    assert "\\*" not in quiet
    busy = section(found | {"rows": [row("x", learning={"done": False}), row("y", others=1.9)]}, "there")
    assert "peers.svg" not in busy
    assert "Times are left out" in busy
    assert "| x\\* |" in busy
    assert "its 5 minutes" in busy
