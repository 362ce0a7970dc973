"""`toyguide bench kiosk` with real processes: what it measures is there, and what goes wrong is one sentence."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.kiosk_figures import ROUNDS, STARTS
from app.cli.kiosk_load import Connection, post, shoppers, spread
from app.cli.main import app
from data.errors import ToyGuideError
from data.schema import Audience, Toy


def test_every_figure_is_measured(bundle: Path) -> None:
    done = CliRunner().invoke(app, ["bench", "kiosk", "--bundle", str(bundle), "--requests", "100", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["toys"], found["requests"], found["untrained"], found["ages"]) == (12, 100, False, True)
    assert 0 < found["shown"] <= 10
    assert len(found["ready_seconds"]) == STARTS
    assert min(found["ready_seconds"]) > 0.1
    assert 40 < found["resident_at_start"] <= found["resident_after_load"] + 5
    for kind in ("recommendation", "empty", "bare"):
        assert 0 < found[kind]["median"] <= found[kind]["p95"]
        assert found[f"{kind}_rate"] > 0
    assert len(found["over_empty"]) == len(found["over_bare"]) == ROUNDS
    assert found["recommendation"]["median"] > found["empty"]["median"], "a recommendation is more than nothing"


def test_what_is_no_bundle_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["bench", "kiosk", "--bundle", str(tmp_path)])
    assert isinstance(result.exception, ToyGuideError)
    assert "is not a bundle" in str(result.exception)


def test_a_bundle_no_kiosk_runs_with_is_told_by_the_kiosks_own_words(
    toys: list[Toy], make_bundle: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_bundle(tmp_path / "bundle", toys)
    (folder / "student.onnx").write_bytes(b"no graph")
    result = CliRunner().invoke(app, ["bench", "kiosk", "--bundle", str(folder)])
    assert isinstance(result.exception, ToyGuideError)
    assert "did not come up" in str(result.exception)
    assert "student.onnx is truncated" in str(result.exception)


def test_requests_are_varied_the_same_each_time_and_state_an_age_where_toys_do(toys: list[Toy]) -> None:
    bodies = shoppers(toys, 50)
    assert bodies == shoppers(toys, 50)
    assert len({json.dumps(body) for body in bodies}) > 40
    assert all("age_months" in body["recipient"] and len(body["history"]) == 5 for body in bodies)
    unknown = [replace(toy, audience=Audience.UNKNOWN) for toy in toys]
    assert not any("age_months" in body["recipient"] for body in shoppers(unknown, 50))


def test_a_spread_is_in_milliseconds() -> None:
    found = spread([place / 1000 for place in range(1, 101)])
    assert found.median == pytest.approx(50.5)
    assert 94 < found.p95 < 97


@pytest.mark.parametrize(
    ("said", "wrong"),
    [(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "answered"), (b"HTTP/1.1 200 OK\r\nContent-", "hung up")],
)
def test_an_answer_that_is_none_ends_the_measurement(said: bytes, wrong: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        connection = Connection(listener.getsockname()[1])
        with pytest.raises(OSError, match=wrong):
            connection.ask(post("/", {}))
        connection.close()
        thread.join()
