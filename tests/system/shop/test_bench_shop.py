"""`toyguide bench shop` on the real stack: every step of a visit is reached and has a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.bench_shop import _STEPS
from tests.system.shop.goods import toys

pytestmark = pytest.mark.system


def test_every_step_of_a_visit_is_measured(make_bundle: Callable[..., Path], tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", toys())
    # A process of its own: one process holds one Playwright, and the journeys beside this one have theirs.
    command = [sys.executable, "-m", "app.cli", "bench", "shop", "--bundle", str(bundle), "--rounds", "2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["toys"], found["rounds"], found["untrained"]) == (25, 2, False)
    assert set(found["steps"]) == set(_STEPS)
    for name, took in found["steps"].items():
        assert 0 < took["median"] <= took["p90"], name
        assert took["socket_kib"] > 1, name
    assert found["steps"]["like"]["limit"] == 400
