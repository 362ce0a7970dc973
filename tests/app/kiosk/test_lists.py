"""A list as it is asked for over HTTP: page by page, for a gift, in stock, composed, or only checked."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.models.toys import ConsideredAnswer, RecommendationAnswer

URL = "/v1/recommendations"


def ids(body: dict[str, Any]) -> list[str]:
    return [item["toy"]["toy_id"] for item in body["items"]]


def test_pages_go_on_until_every_toy_was_shown_once(client: TestClient) -> None:
    asked: dict[str, Any] = {"k": 4, "recipient": {"age_months": 60}}
    whole = ids(client.post(URL, json={**asked, "k": 100}).json())
    shown: list[str] = []
    page = None
    while page is not None or not shown:
        body = client.post(URL, json={**asked, **({"page": page} if page else {})}).json()
        RecommendationAnswer.model_validate(body)
        assert body["masked"].get("shown", 0) == len(shown)
        shown += ids(body)
        page = body["next_page"]
    assert sorted(shown) == sorted(whole)


@pytest.mark.parametrize("page", ["x", "AAAA", "é" * 20, "A" * 9000])
def test_what_is_no_page_is_refused(client: TestClient, page: str) -> None:
    response = client.post(URL, json={"page": page})
    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request"
    assert "page" in response.json()["detail"]


def test_a_gift_may_be_what_the_giver_bought(client: TestClient) -> None:
    asked = {"history": ["track"], "k": 100, "recipient": {"age_months": 60}}
    own, gift = (client.post(URL, json={**asked, "purpose": purpose}).json() for purpose in ("self", "gift"))
    assert "track" not in ids(own)
    assert own["masked"]["owned"] == 1
    assert "track" in ids(gift)
    assert "owned" not in gift["masked"]


def test_a_request_can_be_checked_and_shows_nothing(client: TestClient) -> None:
    asked = {"history": ["ghost"], "recipient": {"age_months": 60, "budget": 12}, "k": 100}
    body = client.post(URL, json={**asked, "validate_only": True}).json()
    ConsideredAnswer.model_validate(body)
    answered = client.post(URL, json=asked).json()
    assert body["allowed"] == len(answered["items"])
    for name in ("model", "missing_ids", "masked", "short_reason"):
        assert body[name] == answered[name]
    assert "items" not in body
    assert client.post(URL, json={"k": 0, "validate_only": True}).status_code == 422


def test_in_stock_means_known_to_be_there(client: TestClient) -> None:
    body = client.post(URL, json={"filters": {"in_stock": True}}).json()
    assert body["items"] == []
    assert body["masked"]["filters"] == 6


def test_a_kiosk_that_explores_says_with_what_chance_and_keeps_to_it_in_a_session(bundle: Path, tmp_path: Path) -> None:
    settings = KioskSettings(bundle=bundle, database=tmp_path / "k.sqlite", exploration=1, diversity=0)
    with TestClient(create_app(settings)) as client:
        lists = [client.post(URL, json={"k": 3}).json()["items"] for _ in range(30)]
        again = [client.post(URL, json={"k": 3, "session_id": "s-1"}).json()["items"] for _ in range(5)]
    assert len({tuple(item["toy"]["toy_id"] for item in items) for items in lists}) > 1
    assert len({tuple(item["toy"]["toy_id"] for item in items) for items in again}) == 1
    assert [item["propensity"] for item in lists[0]] == [pytest.approx(1 / left) for left in (6, 5, 4)]
    assert not any(item["pinned"] for item in lists[0])


def test_what_was_on_trial_and_liked_does_not_tell_how_the_lot_falls_next(bundle: Path, tmp_path: Path) -> None:
    """Of all sessions whose first lot fell on one toy, the next falls on any: else no propensity would be true."""
    settings = KioskSettings(bundle=bundle, database=tmp_path / "k.sqlite", exploration=1, requests_per_second=0)
    after: dict[str, set[str]] = {}
    with TestClient(create_app(settings)) as client:
        for visit in range(60):
            body = {"k": 1, "session_id": f"s-{visit}"}
            first = client.post(URL, json=body).json()["items"][0]["toy"]["toy_id"]
            liked = body | {"history": [{"toy_id": first, "kind": "like"}]}
            again = [client.post(URL, json=liked).json()["items"][0]["toy"]["toy_id"] for _ in range(2)]
            assert again[0] == again[1], "asked the same, it answers the same"
            after.setdefault(first, set()).add(again[0])
    assert all(len(toys) >= 3 for toys in after.values())
