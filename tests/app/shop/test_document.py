"""The document that a browser gets: Streamlit's, with our script; and the addresses that go with it."""

import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from app.shop.document import OwnParts, own_routes
from app.shop.theme import page_script, style_sheet

DOCUMENT = "<html><body><main>ä</main></body></html>"


def document(request: Request) -> Response:
    headers = {"etag": '"1"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    return HTMLResponse(DOCUMENT, headers=headers)


def in_pieces(request: Request) -> Response:
    return StreamingResponse(iter([DOCUMENT[:20], DOCUMENT[20:]]), media_type="text/html; charset=utf-8")


def other(request: Request) -> Response:
    return PlainTextResponse("</body>")


def gone(request: Request) -> Response:
    return HTMLResponse("</body>", status_code=404)


@pytest.fixture
def browser() -> TestClient:
    pages = [Route("/", document), Route("/pieces", in_pieces), Route("/other", other), Route("/gone", gone)]
    inside = [
        Middleware(OwnParts, scheme="system"),
        Middleware(GZipMiddleware, minimum_size=1),
    ]  # as Streamlit packs what it sends
    browser = TestClient(Starlette(routes=[*pages, *own_routes("system")], middleware=inside))
    browser.headers |= {"accept": "text/html,*/*;q=0.8", "accept-encoding": "gzip", "if-none-match": '"1"'}
    return browser


@pytest.mark.parametrize("address", ["/", "/pieces"])
def test_the_document_brings_our_look_and_our_script(browser: TestClient, address: str) -> None:
    got = browser.get(address)
    found = re.fullmatch(
        r'<html><body><link rel="stylesheet" href="(.+?)"><main>ä</main>'
        r'<script type="module" src="(.+?)"></script></body></html>',
        got.text,
    )
    assert found
    look, source = found.groups()
    wanted = ((look, "text/css", style_sheet("system")), (source, "text/javascript", page_script()))
    for place, kind, content in wanted:
        part = browser.get(place)
        assert part.text == content
        assert part.headers["content-type"].startswith(kind)
        assert "immutable" in part.headers["cache-control"]
    assert "etag" not in got.headers, "it speaks of a document without our parts"
    assert "last-modified" not in got.headers


@pytest.mark.parametrize(("address", "status"), [("/other", 200), ("/gone", 404)])
def test_nothing_else_is_touched(browser: TestClient, address: str, status: int) -> None:
    got = browser.get(address)
    assert (got.status_code, got.text) == (status, "</body>")


def test_the_first_pages_own_address_leads_to_it(browser: TestClient) -> None:
    got = browser.get("/find-a-gift?lang=zh", follow_redirects=False)
    assert (got.status_code, got.headers["location"]) == (307, "/?lang=zh")
