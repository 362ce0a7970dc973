"""What is said to the libraries that compute in several threads, and that a user's own word stands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app import threads
from app.threads import settle_threads


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has time on every CPU that it may run on."""
    monkeypatch.setattr(threads, "usable_cpus", lambda: 8)
    monkeypatch.setattr(threads, "available_cpus", lambda: 8)


@pytest.mark.usefixtures("free")
def test_threads_sleep_while_they_wait() -> None:
    told: dict[str, str] = {}
    settle_threads(told)
    assert told == {"OMP_WAIT_POLICY": "PASSIVE"}


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize(
    "said",
    [
        {"OMP_WAIT_POLICY": "ACTIVE"},
        {"GOMP_SPINCOUNT": "1000"},
        {"KMP_BLOCKTIME": "200"},
        {"KMP_LIBRARY": "turnaround"},
        {"OMP_WAIT_POLICY": "", "OMP_NUM_THREADS": "3"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_the_user_says_stands(said: dict[str, str]) -> None:
    told = dict(said)
    settle_threads(told)
    assert told == said


def test_there_are_no_more_threads_than_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "usable_cpus", lambda: 2)
    monkeypatch.setattr(threads, "available_cpus", lambda: 64)
    told: dict[str, str] = {}
    settle_threads(told)
    assert told["OMP_NUM_THREADS"] == "2"
    said = {"OMP_NUM_THREADS": "7"}
    settle_threads(said)
    assert said["OMP_NUM_THREADS"] == "7"


def test_the_command_says_it_before_anything_computes() -> None:
    code = (
        "import os, sys\n"
        "import app.cli.main as cli\n"
        "early = {'torch', 'numpy', 'sklearn', 'scipy', 'onnxruntime'} & set(sys.modules)\n"
        "sys.argv = ['toyguide', '--version']\n"
        "try:\n"
        "    cli.main()\n"
        "finally:\n"
        "    print(sorted(early), os.environ['OMP_WAIT_POLICY'])\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True, env={})
    assert done.stdout.splitlines()[-1] == "[] PASSIVE"
