from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk.models.toys import RecommendationAnswer

URL = "/v1/recommendations"
OCCASIONS_SAID = (
    "must be one of 'birthday', 'christmas', 'lunar_new_year', 'childrens_day', 'new_baby' or 'other'. Got 'monday'."
)


def ids(body: dict[str, Any]) -> list[str]:
    return [item["toy"]["toy_id"] for item in body["items"]]


def test_an_empty_request_is_answered(client: TestClient) -> None:
    response = client.post(URL, json={})
    assert response.status_code == 200
    body = response.json()
    RecommendationAnswer.model_validate(body)
    assert body["missing_ids"] == []
    assert body["masked"] == {"safety": 5, "audience": 1}
    assert len(body["items"]) == 6
    assert body["short_reason"]["code"] == "safety"


def test_a_whole_request_is_answered(client: TestClient) -> None:
    body = client.post(
        URL,
        json={
            "history": [
                "track",
                {"toy_id": "bear", "kind": "dismiss", "time": "2026-01-31T09:30:00Z"},
                {"toy_id": "ghost", "kind": "view"},
            ],
            "recipient": {"age_months": 50, "interests": ["trains"], "owned": ["blocks", "phantom"], "budget": 12.5},
            "youngest_age_months": 49,
            "filters": {"category": "trains", "brand": "Holt", "price_min": 0, "price_max": 99.5, "age_months": 50},
            "k": 2,
            "language": "zh",
        },
    ).json()
    RecommendationAnswer.model_validate(body)
    assert ids(body) == ["engine"]
    item = body["items"][0]
    assert item["toy"] == {
        "toy_id": "engine",
        "title": "Steam engine",
        "title_zh": "蒸汽火车头",
        "brand": "Holt",
        "category": ["Toys", "Trains"],
        "price": "12.00",
        "currency": "GBP",
        "recommended_age": 36,
        "recommended_age_to": None,
        "safety_min_age": 36,
        "hazards": [],
        "audience": "child",
        "interests": ["trains"],
        "aisle": None,
        "picture_url": "/v1/toys/engine/picture.svg",
    }
    assert item["reasons"][0] == {"code": "because_of", "text": "因为您买过木轨道", "toy_id": "track"}
    assert body["missing_ids"] == ["ghost", "phantom"]
    assert list(body["masked"]) == ["safety", "audience", "filters", "budget"]
    assert body["short_reason"]["text"].startswith("只有1件玩具可选")


def test_a_history_with_times_is_read_from_oldest_to_newest(client: TestClient) -> None:
    """The last word on a toy counts, wherever the client put it."""
    entries = [
        {"toy_id": "bear", "kind": "dismiss", "time": "2026-01-02T00:00:00Z"},
        {"toy_id": "bear", "kind": "like", "time": "2026-01-03T08:00:00+08:00"},
    ]
    masked = client.post(URL, json={"history": entries}).json()["masked"]
    assert "dismissed" not in masked
    assert masked["seen"] == 1
    entries[1]["time"] = "2026-01-02T07:00:00+08:00"  # 23:00 UTC of the day before
    assert client.post(URL, json={"history": entries}).json()["masked"]["dismissed"] == 1


def test_the_ends_of_time_can_be_compared(client: TestClient) -> None:
    times = ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "2026-01-01T00:00:00Z"]
    response = client.post(URL, json={"history": [{"toy_id": "track", "time": time} for time in times]})
    assert response.status_code == 200


def test_a_history_of_500_is_taken(client: TestClient) -> None:
    response = client.post(URL, json={"history": ["track"] * 500})
    assert response.status_code == 200
    assert "track" not in ids(response.json())


def test_owned_toys_beside_a_history_are_masked(client: TestClient) -> None:
    body = client.post(URL, json={"recipient": {"owned": ["rattle", "bear"]}}).json()
    assert body["masked"]["owned"] == 2
    assert not {"rattle", "bear"} & set(ids(body))


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"k": 0}, "/k", "must be ≥ 1. Got 0."),
        ({"k": 10_000}, "/k", "must be ≤ 100. Got 10000."),
        ({"k": "5"}, "/k", "must be an int. Got '5'."),
        ({"k": 2.5}, "/k", "must be an int. Got 2.5."),
        ({"k": True}, "/k", "must be an int. Got True."),
        ({"k": None}, "/k", "must be an int. Got None."),
        ({"history": ["t"] * 501}, "/history", "must hold at most 500 entries. Got 501."),
        ({"history": ["t"] * 10_000}, "/history", "must hold at most 500 entries. Got 10000."),
        ({"history": "track"}, "/history", "must be a list. Got 'track'."),
        ({"history": [7]}, "/history/0", "must be an object. Got 7."),
        ({"history": [""]}, "/history/0/toy_id", "must be a string that is not empty. Got ''."),
        ({"history": [{"toy_id": "x" * 201}]}, "/history/0/toy_id", "must have at most 200 characters. Got 201."),
        ({"history": ["a", {"kind": "view"}]}, "/history/1/toy_id", "is required."),
        (
            {"history": [{"toy_id": "a", "kind": "stole"}]},
            "/history/0/kind",
            "must be one of 'view', 'like', 'cart', 'purchase', 'return' or 'dismiss'. Got 'stole'.",
        ),
        (
            {"history": [{"toy_id": "a", "time": "2026-01-01T00:00:00"}]},
            "/history/0/time",
            "must be a time with an offset, such as 2026-01-31T09:30:00Z. Got '2026-01-01T00:00:00'.",
        ),
        (
            {"history": [{"toy_id": "a", "time": "soon"}]},
            "/history/0/time",
            "must be a time with an offset, such as 2026-01-31T09:30:00Z. Got 'soon'.",
        ),
        (
            {"history": [{"toy_id": "a", "time": 1700000000}]},
            "/history/0/time",
            "must be a time with an offset, such as 2026-01-31T09:30:00Z. Got 1700000000.",
        ),
        (
            {"history": [{"toy_id": "a", "time": "2026-02-30T00:00:00Z"}]},
            "/history/0/time",
            "must be a time, such as 2026-01-31T09:30:00Z. Got '2026-02-30T00:00:00Z'.",
        ),
        ({"filters": {"price_max": -1}}, "/filters/price_max", "must be ≥ 0. Got -1."),
        ({"filters": {"price_min": "free"}}, "/filters/price_min", "must be a number. Got 'free'."),
        (
            {"filters": {"price_min": 2, "price_max": 1}},
            "/filters",
            "must have a price_min of at most price_max, 1. Got 2.",
        ),
        ({"filters": {"colour": "red"}}, "/filters/colour", "is not a known field."),
        ({"filters": {"a/b~c": 1}}, "/filters/a~1b~0c", "is not a known field."),
        ({"recipient": {"age_months": 1440}}, "/recipient/age_months", "must be ≤ 1439. Got 1440."),
        ({"recipient": {"age_months": -1}}, "/recipient/age_months", "must be ≥ 0. Got -1."),
        ({"recipient": {"budget": 0}}, "/recipient/budget", "must be > 0. Got 0."),
        ({"recipient": {"budget": True}}, "/recipient/budget", "must be a number. Got True."),
        ({"recipient": {"name": "Ada"}}, "/recipient/name", "is not a known field."),
        ({"recipient": {"interests": ["a"] * 21}}, "/recipient/interests", "must hold at most 20 entries. Got 21."),
        ({"recipient": []}, "/recipient", "must be an object. Got []."),
        ({"youngest_age_months": -5}, "/youngest_age_months", "must be ≥ 0. Got -5."),
        ({"language": "fr"}, "/language", "must be one of 'en' or 'zh'. Got 'fr'."),
        ({"page": 2}, "/page", "must be a string. Got 2."),
        ({"page_number": 2}, "/page_number", "is not a known field."),
        ({"diversity": 1.5}, "/diversity", "must be ≤ 1. Got 1.5."),
        ({"occasion": "monday"}, "/occasion", OCCASIONS_SAID),
        ({"purpose": "theft"}, "/purpose", "must be one of 'self' or 'gift'. Got 'theft'."),
        ({"filters": {"in_stock": "yes"}}, "/filters/in_stock", "must be true or false. Got 'yes'."),
        ([], "", "must be an object. Got []."),
    ],
)
def test_a_mistake_is_pointed_at(client: TestClient, body: Any, pointer: str, said: str) -> None:
    response = client.post(URL, json=body)
    assert response.status_code == 422
    problem = response.json()
    assert problem["code"] == "invalid_request"
    assert problem["errors"] == [{"pointer": pointer, "detail": said}]
    assert problem["detail"] == f"{pointer or 'The body'} {said}"
