"""Visits that are over are told to a real kiosk, or wait, within bounds, until it listens."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from app.kiosk import KioskSettings, create_app
from app.ports import bind
from app.shop import session as moves
from app.shop.client import KioskClient
from app.shop.farewells import MAX_EVENTS, MAX_VISITS, Farewell, Farewells
from app.shop.models import Toy

SOON = (0.02, 0.1)


def visit_that_liked(toy: Toy) -> Farewell:
    session = moves.like(moves.new_session("en"), toy)
    return Farewell(session.id, session.outbox)


def test_what_was_not_told_is_told(kiosk: Any, client: KioskClient, toy: Callable[..., Toy]) -> None:
    farewells, over = Farewells(client, SOON), visit_that_liked(toy("engine"))
    farewells.say(over)
    farewells.say(Farewell("nothing-left", ()))
    assert farewells.wait_until_told(60)
    assert [(event["session_id"], event["toy_id"]) for event in kiosk.events] == [(over.session_id, "engine")]


def test_a_kiosk_that_is_away_is_told_when_it_is_back(kiosk: Any, client: KioskClient, toy: Callable[..., Toy]) -> None:
    farewells = Farewells(client, SOON)
    kiosk.stop()
    visits = [visit_that_liked(toy("engine")) for _ in range(3)]
    for over in visits:
        farewells.say(over)
    assert not farewells.wait_until_told(0.3)
    assert farewells.waiting() == 3
    kiosk.start()
    assert farewells.wait_until_told(60)
    assert [event["session_id"] for event in kiosk.events] == [over.session_id for over in visits]


def test_a_kiosk_that_keeps_nothing_after_the_session_forgets_it(
    tmp_path: Path, bundle: Path, toy: Callable[..., Toy]
) -> None:
    settings = KioskSettings(bundle=bundle, database=tmp_path / "kept.sqlite", keep="session")
    with served(create_app(settings)) as client:
        session = moves.like(moves.new_session("en"), toy("engine"))
        client.post_events(session.outbox)
        session = moves.like(session, toy("track"))
        farewells = Farewells(client, SOON)
        farewells.say(Farewell(session.id, session.outbox))
        assert farewells.wait_until_told(60)
        assert client.forget_session(session.id).events == 0, "both are gone already, what was told and what was not"


def test_a_kiosk_of_an_older_make_is_told_all_the_same(toy: Callable[..., Toy]) -> None:
    told: list[Any] = []
    older = FastAPI()

    @older.post("/v1/events:batch")
    def events(body: dict[str, Any]) -> dict[str, Any]:
        told.extend(body["events"])
        return {"results": [{"event_id": event["event_id"], "status": "accepted"} for event in body["events"]]}

    with served(older) as client:
        farewells, over = Farewells(client, SOON), visit_that_liked(toy("engine"))
        farewells.say(over)
        assert farewells.wait_until_told(60)
    assert told == list(over.events)


def test_what_the_kiosk_refuses_is_dropped_and_said(client: KioskClient, caplog: pytest.LogCaptureFixture) -> None:
    farewells = Farewells(client, SOON)
    with caplog.at_level(logging.WARNING, logger="toyguide.shop"):
        farewells.say(Farewell("odd", ({"no": "event"},)))
        assert farewells.wait_until_told(60)
    assert "is dropped" in caplog.text


def test_what_waits_is_bounded_and_the_oldest_goes_first(kiosk: Any, client: KioskClient) -> None:
    kiosk.stop()
    farewells = Farewells(client, (60, 60))
    for number in range(MAX_VISITS + 5):
        farewells.say(Farewell(str(number), ()))
    assert farewells.waiting() == MAX_VISITS
    event = {"toy_id": "engine"}
    for number in range(6):
        farewells.say(Farewell(f"much-{number}", (event,) * 1000))
    assert farewells.waiting() == MAX_EVENTS // 1000


@contextmanager
def served(app: Any) -> Iterator[KioskClient]:
    import threading

    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    client = KioskClient(f"http://127.0.0.1:{listener.getsockname()[1]}", 60)
    try:
        yield client
    finally:
        client.close()
        server.should_exit = True
        thread.join(60)


def test_when_the_shop_ends_its_thread_ends(kiosk: Any, client: KioskClient, toy: Callable[..., Toy]) -> None:
    farewells = Farewells(client, SOON)
    kiosk.stop()
    farewells.say(visit_that_liked(toy("engine")))
    thread = farewells._thread
    assert thread is not None
    client.close()
    thread.join(60)
    assert not thread.is_alive()
    assert farewells.waiting() == 1
