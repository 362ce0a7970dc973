"""POST /v1/toys:check, as a basket asks."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk.models.checking import CheckAnswer
from tests.app.kiosk.staff.conftest import BARCODES, Headers

URL = "/v1/toys:check"


def checked(client: TestClient, *toy_ids: str, **asked: Any) -> dict[str, Any]:
    response = client.post(URL, json={"toy_ids": toy_ids, **asked})
    assert response.status_code == 200, response.text
    CheckAnswer.model_validate(response.json())
    return response.json()


def test_each_toy_once_in_the_order_asked(client: TestClient) -> None:
    body = checked(client, "track", "nowhere", "bear", "track", youngest_age_months=60)
    assert [toy["toy_id"] for toy in body["toys"]] == ["track", "bear"]
    assert body["missing_ids"] == ["nowhere"]
    track = body["toys"][0]
    assert track["barcode"] == BARCODES["track"]
    assert (track["safe"]["allowed"], track["rules"], track["in_stock"]) == (True, [], None)
    page = client.get("/v1/toys/track?youngest_age_months=60").json()
    assert {name: track[name] for name in page if name in track} == {
        name: page[name] for name in page if not name.startswith("description")
    }


def test_every_rule_is_told_not_the_first_alone(client: TestClient, clerk: Headers, manager: Headers) -> None:
    recall = {"recalls": [{"toy_id": "balloons", "reason": "they burst", "source": "maker"}]}
    assert client.post("/v1/staff/recalls:import", json=recall, headers=clerk).status_code == 200
    stock = {"toys": [{"toy_id": "balloons", "count": 0}, {"toy_id": "bear", "count": 2}]}
    assert client.put("/v1/staff/stock", json=stock, headers=clerk).status_code == 200
    correction = {"price": 99.5}
    assert client.post("/v1/staff/toys/bear:correct", json=correction, headers=manager).status_code == 200
    balloons, bear, rattle = checked(client, "balloons", "bear", "rattle", youngest_age_months=12)["toys"]
    assert balloons["rules"] == ["recall", "safety", "stock"]
    assert balloons["safe"]["rule"] == "recall"
    assert [toy["in_stock"] for toy in (balloons, bear, rattle)] == [False, True, None]
    assert bear["price"] == "99.50"


def test_the_language_is_that_of_the_verdict(client: TestClient) -> None:
    (balloons,) = checked(client, "balloons", language="zh")["toys"]
    assert balloons["safe"]["text"] == "不适合8岁以下的儿童。"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({}, "/toy_ids"),
        ({"toy_ids": []}, "/toy_ids"),
        ({"toy_ids": ["x"] * 101}, "/toy_ids"),
        ({"toy_ids": [7]}, "/toy_ids/0"),
        ({"toy_ids": ["x"], "name": "Ada"}, "/name"),
        ({"toy_ids": ["x"], "youngest_age_months": -1}, "/youngest_age_months"),
    ],
)
def test_mistakes_are_pointed_at(client: TestClient, wrong: dict[str, Any], pointer: str) -> None:
    response = client.post(URL, json=wrong)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"][0]["pointer"] == pointer
