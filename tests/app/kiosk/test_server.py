"""The kiosk as a process of its own: it listens, logs nothing personal, stops when told, and is light."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.server import uvicorn_config
from data.errors import BundleError
from recommender.serving.bundle import sign_bundle
from recommender.serving.keys import make_keys

TOYGUIDE = [sys.executable, "-c", "from app.cli.main import main; main()"]
Kiosk = tuple[subprocess.Popen[str], str, Path]


@pytest.fixture
def kiosk(bundle: Path, tmp_path: Path) -> Iterator[Kiosk]:
    """(process, address, log file) of `toyguide kiosk` on a free port."""
    log = tmp_path / "log.txt"
    command = [*TOYGUIDE, "kiosk", "--bundle", str(bundle), "--port", "0"]
    command += ["--database", str(tmp_path / "kiosk.sqlite")]
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stderr=stream, text=True, cwd=tmp_path, env=environment())
    try:
        yield process, listening(process, log), log
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def environment() -> dict[str, str]:
    root = Path(__file__).parents[3]
    return {**os.environ, "PYTHONPATH": str(root)}


def listening(process: subprocess.Popen[str], log: Path) -> str:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        words = log.read_text(encoding="utf-8").split()
        address = next((word for word in words if word.startswith("http://")), None)
        if address is not None:
            try:
                if httpx.get(f"{address}/readyz", timeout=60).status_code == 200:
                    return address
            except httpx.TransportError:
                pass
        time.sleep(0.05)
    pytest.fail(f"The kiosk did not come up: {log.read_text(encoding='utf-8')}")


def test_a_client_gives_an_idle_connection_up_before_the_kiosk_does() -> None:
    kept = uvicorn_config(FastAPI()).timeout_keep_alive
    patience = httpx.Limits().keepalive_expiry
    assert patience is not None
    assert kept > 2 * patience


def test_ctrl_c_ends_a_kiosk_without_a_traceback(kiosk: Kiosk) -> None:
    process, _, log = kiosk
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) in (0, 130)  # 0 where whoever started the tests ignores SIGINT
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_a_kiosk_answers_logs_nothing_personal_and_stops_when_told(kiosk: Kiosk) -> None:
    process, address, log = kiosk
    with httpx.Client(base_url=address, timeout=60) as client:
        body = {"history": ["track"], "recipient": {"age_months": 50, "interests": ["secret-liking"]}}
        answer = client.post("/v1/recommendations", json=body)
        assert answer.status_code == 200
        event = {"event_id": "e1", "session_id": "secret-session", "toy_id": "track", "kind": "like"}
        event |= {"shopper_id": "secret-shopper", "recommendation_id": answer.json()["recommendation_id"]}
        assert client.post("/v1/events:batch", json={"events": [event]}).json()["results"][0]["status"] == "accepted"
        assert client.get("/v1/toys/secret-toy").status_code == 404
        assert client.post("/v1/recommendations", content=b'{"secret": 1}').status_code == 415
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    text = log.read_text(encoding="utf-8")
    assert "secret" not in text
    assert "Traceback" not in text
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request" and line["route"] != "/readyz"]
    assert [(line["method"], line["route"], line["status"]) for line in requests] == [
        ("POST", "/v1/recommendations", 200),
        ("POST", "/v1/events:batch", 200),
        ("GET", "/v1/toys/{toy_id}", 404),
        ("POST", "/v1/recommendations", 415),
    ]
    assert len({line["request_id"] for line in requests}) == 4


def test_answers_do_not_wait_for_the_network(kiosk: Kiosk) -> None:
    """Without TCP_NODELAY every answer on a kept connection takes 40 ms."""
    _, address, _ = kiosk
    with httpx.Client(base_url=address, timeout=60) as client:

        def seconds() -> float:
            started = time.perf_counter()
            client.post("/v1/recommendations", json={})
            return time.perf_counter() - started

        assert any(seconds() < 0.03 for _ in range(200)), "one of them met no other work of this machine"


def run(*options: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [*TOYGUIDE, *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment(), timeout=240)


def test_a_busy_port_is_one_sentence_with_the_way_out(bundle: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("kiosk", "--bundle", str(bundle), "--port", str(port), cwd=tmp_path)
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is in use. Choose another with --port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--bundle", "nowhere"], "nowhere does not exist"),
        (["--bundle", "."], "is not a bundle"),
        (["--port", "70000"], "The option --port is not right"),
        (["--host", "no.such.host.invalid"], "Choose another with --host"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    done = run("kiosk", "--port", "0", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_bundle_that_the_key_does_not_vouch_for_is_refused_at_start(bundle: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    public = make_keys(tmp_path / "shop")
    make_keys(tmp_path / "other")
    done = run("kiosk", "--port", "0", "--bundle", str(folder), "--verify-key", str(public), cwd=tmp_path)
    assert done.returncode == 2
    assert "bundle must be signed by the key" in done.stderr
    assert "Traceback" not in done.stderr

    settings = KioskSettings(bundle=folder, database=tmp_path / "kiosk.sqlite", verify_key=public)
    sign_bundle(folder, tmp_path / "other")
    with pytest.raises(BundleError, match="another key signed it"):
        create_app(settings)
    assert not (tmp_path / "kiosk.sqlite").exists()
    sign_bundle(folder, tmp_path / "shop")
    with TestClient(create_app(settings)) as client:
        assert client.get("/readyz").status_code == 200


def test_a_second_kiosk_on_the_same_database_does_not_start_and_commands_go_on(kiosk: Kiosk, bundle: Path) -> None:
    _, address, log = kiosk
    folder = log.parent
    listening(kiosk[0], log)
    database = ["--database", str(folder / "kiosk.sqlite")]
    second = run("kiosk", "--port", "0", "--bundle", str(bundle), *database, cwd=folder)
    assert second.returncode == 2
    assert f"Another kiosk runs with the database {folder / 'kiosk.sqlite'}." in second.stderr
    assert run("kiosk", "key", "list", *database, cwd=folder).returncode == 0
    assert httpx.get(f"{address}/readyz", timeout=60).status_code == 200


def test_the_kiosk_is_light() -> None:
    heavy = (
        "torch",
        "pandas",
        "pyarrow",
        "sklearn",
        "scipy",
        "sqlalchemy",
        "lightning_fabric",
        "streamlit",
        "cryptography",
        "prometheus_client",
    )
    code = f"import sys, app.kiosk, app.cli.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.strip() == "[]"
