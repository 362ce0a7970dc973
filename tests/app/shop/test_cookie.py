import re
import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.shop.cookie import FRESH_SECONDS, STARTED, Known, VisitCookie, cookie_name, known, new_value

NAME = cookie_name(8501)
PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def browser() -> Iterator[TestClient]:
    def page(_: object) -> Response:
        return PlainTextResponse("page", headers={"cache-control": "public, max-age=600"})

    shop = Starlette(routes=[Route("/{any:path}", page, methods=["GET", "POST"])])
    with TestClient(VisitCookie(shop, NAME)) as client:
        yield client


def test_a_page_brings_a_cookie_once(browser: TestClient) -> None:
    first = browser.get("/browse", headers=PAGE)
    assert re.fullmatch(
        rf"{NAME}=[0-9a-f]{{8}}\.[\w-]{{22}}; Path=/; HttpOnly; SameSite=Lax", first.headers["set-cookie"]
    )
    assert first.headers["cache-control"] == "no-store", "a cache between would give one number to many"
    again = browser.get("/", headers=PAGE)
    assert "set-cookie" not in again.headers
    assert again.headers["cache-control"] == "public, max-age=600"
    assert again.text == "page"


def test_over_https_it_is_sent_over_https_alone(browser: TestClient) -> None:
    assert "; Secure" in browser.get("https://testserver/", headers=PAGE).headers["set-cookie"]


@pytest.mark.parametrize(("method", "accept"), [("GET", "*/*"), ("GET", "image/png"), ("POST", "text/html")])
def test_what_is_no_page_brings_none(browser: TestClient, method: str, accept: str) -> None:
    assert "set-cookie" not in browser.request(method, "/", headers={"accept": accept}).headers


@pytest.mark.parametrize(
    "value",
    ["", "x", "00000000.short", new_value() + "x", "ffffffff." + "é" * 22, "a; b=c"],
    ids=["empty", "letter", "short", "long", "letters", "two"],  # a random value is no name: workers would differ
)
def test_one_that_the_shop_cannot_have_made_is_replaced(browser: TestClient, value: str) -> None:
    answer = browser.get("/", headers={**PAGE, "cookie": f"{NAME}={value}".encode()})
    assert "set-cookie" in answer.headers
    assert known({NAME: value}, NAME) is None


def test_a_browser_is_known_by_its_number_and_by_nothing_else() -> None:
    value = new_value()
    found = known({NAME: value, cookie_name(8502): new_value()}, NAME)
    assert found == Known(value.partition(".")[2], int(value[:8], 16))
    assert found.fresh
    assert known({cookie_name(8502): value}, NAME) is None
    assert len({new_value() for _ in range(1000)}) == 1000


def test_a_number_grows_old() -> None:
    assert not Known("x", int(time.time()) - FRESH_SECONDS - 5).fresh
    assert not Known("x", int(time.time()) + 3600).fresh, "a clock that was set back"
    assert not Known("x", STARTED - 1).fresh, "what was kept under it went with the process before"
