import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from app.cli.console import Exit
from app.ports import bind

COMMAND = [sys.executable, "-m", "app.cli", "shop"]


def run(*options: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=240, cwd=cwd, check=False)


def test_an_address_that_is_none_is_one_sentence_and_code_2(tmp_path: Path) -> None:
    done = run("--api", "kiosk", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip() == (
        "Error: The option --api is not right: it must be an address such as http://127.0.0.1:8000. Got 'kiosk'."
    )


def test_a_busy_port_says_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port), cwd=tmp_path)
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is in use. Choose another with --port" in done.stderr
    assert "Traceback" not in done.stderr


ENDINGS = {signal.SIGTERM: (-signal.SIGTERM,), signal.SIGINT: (Exit.INTERRUPTED, Exit.OK)}
"""Exit codes; OK where whoever started the tests ignores SIGINT."""


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_serves_until_it_is_told_to_stop_and_leaves_nothing_behind(tmp_path: Path, ending: signal.Signals) -> None:
    reserved = bind("127.0.0.1", 0)  # held, and not listened on: nobody else is given this port
    port = reserved.getsockname()[1]
    log = tmp_path / "log"
    with log.open("wb") as errors:
        options = ["--port", str(port), "--api", "http://127.0.0.1:9"]
        shop = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=errors, cwd=tmp_path)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", shop)
        assert f"The shop opens at http://127.0.0.1:{port}" in log.read_text()
        os.kill(shop.pid, ending)
        stdout, _ = shop.communicate(timeout=60)
    finally:
        if shop.poll() is None:
            shop.kill()
    assert stdout == b""
    assert shop.returncode in ENDINGS[ending]
    said = log.read_text().splitlines()
    assert said[0].startswith("The shop opens at")
    assert not any(said[1:]), "nothing but an empty line after ^C"
    with reserved:
        reserved.listen()  # the port is free again


def wait_for(address: str, process: subprocess.Popen[bytes], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the shop ended"
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"{address} did not answer")
