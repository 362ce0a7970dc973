"""Every event reaches headquarters once, whatever the network does, and what must not leave does not."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app, load_settings
from app.kiosk.background.forwarder import BATCH, Forwarder, Progress
from app.kiosk.background.headquarters import Headquarters, PostFailedError
from app.kiosk.store.database import Database
from app.kiosk.store.events import EventStore, StoredEvent
from app.kiosk.store.forget import Forgetting
from app.kiosk.store.forward import Outbox
from data.errors import ToyGuideError
from data.schema import EventKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
Says = int | Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Headquarters: `says` is what it answers with, one request after another; the last goes for all that follow."""

    def __init__(self, *says: Says) -> None:
        self.says = list(says or (204,))
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.release = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.headers.append({**self.headers, "path": self.path})
                answer = server.says.pop(0) if len(server.says) > 1 else server.says[0]
                if callable(answer):
                    answer(self)
                    return
                if answer // 100 == 2:
                    server.bodies.append(json.loads(body))
                self.send_response(answer)
                if answer // 100 == 3:
                    self.send_header("Location", f"{server.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:  # where a client that follows a redirect would come
                server.headers.append({"path": self.path})
                self.send_error(500)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def hang(self, _handler: BaseHTTPRequestHandler) -> None:
        self.release.wait(20)

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not self.release.wait(0.02):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    def break_off(self, handler: BaseHTTPRequestHandler) -> None:
        """Take it, and die before saying so."""
        handler.connection.close()

    def half_a_line(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 2")

    @property
    def got(self) -> list[str]:
        return [event["event_id"] for body in self.bodies for event in body["events"]]

    def close(self) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(*says: Says) -> Iterator[Server]:
    server = Server(*says)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "kiosk.sqlite")
    yield database
    database.close()


def keep(database: Database, *names: str, **more: Any) -> None:
    events = [StoredEvent(name, "visit", "track", EventKind.LIKE, more.pop("time", NOW), NOW, **more) for name in names]
    EventStore(database).keep(events)


def forwarder(database: Database, url: str, **more: Any) -> Forwarder:
    headquarters = Headquarters(f"{url}/events?shop=1", "secret")
    return Forwarder(Outbox(database), headquarters, "north", poll=0.01, first_pause=0.01, longest_pause=0.02, **more)


def until(done: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_event_goes_whole_and_once(database: Database) -> None:
    keep(database, "e1", shopper_id="ada", recommendation_id="r", recipient_id="kid", recipient_age=50,
         recipient_interests=("火车",), time=NOW + timedelta(days=1), skew_ms=86_400_000)  # fmt: skip
    with serving() as server:
        forward = forwarder(database, server.url)
        assert forward.progress() == Progress("up", 1)
        assert forward.send()
        assert not forward.send(), "nothing is left"
        assert forward.progress() == Progress("up", 0, sent=1)
        assert server.headers[0]["Authorization"] == "Bearer secret"
        assert server.headers[0]["path"] == "/events?shop=1"
    assert server.bodies == [
        {
            "store_id": "north",
            "forgotten": [],
            "events": [
                {
                    "event_id": "e1",
                    "session_id": "visit",
                    "shopper_id": "ada",
                    "toy_id": "track",
                    "kind": "like",
                    "time": "2026-03-02T12:00:00.000Z",
                    "received": "2026-03-01T12:00:00.000Z",
                    "skew_ms": 86_400_000,
                    "recommendation_id": "r",
                    "recipient": {"id": "kid", "age_months": 50, "interests": ["火车"]},
                }
            ],
        }
    ]


def test_through_failures_of_every_kind_each_comes_once_and_in_order(database: Database) -> None:
    names = [f"e{place}" for place in range(BATCH * 2 + 7)]
    keep(database, *names)
    with serving(204) as server, structlog.testing.capture_logs() as logs:
        server.says = [500, server.break_off, 302, 204, 429, server.half_a_line, 401, 204, 503, 204]
        forward = forwarder(database, server.url)
        forward.start()
        until(lambda: len(server.got) >= len(names))
        keep(database, "late")
        until(lambda: "late" in server.got)
        until(lambda: forward.progress().waiting == 0)
        forward.stop()
        assert server.got == [*names, "late"]
        assert {head["path"] for head in server.headers} == {"/events?shop=1"}, "no redirect was followed"
    said = [(line["log_level"], line["event"].split(";")[0]) for line in logs]
    down = ("warning", "headquarters has not got the events")
    assert said == [down, ("info", "headquarters gets the events again")] * 3, "a line a change, not a try"
    assert "secret" not in str(logs)
    assert "visit" not in str(logs)


def test_what_was_taken_and_not_acknowledged_is_sent_again_the_same(database: Database) -> None:
    keep(database, "e1", "e2")
    with serving(204) as server:
        server.says = [server.break_off, 204]
        forward = forwarder(database, server.url)
        assert not forward.send()
        assert forward.progress().state == "down"
        assert forward.send()
        assert server.got == ["e1", "e2"]


def test_a_kiosk_killed_before_its_cursor_moved_sends_one_parcel_again(database: Database) -> None:
    keep(database, "e1")
    outbox = Outbox(database)
    first = outbox.next(10)
    assert first is not None  # sent, acknowledged, and then the power went
    assert Outbox(database).next(10) == first
    outbox.sent(first)
    assert outbox.next(10) is None
    keep(database, "e2")
    with database.writing() as connection:
        connection.execute("DELETE FROM events")
    keep(database, "e3")
    found = outbox.next(10)
    assert found is not None
    assert [event["event_id"] for event in found.events] == ["e3"], "its number was never given before"


def test_what_passes_stays_here(database: Database) -> None:
    keep(database, "child", session_only=True)
    assert Outbox(database).waiting() == 0
    keep(database, "parent")
    keep(database, "child again", session_only=True)
    with serving() as server:
        forward = forwarder(database, server.url)
        assert forward.send()
        assert not forward.send()
        assert server.got == ["parent"]


def test_who_is_forgotten_waits_no_more_and_headquarters_is_told(database: Database) -> None:
    keep(database, "e1", shopper_id="ada")
    with serving() as server:
        forward = forwarder(database, server.url)
        assert forward.send()
        keep(database, "e2", shopper_id="ada")
        keep(database, "e3", shopper_id="bob")
        forgetting = Forgetting(database, tell_headquarters=False)  # no more: but it was told of her before
        assert forgetting.shopper("ada", NOW).events == 2
        keep(database, "e4", shopper_id="ada")  # she is back
        assert forward.send()
        assert server.bodies[1]["forgotten"] == [{"shopper_id": "ada", "time": "2026-03-01T12:00:00.000Z"}]
        assert [event["event_id"] for event in server.bodies[1]["events"]] == ["e3", "e4"]
        forgetting.session("visit", NOW)
        assert forward.send()
        assert server.bodies[2] == {
            "store_id": "north",
            "forgotten": [{"session_id": "visit", "time": "2026-03-01T12:00:00.000Z"}],
            "events": [],
        }
    assert b"ada" not in database.file.read_bytes()


def test_a_batch_that_is_too_large_is_made_smaller(database: Database) -> None:
    keep(database, *(f"e{place}" for place in range(BATCH)))
    with serving(413, 413, 204) as server:
        forward = forwarder(database, server.url)
        assert [forward.send(), forward.send(), forward.send()] == [False, False, True]
        assert len(server.got) == BATCH // 4


def test_times_at_the_ends_of_time_can_be_sent(database: Database) -> None:
    for name, time_ in (("first", "0001-01-01T00:00:00+12:00"), ("last", "9999-12-31T23:59:59-12:00")):
        keep(database, name, time=datetime.fromisoformat(time_))
    with serving() as server:
        assert forwarder(database, server.url).send()
        assert [event["time"][:4] for event in server.bodies[0]["events"]] == ["0001", "9999"]


def test_pauses_double_spread_and_end_at_the_longest(database: Database) -> None:
    with serving(500) as server:
        chances = iter([0.0, 0.999, 0.0, 0.0, 0.0])
        forward = Forwarder(
            Outbox(database), Headquarters(server.url, None), "s", 5, 2, 10, chance=lambda: next(chances)
        )
        keep(database, "e1")
        assert forward.pause() == 5
        found = []
        for _ in range(5):
            forward.send()
            found.append(round(forward.pause(), 1))
        assert found == [1.0, 4.0, 4.0, 5.0, 5.0]
        assert forward.progress() == Progress("down", 1, 0, 5, "It answered 500.")


def test_stopping_does_not_wait_for_a_silent_headquarters(database: Database) -> None:
    keep(database, "e1")
    with serving(204) as server:
        server.says = [server.hang]
        headquarters = Headquarters(server.url, None, silence=60)
        forward = Forwarder(Outbox(database), headquarters, "s")
        forward.start()
        until(lambda: server.headers)
        started = time.monotonic()
        forward.stop()
        assert time.monotonic() - started < 10, "it hangs for twice as long"
    assert Outbox(database).waiting() == 1


def test_who_says_nothing_or_does_not_come_to_an_end_has_a_time_and_no_more() -> None:
    with serving() as server:
        server.says = [server.hang, server.drip]
        with pytest.raises(PostFailedError, match="timed out"):
            Headquarters(server.url, None, silence=0.1).post(b"{}")
        with pytest.raises(PostFailedError, match=r"IncompleteRead|did not end in time"):
            Headquarters(server.url, None, silence=60, whole=1).post(b"{}")


def test_a_headquarters_that_is_not_there_is_a_failure_and_no_more(database: Database) -> None:
    with serving() as server:
        url = server.url
    with pytest.raises(PostFailedError, match="ConnectionRefusedError"):
        Headquarters(url, None).post(b"{}")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/events",
        "ftp://127.0.0.1/",
        "https://",
        "https://name:password@shop.example/",
        "https://shop.example:99999/",
        "https://shop.example/a b",
        "https://shop.example/\r\nX: y",
        "https://shop.example/#part",
        "http://127.0.0.1.shop.example/",
        "//shop.example",
        "https://[::1",
    ],
)
def test_an_address_that_is_not_safe_is_refused_at_start(url: str) -> None:
    with pytest.raises(ToyGuideError, match=r"headquarters-url is not right: must be https"):
        load_settings(headquarters_url=url)


@pytest.mark.parametrize(
    "url", ["https://shop.example/events?x=1", "http://localhost:1/", "http://[::1]:8/", "http://127.9.9.9/"]
)
def test_an_address_that_is_safe_is_taken(url: str) -> None:
    assert load_settings(headquarters_url=url).headquarters_url == url
    Headquarters(url, None)


def test_a_key_that_does_not_fit_is_refused_and_not_shown() -> None:
    for key in ("", "two words", "line\nbreak", "schlüssel"):
        with pytest.raises(ToyGuideError, match="headquarters_key") as found:
            Headquarters("https://shop.example/", key)
        assert not key or key not in str(found.value)
    assert "s3cret" not in repr(load_settings(headquarters_key="s3cret"))


def test_a_kiosk_forwards_what_it_acknowledged(settings: KioskSettings) -> None:
    with serving() as server:
        told = KioskSettings(**{**settings.model_dump(), "headquarters_url": server.url, "store_id": "north"})
        event = {"event_id": "e1", "session_id": "s", "toy_id": "track", "kind": "like", "shopper_id": "ada"}
        with TestClient(create_app(told)) as client:
            client.post("/v1/events:batch", json={"events": [event, {**event, "event_id": "e2", "child_mode": True}]})
            client.app.state.kiosk.forwarder.send()  # type: ignore[attr-defined]
            until(lambda: server.got == ["e1"])
            client.delete("/v1/shoppers/ada")
            client.app.state.kiosk.forwarder.send()  # type: ignore[attr-defined]
            until(lambda: server.bodies[-1]["forgotten"])
