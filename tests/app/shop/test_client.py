"""The client against a real kiosk, and against what may stand at its address instead."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.shop import session as moves
from app.shop.body import request_for
from app.shop.client import KioskClient, ShopError
from app.shop.models import Toy
from app.shop.pictures import NO_PICTURE, Pictures, picture_route
from app.shop.session import new_session


def test_a_list_as_the_visit_asks_for_it(client: KioskClient) -> None:
    visit = moves.answer(new_session("en"), age_months=48, interests=["trains"], budget=25)
    answer = client.recommend(request_for(visit))
    titles = [item.toy.title for item in answer.items]
    assert "Wooden track" in titles
    assert "Little station" not in titles, "it costs more than the budget"
    assert answer.masked["budget"] == 1
    assert all(item.reasons for item in answer.items)


def test_facets_toy_and_similar(client: KioskClient) -> None:
    facets = client.facets()
    assert facets.currency == "GBP"
    assert facets.price.min == 3
    assert "trains" in {found.name for found in facets.interests}
    engine = client.toy("engine", None, "zh")
    assert (engine.title_zh, engine.safe.allowed) == ("蒸汽火车头", True)
    assert not client.toy("marbles", 24, "en").safe.allowed
    similar = client.similar("engine", 3, None, "en")
    assert {item.toy.toy_id for item in similar.items} & {"track", "station"}


def test_search_popular_and_together(client: KioskClient) -> None:
    found = client.search({"q": "marbels", "youngest_age_months": 72})
    assert (found.corrected, [item.toy.toy_id for item in found.items]) == ("marbles", ["marbles"])
    hidden = client.search({"q": "marbles", "youngest_age_months": 24})
    assert (hidden.items, hidden.matched, hidden.masked["safety"]) == ((), 1, 1)
    popular = client.popular({"k": 3, "category": "Trains", "price_max": 20})
    assert popular.items
    assert all("Trains" in item.toy.category for item in popular.items)
    none = client.together("engine", 4, None, "en")
    assert none.items == ()
    assert none.short_reason is not None
    with pytest.raises(ShopError, match="at most 200"):
        client.search({"q": "x" * 201})


def test_events_are_kept_and_sending_twice_is_harmless(
    client: KioskClient, kiosk: Any, toy: Callable[..., Toy]
) -> None:
    visit = moves.answer(new_session("en"), age_months=36)
    visit = moves.dismiss(moves.like(visit, toy("engine")), toy("gone from the shop"))
    statuses = [result.status for result in client.post_events(visit.outbox).results]
    assert statuses == ["accepted", "rejected"]
    assert client.post_events(visit.outbox).results[0].status == "duplicate"
    assert [(event["toy_id"], event["kind"]) for event in kiosk.events] == [("engine", "like")]


@pytest.mark.parametrize("toy_id", ["nowhere", "../facets", "a/b", "..", "%2e", "?k=1", "x" * 3000, "\u0000", "火车"])
def test_an_unknown_toy_is_a_404_or_a_422_whatever_its_name(client: KioskClient, toy_id: str) -> None:
    with pytest.raises(ShopError) as caught:
        client.toy(toy_id, None, "en")
    assert caught.value.code in {"unknown_toy", "unknown_route", "invalid_request"}
    assert not caught.value.outage


def test_a_request_that_the_kiosk_refuses_carries_its_code_and_words(client: KioskClient) -> None:
    with pytest.raises(ShopError, match="/k must be ≤ 100") as caught:
        client.recommend({"k": 10_000})
    assert (caught.value.code, caught.value.status, caught.value.outage) == ("invalid_request", 422, False)


def test_a_picture_has_an_address_of_the_shops_own_and_a_missing_one_is_drawn(client: KioskClient) -> None:
    pictures = Pictures(client)
    engine, mystery = client.toy("engine", None, "en"), client.toy("mystery", None, "en")
    found = pictures.of([engine, mystery])
    served = TestClient(Starlette(routes=[picture_route()])).get(found["engine"])
    assert served.content == client.picture(str(engine.picture_url))[1]
    assert served.headers["content-type"] == "image/svg+xml"
    assert "immutable" in served.headers["cache-control"]
    assert served.headers["content-security-policy"].startswith("sandbox; default-src 'none'"), "opened by itself"
    assert TestClient(Starlette(routes=[picture_route()])).get("/pictures/nowhere").status_code == 404
    assert found["mystery"] == NO_PICTURE


def test_pictures_are_kept_while_the_kiosk_is_away(client: KioskClient, kiosk: Any) -> None:
    pictures = Pictures(client)
    toys = [client.toy(name, None, "en") for name in ("engine", "bear")]
    kept = pictures.of(toys[:1])
    kiosk.stop()
    assert pictures.of(toys) == {**kept, "bear": NO_PICTURE}
    kiosk.start()
    assert pictures.of(toys)["bear"] != NO_PICTURE, "a picture that did not come is asked for again"


@pytest.mark.parametrize("path", ["http://elsewhere/x.svg", "//elsewhere/x.svg", "/etc/passwd", "", "/v1/model"])
def test_a_picture_from_elsewhere_is_not_fetched(client: KioskClient, path: str) -> None:
    with pytest.raises(ShopError, match="must lie under"):
        client.picture(path)


def test_nobody_at_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        client = KioskClient(f"http://127.0.0.1:{taken.getsockname()[1]}", 2)
        with pytest.raises(ShopError, match=r"No kiosk answers at http://127\.0\.0\.1") as caught:
            client.facets()
        assert caught.value.outage
        assert not client.ready()


@contextmanager
def stranger(answer: bytes | None) -> Iterator[str]:
    """Something that listens, and answers the first request with `answer`, or never."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            if answer is None:
                done.wait(60)
            else:
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    done.set()
    thread.join(20)
    listener.close()


def reply(body: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply("<html>a router's page</html>", kind="text/html"), "bad_answer"),
        (reply('{"interests": 3}'), "bad_answer"),
        (reply("[]"), "bad_answer"),
        (reply("{", "404 Not Found", "application/problem+json"), "bad_answer"),
        (reply("[1]", "404 Not Found", "application/problem+json"), "bad_answer"),
        (reply("", "302 Found"), "bad_answer"),
        (reply("oops", "500 Internal Server Error", "text/plain"), "bad_answer"),
        (b"not HTTP at all\r\n\r\n", "unreachable"),
        (b"", "unreachable"),
        (None, "timeout"),
    ],
)
def test_something_else_at_the_address(answer: bytes | None, code: str) -> None:
    with stranger(answer) as address, pytest.raises(ShopError) as caught:
        KioskClient(address, 20 if answer is not None else 0.2).facets()
    assert caught.value.code == code
    assert caught.value.outage
    assert "\n" not in str(caught.value)
