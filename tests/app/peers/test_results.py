from __future__ import annotations

from typing import Any

import pytest

from app.peers.results import markdown


def row(name: str, **more: Any) -> dict[str, Any]:
    figures = {"recall@10": 0.1128, "ndcg@10": 0.0686, "low": 0.0654, "high": 0.0716, "bytes": 840_000}
    times = {"milliseconds": 0.24, "start_seconds": 1.31, "resident_mib": 117.4, "load": 0.2}
    pace = {"seconds": 480.0, "epochs": 24, "seconds_per_epoch": 20.0}
    return {"name": name, "kind": "ours", **figures, **times, "pace": pace, **more}


@pytest.mark.parametrize(
    ("more", "cells"),
    [
        ({}, "| x | .1128 | .0686 | .0654–.0716 | 0.24 | 0.84 | 1.3 | 117 | 8.0 min (24 × 20.0 s) |"),
        ({"bare_milliseconds": 0.1}, "| x | .1128 | .0686 | .0654–.0716 | 0.24 (bare 0.10) | 0.84 | 1.3 | 117 |"),
        ({"load": 1.5}, "| x | .1128 | .0686 | .0654–.0716 | – | 0.84 | – | 117 | – |"),
        ({"pace": None}, "| 117 | – |"),
    ],
)
def test_a_row_says_what_was_measured_and_no_time_of_a_busy_machine(more: dict[str, Any], cells: str) -> None:
    table = markdown({"rows": [row("x", **more)], "machine": {"cores": 2}}).splitlines()
    assert cells in table[2]
    assert {line.count("|") for line in table} == {10}
