"""What `toyguide bench shop` says where it cannot measure; what it measures is in tests/system/shop."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.bench_shop import _STEPS
from app.cli.main import app
from app.cli.shop_figures import LIMITS, _took
from data.errors import ToyGuideError


def test_without_playwright_it_says_what_to_install(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    result = CliRunner().invoke(app, ["bench", "shop", "--bundle", str(bundle)])
    assert isinstance(result.exception, ToyGuideError)
    assert str(result.exception).endswith("Install it with: pip install 'toyguide[dev]'.")


def test_without_a_browser_it_says_what_to_install(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["bench", "shop", "--bundle", str(bundle)])
    assert isinstance(result.exception, ToyGuideError)
    assert "apt-get install chromium" in str(result.exception)


def test_times_are_the_middle_and_what_nine_of_ten_stay_under() -> None:
    took = _took("like", [(float(time), 2048.0) for time in range(1, 12)])
    assert (took.median, took.p90, took.socket_kib, took.limit) == (6, 10, 2, 400)
    assert _took("toy", [(7.0, 0.0)]).p90 == 7
    assert set(LIMITS) <= set(_STEPS)
