"""kill -9 in the middle of events, a few times; `make check` does it twenty times."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import check_crash

pytestmark = pytest.mark.system


def test_what_was_acknowledged_is_there_once(bundle: Path, tmp_path: Path) -> None:
    report = check_crash.crash_under_load(bundle, tmp_path, rounds=3)
    assert report.failures == []
    assert report.acknowledged == report.stored == report.sent > 0


def test_a_loss_would_be_seen(bundle: Path, tmp_path: Path) -> None:
    """The check itself: an event that is taken away, and one that nobody sent."""
    report = check_crash.crash_under_load(bundle, tmp_path, rounds=0)
    assert report.failures == []
    till = check_crash.Till(sent={"a", "b"}, kept={"a"})
    said = check_crash._wrong(tmp_path / "kiosk.sqlite", [till], True)
    assert said == [
        "1 acknowledged events are lost, such as a",
        "2 events were sent again and are not there, such as a",
    ]
