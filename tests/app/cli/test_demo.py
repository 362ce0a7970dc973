"""The demo as a newcomer meets it: really run, on a very small shop."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import bind

COMMAND = [sys.executable, "-m", "app.cli", "demo", "--toys", "120", "--shoppers", "150", "--events", "2400"]
ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "COLUMNS": "120"}


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, timeout=900, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = run("--no-serve", "--dir", str(folder))
    assert done.returncode == 0, done.stderr
    for name in ("popularity", "item-kNN", "rules", "teacher", "student"):
        assert name in done.stdout
    for column in ("Recall@10", "NDCG@10", "MB", "ms a request"):
        assert column in done.stdout
    return folder


def test_a_second_demo_takes_over_what_is_up_to_date(made):
    before = {file: file.stat().st_mtime_ns for file in made.rglob("*") if file.is_file()}
    done = run("--no-serve", "--json", "--dir", str(made))
    assert done.returncode == 0, done.stderr
    scores = {row["recommender"]: row for row in json.loads(done.stdout)}
    assert {file: file.stat().st_mtime_ns for file in made.rglob("*") if file.is_file()} == before
    assert all(0 <= row["ndcg_10"] <= row["recall_10"] <= 1 and row["milliseconds"] > 0 for row in scores.values())
    assert scores["student (ONNX, int8 table)"]["megabytes"] < scores["teacher"]["megabytes"]


def test_another_seed_makes_another_shop(made, tmp_path):
    record = json.loads((made / "dataset" / "dataset.json").read_text())
    size = ["--toys", "120", "--shoppers", "150", "--events", "2400"]
    command = [sys.executable, "-m", "app.cli", "data", "simulate", "--out", str(tmp_path / "d"), *size, "--json"]
    same = subprocess.run([*command, "--seed", "7"], capture_output=True, cwd=ROOT, env=ENVIRONMENT, check=True)
    other = subprocess.run([*command, "--seed", "8"], capture_output=True, cwd=ROOT, env=ENVIRONMENT, check=True)
    assert json.loads(same.stdout)["digest"] == record["digest"]
    assert json.loads(other.stdout)["digest"] != record["digest"]


@pytest.mark.parametrize("option", ["--port", "--shop-port"])
def test_a_busy_port_is_said_before_anything_slow_begins(tmp_path, option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(option, str(port), "--dir", str(tmp_path / "demo"))
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is in use. Choose another with {option}" in " ".join(done.stderr.split())
    assert not (tmp_path / "demo").exists()


@pytest.fixture
def reserved() -> Iterator[list[int]]:
    """Two ports that a command may listen on and nobody else is given: held, and not listened on."""
    with bind("127.0.0.1", 0) as one, bind("127.0.0.1", 0) as other:
        yield [one.getsockname()[1], other.getsockname()[1]]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def test_it_opens_both_doors_and_closes_both_when_told(made, reserved):
    port, shop_port = reserved
    command = [*COMMAND, "--dir", str(made), "--port", str(port), "--shop-port", str(shop_port)]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            printed = ""
            while "Ctrl-C stops both" not in printed:
                line = running.stdout.readline()
                assert line, f"it ended first: {printed}"
                printed += line
            assert f"http://127.0.0.1:{shop_port}" in printed
            assert answers(f"http://127.0.0.1:{port}/readyz")
            assert answers(f"http://127.0.0.1:{shop_port}/_stcore/health")
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0
        finally:
            running.kill()
    deadline = time.monotonic() + 60
    while answers(f"http://127.0.0.1:{port}/readyz") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not answers(f"http://127.0.0.1:{port}/readyz")
    assert not answers(f"http://127.0.0.1:{shop_port}/_stcore/health")


def test_an_option_that_cannot_be_is_one_sentence(tmp_path):
    done = run("--no-serve", "--toys", "3", "--dir", str(tmp_path / "demo"))
    assert done.returncode == 2
    assert re.search(r"'toys' parameter of simulate must be an int in \[", " ".join(done.stderr.split()))
    assert "Traceback" not in done.stderr
