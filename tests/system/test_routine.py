"""From a kiosk's events to a new bundle live on it and back, over HTTP and with real commands, on a small shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import check_routine

pytestmark = pytest.mark.system


def test_there_and_back_though_the_command_was_killed_once(tmp_path: Path) -> None:
    report = check_routine.routine(check_routine.small_shop(tmp_path / "shop"), tmp_path, epochs=1, kill=True)
    assert report.failures == []
    assert report.killed
    assert {gate["name"] for gate in report.verdict["gates"] if not gate["passed"]} <= check_routine.BY_CHANCE
    assert min(report.seconds) > 0, "there and back"
    assert report.requests > 100
