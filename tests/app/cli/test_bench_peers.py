from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]


def test_a_peer_that_is_not_known_is_told_who_is(toyguide: Run, tmp_path: Path) -> None:
    code, _, said = toyguide("bench", "peers", "--data", tmp_path, "--out", tmp_path / "out", "--peer", "magic")
    assert code == 2
    assert "The '--peer' parameter of bench peers must be one of als, sasrec. Got 'magic' instead." in said
    assert not (tmp_path / "out").exists()


def test_nothing_is_made_for_a_dataset_that_is_not_there(toyguide: Run, tmp_path: Path) -> None:
    code, _, said = toyguide("bench", "peers", "--data", tmp_path / "none", "--out", tmp_path / "out")
    assert code == 2
    assert str(tmp_path / "none") in " ".join(said.split())
    assert not (tmp_path / "out").exists()
