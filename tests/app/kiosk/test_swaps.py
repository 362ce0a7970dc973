"""Bundles take each other's place in a real process under load: a few rounds; `make check` runs many."""

import shutil
from pathlib import Path

from scripts import check_swaps


def test_no_request_fails_while_bundles_change(bundle: Path, tmp_path: Path) -> None:
    first = Path(shutil.copytree(bundle, tmp_path / "stick" / "first"))
    second = check_swaps.renamed(first, tmp_path / "stick" / "second")
    report = check_swaps.swap_under_load((first, second), tmp_path, rounds=3)
    assert report.failures == []
    assert report.answered == report.requests > 150
    assert len(report.models) == 2
    assert report.growth < check_swaps.MOST_GROWTH
