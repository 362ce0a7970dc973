"""Told to stop under load, a kiosk answers all that was begun, keeps what it acknowledged, and says that it goes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import uvicorn

from app.kiosk.stopping import StoppingServer
from app.ports import bind

ROOT = Path(__file__).parents[3]
CLIENTS = 200
EVENTS = CLIENTS // 4
"""So many of them send an event: each is synced, and all must be in the ten seconds that a kiosk takes to stop."""


@pytest.fixture
def start(bundle: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    running: list[subprocess.Popen[str]] = []

    def start(**settings: str) -> tuple[subprocess.Popen[str], str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment |= {f"TOYGUIDE_KIOSK_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "-c", "from app.cli.main import main; main()", "kiosk", "--bundle", str(bundle)]
        command += ["--port", "0", "--database", str(tmp_path / "kiosk.sqlite")]
        log = tmp_path / "log.txt"
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(command, stderr=stream, text=True, cwd=tmp_path, env=environment)
        running.append(process)
        return process, address_in(log, process)

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


def address_in(log: Path, process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        words = log.read_text(encoding="utf-8").split()
        if address := next((word for word in words if word.startswith("http://")), None):
            return address
        time.sleep(0.02)
    pytest.fail(log.read_text(encoding="utf-8"))


def request(path: str, body: dict) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: kiosk\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    return f"{head}\r\n\r\n".encode() + content


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length: ")[1].split("\r\n")[0])
    return int(head.split()[1]), json.loads(await reader.readexactly(length))


async def load_and_stop(address: str, process: subprocess.Popen[str]) -> list[tuple[int, dict]]:
    """`CLIENTS` connections with a request under way on each, then SIGTERM; what each of them was answered."""
    host, port = address.removeprefix("http://").split(":")
    connections = [await asyncio.open_connection(host, int(port)) for _ in range(CLIENTS)]
    for _, writer in connections:  # the kiosk has taken each connection when it has answered on it
        writer.write(request("/v1/recommendations", {"k": 1}))
    assert {status for status, _ in await asyncio.gather(*(answer(reader) for reader, _ in connections))} == {200}
    for number, (_, writer) in enumerate(connections):
        if number % 4 == 1:
            event = {"event_id": f"e{number}", "session_id": "s", "toy_id": "bear", "kind": "like"}
            writer.write(request("/v1/events:batch", {"events": [event]}))
        else:
            writer.write(request("/v1/recommendations", {"k": 10}))
    first = await answer(connections[0][0])  # they are being answered: this is the middle of it
    process.send_signal(signal.SIGTERM)
    rest = await asyncio.gather(*(answer(reader) for reader, _ in connections[1:]))
    for _, writer in connections:
        writer.close()
    return [first, *rest]


def test_what_was_begun_is_answered_and_what_was_acknowledged_is_kept(start, tmp_path: Path) -> None:
    process, address = start()
    answers = asyncio.run(load_and_stop(address, process))
    assert [status for status, _ in answers] == [200] * CLIENTS
    verdicts = [body["results"][0]["status"] for _, body in answers if "results" in body]
    assert verdicts == ["accepted"] * EVENTS
    assert process.wait(timeout=60) in (0, 128 + signal.SIGTERM, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log.txt").read_text(encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "kiosk.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (EVENTS,)


def test_a_kiosk_that_is_to_stop_is_alive_but_not_ready_and_answers_for_a_while(start) -> None:
    process, address = start(drain_seconds="60")
    with httpx.Client(base_url=address, timeout=60) as client:
        assert client.get("/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 60
        while (refused := client.get("/readyz")).status_code == 200:
            assert time.monotonic() < deadline
        assert (refused.status_code, refused.json()["code"]) == (503, "not_ready")
        assert "stopping" in refused.json()["detail"]
        assert client.get("/healthz").status_code == 200
        assert client.post("/v1/recommendations", json={}).status_code == 200
        assert httpx.get(f"{address}/healthz", timeout=60).status_code == 200, "new connections are taken too"
    process.send_signal(signal.SIGTERM)  # again: do not wait
    process.wait(timeout=60)


def test_a_request_that_came_in_the_moment_of_the_signal_is_answered() -> None:
    """It lies with the system, unread, when the server looks whether it is time to leave."""

    async def hello(scope: dict, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})

    async def stop_in_that_moment() -> bytes:
        config = uvicorn.Config(hello, lifespan="off", log_config=None)
        config.load()
        server = StoppingServer(config, lambda: None, drain_seconds=0)
        server.lifespan = config.lifespan_class(config)
        with bind("127.0.0.1", 0) as listener, socket.socket() as client:
            await server.startup(sockets=[listener])
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, listener.getsockname())
            while not server.server_state.connections:
                await asyncio.sleep(0.01)
            client.send(b"GET / HTTP/1.1\r\nHost: kiosk\r\n\r\n")
            server.handle_exit(signal.SIGTERM, None)
            assert await server.on_tick(1)
            await server.shutdown()
            return await asyncio.get_running_loop().sock_recv(client, 1000)

    assert asyncio.run(stop_in_that_moment()).startswith(b"HTTP/1.1 200")
