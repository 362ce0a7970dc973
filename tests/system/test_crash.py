"""kill -9 in the middle of events, a few times; `make check` does it twenty times."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def check_crash() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_crash", ROOT / "scripts" / "check_crash.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_crash"] = module  # where its dataclasses look for their module
    spec.loader.exec_module(module)
    return module


def test_what_was_acknowledged_is_there_once(check_crash: ModuleType, bundle: Path, tmp_path: Path) -> None:
    report = check_crash.crash_under_load(bundle, tmp_path, rounds=3)
    assert report.failures == []
    assert report.acknowledged == report.stored == report.sent > 0


def test_a_loss_would_be_seen(check_crash: ModuleType, bundle: Path, tmp_path: Path) -> None:
    """The check itself: an event that is taken away, and one that nobody sent."""
    report = check_crash.crash_under_load(bundle, tmp_path, rounds=0)
    assert report.failures == []
    till = check_crash.Till(sent={"a", "b"}, kept={"a"})
    said = check_crash._wrong(tmp_path / "kiosk.sqlite", [till], True)
    assert said == [
        "1 acknowledged events are lost, such as a",
        "2 events were sent again and are not there, such as a",
    ]
