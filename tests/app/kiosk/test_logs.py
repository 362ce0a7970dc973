"""What the log says of a request, in a file and on the screen of a person: nothing that is somebody's."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from fastapi.testclient import TestClient

from app.kiosk import recommendations
from app.kiosk.logs import configure_logs


class Screen(io.StringIO):
    """A terminal that somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[io.StringIO, Screen])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    stream: io.StringIO = request.param()
    configure_logs(stream)
    yield stream
    structlog.configure(**before)
    root.handlers = handlers
    root.setLevel(level)


def test_a_line_holds_the_route_and_no_id(client: TestClient, log: io.StringIO) -> None:
    client.delete("/v1/sessions/secret-session", headers={"X-Request-ID": "mine"})
    client.get("/v1/search?q=secret-word")
    said = log.getvalue()
    assert "/v1/sessions/{session_id" in said
    assert "mine" in said
    assert "secret" not in said
    assert "testclient" not in said, "the address of the client"


def test_an_error_that_nobody_expected_shows_nothing_of_the_request(
    client: TestClient, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(recommendations, "ranked", fail)
    body = {"session_id": "secret-session", "shopper_id": "secret-shopper", "recipient": {"interests": ["secret"]}}
    assert client.post("/v1/recommendations", json=body).status_code == 500
    said = log.getvalue()
    assert "a mistake of ours" in said
    assert "recommendations.py" in said, "where it happened"
    assert "secret" not in said
