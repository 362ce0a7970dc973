"""Bundles take each other's place in a real process under load: a few rounds; `make check` runs many."""

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def check_swaps() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_swaps", ROOT / "scripts" / "check_swaps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there for what an annotation means
    spec.loader.exec_module(module)
    return module


def test_no_request_fails_while_bundles_change(check_swaps: ModuleType, bundle: Path, tmp_path: Path) -> None:
    first = Path(shutil.copytree(bundle, tmp_path / "stick" / "first"))
    second = check_swaps.renamed(first, tmp_path / "stick" / "second")
    report = check_swaps.swap_under_load((first, second), tmp_path, rounds=3)
    assert report.failures == []
    assert report.answered == report.requests > 150
    assert len(report.models) == 2
    assert report.growth < check_swaps.MOST_GROWTH
