"""One client cannot take the kiosk from the others: requests, wrong keys, depth, origins."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.kiosk import KioskSettings, create_app, limits
from app.kiosk.limits import Allowance, Trusted, client_of
from app.kiosk.store.keys import Role
from app.kiosk.strict import is_deeper

URL = "/v1/recommendations"
JSON = {"Content-Type": "application/json"}


class Clock:
    """Time that goes on when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_is_full_empties_and_fills_again() -> None:
    clock = Clock()
    bucket = Allowance(rate=2, burst=3, clock=clock)
    assert [bucket.spend("a") for _ in range(3)] == [0, 0, 0]
    assert bucket.spend("a") == pytest.approx(0.5)
    assert bucket.spend("b") == 0, "another client has a bucket of its own"
    clock.now += 0.5
    assert bucket.wait("a") == 0
    assert bucket.spend("a") == 0
    assert bucket.spend("a") > 0
    clock.now += 100
    assert [bucket.spend("a") > 0 for _ in range(4)] == [False, False, False, True], "never more than it holds"


def test_clients_beyond_the_most_are_forgotten_the_idle_first() -> None:
    clock = Clock()
    bucket = Allowance(rate=1, burst=2, most=100, clock=clock)
    for number in range(90):
        bucket.spend(f"idle {number}")
    clock.now += 10
    bucket.spend("busy")
    bucket.spend("busy")
    for number in range(50):
        bucket.spend(f"new {number}")
        assert len(bucket) <= 100
    assert bucket.spend("busy") > 0
    for number in range(10_000):
        bucket.spend(f"flood {number}")
    assert len(bucket) <= 100


@pytest.mark.parametrize(
    ("host", "counted_as"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not:an:address", "not:an:address"),
        (None, "?"),
    ],
)
def test_who_a_request_is_counted_for(host: str | None, counted_as: str) -> None:
    assert client_of({"client": (host, 1) if host else None}) == counted_as


@pytest.fixture
def strict(settings: KioskSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """However long six requests take, no token comes back meanwhile."""
    monkeypatch.setattr(limits, "Allowance", partial(Allowance, clock=Clock()))
    with TestClient(create_app(settings.model_copy(update={"requests_per_second": 0.5}))) as client:
        yield client


def test_who_asks_too_much_is_told_when_to_come_again_and_the_others_are_answered(strict: TestClient) -> None:
    assert [strict.get("/v1/facets").status_code for _ in range(5)] == [200] * 5
    refused = strict.get("/v1/facets")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 2
    assert refused.headers["x-request-id"]
    assert strict.get("/healthz").status_code == strict.get("/readyz").status_code == 200
    with TestClient(strict.app, client=("192.168.1.9", 5)) as other:
        assert other.get("/v1/facets").status_code == 200


def test_without_a_limit_all_are_answered(settings: KioskSettings) -> None:
    with TestClient(create_app(settings.model_copy(update={"requests_per_second": 0}))) as client:
        assert {client.get("/nowhere").status_code for _ in range(30)} == {404}


def test_a_key_is_trusted_for_a_while_where_it_was_right_and_nowhere_else() -> None:
    clock = Clock()
    trusted = Trusted(seconds=60, most=2, clock=clock)
    trusted.keep("shop", "Kim's")
    clock.now += 59
    assert trusted.holds("shop", "Kim's")
    assert not trusted.holds("shop", "Mo's")
    assert not trusted.holds("elsewhere", "Kim's")
    trusted.keep("shop", "Kim's")
    clock.now += 59
    assert trusted.holds("shop", "Kim's"), "its last use counts"
    trusted.keep("shop", "Mo's")
    trusted.keep("shop", "Sam's")
    assert [trusted.holds("shop", f"{name}'s") for name in ("Kim", "Mo", "Sam")] == [False, True, True]
    trusted.drop("shop", "Sam's")
    assert not trusted.holds("shop", "Sam's")
    clock.now += 60
    assert not trusted.holds("shop", "Mo's")


def test_wrong_keys_are_limited_and_put_out_nobody_who_is_at_work(client: TestClient) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    kiosk.wrong_keys = Allowance(limits.WRONG_KEYS_A_MINUTE / 60, limits.WRONG_KEYS_A_MINUTE, clock=Clock())
    right = {"Authorization": f"Bearer {kiosk.keys.add('Mo', Role.MANAGER)}"}
    unused = {"Authorization": f"Bearer {kiosk.keys.add('Kim', Role.CLERK)}"}
    wrong = {"Authorization": "Bearer toyguide_wrong"}
    address = "/v1/staff/recalls"
    assert {client.get(address, headers=right).status_code for _ in range(15)} == {200}
    assert {client.get(address).status_code for _ in range(15)} == {401}, "no key is no guess"
    assert [client.get(address, headers=wrong).status_code for _ in range(12)] == [401] * 10 + [429] * 2
    assert {client.get(address, headers=right).status_code for _ in range(15)} == {200}
    refused = client.get(address, headers=unused)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests"), "what is right is not told"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    with TestClient(client.app, client=("192.168.1.9", 5)) as other:
        assert other.get(address, headers=unused).status_code == 200
    kiosk.keys.remove("Mo")
    assert [client.get(address, headers=right).status_code for _ in range(2)] == [401, 429], "and is a wrong one now"


Tree = list | dict | str | int | None  # type: ignore[type-arg]
TEXTS = st.text(st.sampled_from('ab"\\[]{}\u00e9'), max_size=6)
TREES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=20,
)


def depth(tree: Tree) -> int:
    if isinstance(tree, dict):
        return 1 + max((depth(value) for value in tree.values()), default=0)
    return 1 + max((depth(value) for value in tree), default=0) if isinstance(tree, list) else 0


@given(TREES, st.booleans(), st.sampled_from([None, 1]))
def test_depth_is_that_of_the_lists_and_objects_whatever_strings_hold(
    tree: Tree, ascii: bool, indent: int | None
) -> None:
    body = json.dumps(tree, ensure_ascii=ascii, indent=indent).encode()
    for most in range(1, 8):
        assert is_deeper(body, most) == (depth(tree) > most)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'["]",' * 40 + b"1" + b"]" * 40,
        b'["\\"]",' * 40 + b"1" + b"]" * 40,
        b"[" * 10_000,
    ],
)
def test_a_body_that_is_too_deep_is_refused_with_a_sentence_of_its_own(client: TestClient, body: bytes) -> None:
    answer = client.post(URL, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
    assert "must not be nested so deeply" in answer.json()["detail"] or body == b"[" * 10_000


@pytest.mark.parametrize(
    "body",
    [b"[" + b"[]," * 600_000 + b"[]]", b'["' + b'\\"' * 900_000 + b'"]' + b"[" * 40, b"[" * 40 + b'"",' * 600_000],
)
def test_depth_of_two_megabytes_is_told_quickly(body: bytes) -> None:
    started = time.process_time()  # of this process alone, however busy the machine is
    assert not is_deeper(body, 32)
    assert time.process_time() - started < 2


ORIGIN = "http://192.168.1.20:8501"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def allowed(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


def test_no_origin_is_let_in_by_default(client: TestClient) -> None:
    for origin in (ORIGIN, "null", "http://127.0.0.1"):
        assert allowed(client.post(URL, json={}, headers={"Origin": origin})) == {}
        preflight = client.options(URL, headers={"Origin": origin, **PREFLIGHT})
        assert (preflight.status_code, preflight.json()["code"]) == (405, "method_not_allowed")
        assert allowed(preflight) == {}


def test_a_listed_origin_is_let_in_and_no_other(settings: KioskSettings) -> None:
    with TestClient(create_app(settings.model_copy(update={"cors_origins": [ORIGIN]}))) as client:
        preflight = client.options(URL, headers={"Origin": ORIGIN, **PREFLIGHT})
        assert preflight.status_code == 200
        assert allowed(preflight)["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in allowed(preflight)
        answer = client.post(URL, json={}, headers={"Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert allowed(client.post(URL, json={"k": 0}, headers={"Origin": ORIGIN})), "problems can be read too"
        for other in ("http://192.168.1.20:8502", "https://192.168.1.20:8501", f"{ORIGIN}.evil.example", "null"):
            assert allowed(client.options(URL, headers={"Origin": other, **PREFLIGHT})) == {}
            assert allowed(client.post(URL, json={}, headers={"Origin": other})) == {}


@pytest.mark.parametrize("origin", ["*", "null", "shop.example", f"{ORIGIN}/", "http://*.example", "http://a b", ""])
def test_an_origin_must_be_one(origin: str) -> None:
    with pytest.raises(ValueError, match="must be an origin"):
        KioskSettings(cors_origins=[origin])
