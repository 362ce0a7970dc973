"""What is not understood is refused: above all an age that would otherwise not be heard."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.middleware import RequestFrame
from app.kiosk.problems import shown
from app.kiosk.strict import parse_json
from data.schema import Audience, Toy

URL = "/v1/recommendations"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "url", "fault"),
    [
        (
            "GET",
            "/v1/toys/balloons?youngest_age=6",
            {
                "parameter": "youngest_age",
                "detail": "is not a known query parameter. This address takes youngest_age_months, language.",
            },
        ),
        (
            "GET",
            "/v1/toys/track/similar?youngest_age_months=6&youngest_age_months=60",
            {"parameter": "youngest_age_months", "detail": "must be given once."},
        ),
        (
            "POST",
            f"{URL}?youngest_age_months=6",
            {
                "parameter": "youngest_age_months",
                "detail": "is not a known query parameter. This address takes none.",
            },
        ),
        (
            "GET",
            "/v1/facets?%00",
            {"parameter": "\0", "detail": "is not a known query parameter. This address takes none."},
        ),
    ],
)
def test_a_query_parameter_that_would_not_be_heard_is_a_mistake(
    client: TestClient, method: str, url: str, fault: dict[str, str]
) -> None:
    response = client.request(method, url, json={} if method == "POST" else None)
    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request"
    assert response.json()["errors"] == [fault]


@pytest.mark.parametrize(
    "body", [b'{"youngest_age_months": 6, "youngest_age_months": 60}', b'{"recipient": {"budget": 1, "budget": 1}}']
)
def test_a_name_that_stands_twice_is_a_mistake(client: TestClient, body: bytes) -> None:
    response = client.post(URL, content=body, headers=JSON)
    assert response.status_code == 400
    assert response.json()["code"] == "malformed_json"
    assert "must give each name of an object once" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"k": 1}'.encode("utf-16"), "The body must be UTF-8. Byte 0 is not."),
        (b'{"k": "' + b"\xc3\x28" + b'"}', "The body must be UTF-8. Byte 7 is not."),
        (b"[" * 10_000 + b"]" * 10_000, "must not be nested so deeply"),
        (b'{"k": ' + b"9" * 5000 + b"}", "holds a number that cannot be read"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(client: TestClient, body: bytes, said: str) -> None:
    response = client.post(URL, content=body, headers=JSON)
    assert response.status_code == 400
    assert said in response.json()["detail"]


def test_a_whole_number_is_one_however_it_is_written(client: TestClient) -> None:
    body = b'{"k": 2.0, "recipient": {"age_months": 4.8e1}}'
    assert len(client.post(URL, content=body, headers=JSON).json()["items"]) == 2
    for wrong in (b"2.5", b"true", b'"2"', b"1e308", b"-0.5", b"NaN", b"1e400"):
        assert client.post(URL, content=b'{"k": ' + wrong + b"}", headers=JSON).status_code == 422


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_json(b'\xef\xbb\xbf{"k": [{"a": 1}, {"a": 2}]}') == {"k": [{"a": 1}, {"a": 2}]}


def test_what_was_given_is_shown_however_deep_or_long_it_is() -> None:
    deep: list[Any] = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    assert shown(deep) == "[[[[...]]]]"
    for value in ("x" * 10**6, [10**100] * 1000, {"k" * 1000: 1}):
        assert len(shown(value)) <= 81
    assert shown("naïve\0") == "'naïve\\x00'"


@pytest.mark.parametrize("toy_id", ["a/b", "100%", "x y", "ü/木马", "q?x=1#f", "nul\0id", "tab\tid", "two\nlines\n"])
def test_any_id_of_a_shop_has_its_addresses(make_bundle: Callable[..., Path], tmp_path: Path, toy_id: str) -> None:
    toys = [Toy(toy_id, "A", safety_min_age=0, audience=Audience.CHILD, picture="<svg/>"), Toy("b", "B")]
    bundle = make_bundle(tmp_path / "bundle", toys)
    app = create_app(KioskSettings(bundle=bundle, database=tmp_path / "kiosk.sqlite"))
    with TestClient(app) as client:
        body = client.get(f"/v1/toys/{quote(toy_id, safe='')}").json()
        assert body["toy_id"] == toy_id
        assert client.get(body["picture_url"]).text == "<svg/>"
        assert client.get(f"/v1/toys/{quote(toy_id, safe='')}/similar?k=1").json()["items"][0]["toy"]["toy_id"] == "b"


def test_no_answer_believes_the_host_header(client: TestClient) -> None:
    for host in ("evil.example", "[::1", "a b"):
        response = client.post(f"{URL}/", json={}, headers={"Host": host})
        assert response.status_code == 404, "no redirect"
        assert "evil" not in response.text
    long = client.get("/" + "a" * 50_000)
    assert len(long.content) < 500


def test_a_request_cut_off_at_the_stop_gets_a_problem() -> None:
    sent: list[Any] = []

    async def never(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async def stop() -> None:
        scope = {"type": "http", "method": "POST", "path": URL, "headers": []}
        task = asyncio.ensure_future(RequestFrame(never)(scope, None, send))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(stop())
    assert sent[0]["status"] == 503
    assert json.loads(sent[1]["body"])["code"] == "not_ready"
