"""Every 4xx and 5xx is a problem with a stable code, whatever was sent."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kiosk import KioskSettings, create_app
from app.kiosk.problems import CODES, TYPE_BASE

URL = "/v1/recommendations"
JSON = {"Content-Type": "application/json"}


def check(response: Response, code: str) -> dict[str, object]:
    status, title = CODES[code]
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = response.json()
    assert problem["code"] == code
    assert problem["type"] == TYPE_BASE + code
    assert problem["status"] == status
    assert problem["title"] == title
    assert "Traceback" not in response.text
    assert response.headers["x-request-id"]
    return problem


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"{'k': 1}",
        b'{"k": 1,}',
        b"\xff\xfe{}",
        b'{"k": \xc3\x28}',
        b"[" * 50_000,
        b'{"history":' * 15_000,
        b'{"k": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_json_is_said_so(client: TestClient, body: bytes) -> None:
    response = client.post(URL, content=body, headers=JSON)
    check(response, "malformed_json" if body else "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        b'{"recipient": {"budget": NaN}}',
        b'{"recipient": {"budget": Infinity}}',
        b'{"recipient": {"budget": 1e400}}',
        b'{"filters": {"price_max": -Infinity}}',
        b'{"filters": {"price_max": NaN}}',
        b'{"k": NaN}',
        b'{"recipient": {"age_months": Infinity}}',
        b'{"k": 123456789012345678901234567890}',
        b'{"history": ["\\ud800"]}',
        b'{"\\ud800": 1}',
        b'{"filters": {"category": "\\udfff"}}',
    ],
)
def test_numbers_and_text_that_are_none_are_pointed_at(client: TestClient, body: bytes) -> None:
    problem = check(client.post(URL, content=body, headers=JSON), "invalid_request")
    assert problem["errors"]


def test_addresses_and_methods(client: TestClient) -> None:
    check(client.get("/v2/nothing"), "unknown_route")
    check(client.get("/v1/toys"), "unknown_route")
    problem = check(client.get(URL), "method_not_allowed")
    assert "takes POST. Got GET." in str(problem["detail"])
    assert client.get(URL).headers["allow"] == "POST"
    several = client.request("OPTIONS", "/v1/staff/rules/r-0")
    assert several.headers["allow"] == "DELETE, PUT"
    assert several.json()["detail"] == "/v1/staff/rules/r-0 takes DELETE, PUT. Got OPTIONS."
    check(client.get("/v1/toys/unicorn"), "unknown_toy")
    check(client.get("/v1/toys/unicorn/similar"), "unknown_toy")
    check(client.get("/v1/toys/unicorn/picture.svg"), "unknown_toy")
    check(client.get("/v1/toys/mystery/picture.svg"), "no_picture")
    check(client.get("/v1/toys/%F0%9F%A6%84%00'%22%3B--/similar"), "unknown_toy")
    check(client.get("/v1/toys/" + "x" * 201), "invalid_request")


def test_query_parameters_are_named(client: TestClient) -> None:
    problem = check(client.get("/v1/toys/track/similar?k=0"), "invalid_request")
    assert problem["errors"] == [{"parameter": "k", "detail": "must be ≥ 1. Got '0'."}]
    problem = check(client.get("/v1/toys/track?youngest_age_months=two"), "invalid_request")
    assert problem["detail"] == "youngest_age_months must be an int. Got 'two'."


def test_a_body_of_another_type(client: TestClient) -> None:
    check(
        client.post(URL, content=b"k=1", headers={"Content-Type": "application/x-www-form-urlencoded"}),
        "unsupported_media_type",
    )
    check(client.post(URL, content=b"{}"), "unsupported_media_type")


def test_a_body_that_is_too_large_by_what_it_says_or_when_it_comes(client: TestClient) -> None:
    check(client.post(URL, content=b" " * 200_001, headers=JSON), "body_too_large")

    def chunks() -> Iterator[bytes]:
        for _ in range(300):
            yield b" " * 1000

    check(client.post(URL, content=chunks(), headers=JSON), "body_too_large")
    assert client.post(URL, content=b"{}" + b" " * 199_998, headers=JSON).status_code == 200


def test_what_nobody_expected_is_a_500_that_gives_nothing_away(
    settings: KioskSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    app = create_app(settings)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("a secret")

    with TestClient(app) as client:
        response = client.get("/broken", headers={"X-Request-ID": "till-7"})
    problem = check(response, "internal_error")
    assert "a secret" not in response.text
    assert problem["detail"] == "Tell the shop's support the request id till-7."


def test_a_request_id_is_the_clients_own_if_it_is_harmless(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "a.b-C_9"}).headers["x-request-id"] == "a.b-C_9"
    for bad in ("a b", "x" * 65, "<script>", ""):
        given_back = client.get("/healthz", headers={"X-Request-ID": bad}).headers["x-request-id"]
        assert given_back != bad
        assert len(given_back) == 32


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "history",
                    "recipient",
                    "filters",
                    "k",
                    "language",
                    "toy_id",
                    "kind",
                    "owned",
                    "events",
                    "event_id",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("url", [URL, "/v1/events:batch"])
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING)
def test_no_json_makes_the_kiosk_fail(client: TestClient, url: str, body: object) -> None:
    import json

    response = client.post(url, content=json.dumps(body), headers=JSON)
    assert response.status_code in (200, 422)
    if response.status_code == 422:
        check(response, "invalid_request")
