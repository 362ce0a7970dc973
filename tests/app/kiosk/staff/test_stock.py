"""What a store has decides what it shows; what nobody spoke of counts as there."""

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.staff.models import StockAnswer

URL = "/v1/staff/stock"
Headers = dict[str, str]


def on_list(client: TestClient) -> set[str]:
    answer = client.post("/v1/recommendations", json={"youngest_age_months": 120, "k": 100}).json()
    return {item["toy"]["toy_id"] for item in answer["items"]}


def lines(**counts: int) -> list[dict]:
    return [{"toy_id": toy, "count": count} for toy, count in counts.items()]


def test_a_toy_that_is_sold_out_goes_and_comes_back(client: TestClient, clerk: Headers) -> None:
    before = on_list(client)
    answer = client.put(URL, json={"toys": lines(bear=0, track=3, unicorn=1)}, headers=clerk)
    StockAnswer.model_validate(answer.json(), strict=True)
    assert answer.json() == {
        "store_id": "main",
        "in_stock": 1,
        "out_of_stock": 1,
        "unstated": 10,
        "unknown_ids": ["unicorn"],
    }
    assert on_list(client) == before - {"bear"}
    client.put(URL, json={"toys": lines(bear=1)}, headers=clerk)
    assert on_list(client) == before


def test_a_whole_list_says_what_is_not_there(client: TestClient, clerk: Headers) -> None:
    client.put(URL, json={"toys": lines(bear=5)}, headers=clerk)
    answer = client.put(URL, json={"whole": True, "toys": lines(track=2, engine=1)}, headers=clerk).json()
    assert (answer["in_stock"], answer["out_of_stock"], answer["unstated"]) == (2, 10, 0)
    assert on_list(client) == {"track", "engine"}
    client.put(URL, json={"toys": lines(station=1, engine=0)}, headers=clerk)
    assert on_list(client) == {"track", "station"}


def test_another_store_is_another_matter(settings: KioskSettings, client: TestClient, clerk: Headers) -> None:
    before = on_list(client)
    client.put(URL, json={"store_id": "north", "whole": True, "toys": lines(track=1)}, headers=clerk)
    assert on_list(client) == before
    north = settings.model_copy(update={"store_id": "north"})
    with TestClient(create_app(north)) as other:
        assert on_list(other) == {"track"}


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({}, "/toys", "is required"),
        ({"toys": lines(bear=-1)}, "/toys/0/count", "must be ≥ 0. Got -1."),
        ({"toys": [{"toy_id": "bear", "count": 1.5}]}, "/toys/0/count", "must be an int"),
        ({"toys": lines(bear=1) * 2}, "", "must name each toy once. Got 'bear' twice."),
        ({"toys": [], "whole": "yes"}, "/whole", ""),
    ],
)
def test_a_mistake_is_pointed_at(client: TestClient, clerk: Headers, body: dict, pointer: str, said: str) -> None:
    before = on_list(client)
    answer = client.put(URL, json=body, headers=clerk)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert said in answer.json()["detail"]
    assert on_list(client) == before
