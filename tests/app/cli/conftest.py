"""The command line as a shell sees it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from app.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def toyguide(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`toyguide` with the given arguments: (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["toyguide", *map(str, arguments)])
        capsys.readouterr()  # what a kiosk of a fixture logged
        with pytest.raises(SystemExit) as leaving:
            main()
        out, err = capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return int(leaving.value.code), out, err

    return call
