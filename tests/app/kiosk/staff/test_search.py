"""Staff find a toy by words whether or not anybody may be shown it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk.staff.models import StaffSearchAnswer

Headers = dict[str, str]


def found(client: TestClient, headers: Headers, **query: Any) -> dict[str, Any]:
    answer = client.get("/v1/staff/search", params=query, headers=headers)
    StaffSearchAnswer.model_validate(answer.json())
    return dict(answer.json())


@pytest.mark.parametrize(
    ("words", "toy", "rule"),
    [("balloons", "balloons", "safety"), ("poker night", "poker", "audience"), ("tin robot", "retired", "inactive")],
)
def test_what_no_shopper_is_shown_is_found_with_its_verdict(
    client: TestClient, clerk: Headers, words: str, toy: str, rule: str
) -> None:
    (first,) = found(client, clerk, q=words, k=1, youngest_age_months=84)["toys"]
    assert (first["toy"]["toy_id"], first["safe"]["allowed"], first["safe"]["rule"]) == (toy, False, rule)
    assert [item["toy"]["toy_id"] for item in client.get("/v1/search", params={"q": words}).json()["items"]] != [toy]


def test_a_hidden_a_recalled_and_a_sold_out_toy_are_found(client: TestClient, clerk: Headers) -> None:
    client.post("/v1/staff/rules", json={"kind": "hide", "toy_id": "engine"}, headers=clerk)
    client.post("/v1/staff/recalls:import", json={"recalls": [{"toy_id": "track"}]}, headers=clerk)
    client.put("/v1/staff/stock", json={"toys": [{"toy_id": "station", "count": 0}]}, headers=clerk)
    toys = found(client, clerk, q="trains", youngest_age_months=60, language="zh")["toys"]
    assert {toy["toy"]["toy_id"]: toy["safe"]["rule"] for toy in toys} == {
        "engine": "hidden", "track": "recall", "station": "stock",
    }  # fmt: skip


def test_words_are_corrected_and_what_is_not_there_is_no_shoppers_missed_search(
    client: TestClient, clerk: Headers
) -> None:
    assert found(client, clerk, q="balloms")["corrected"] == "balloons"
    nothing = found(client, clerk, q="submarine")
    assert (nothing["toys"], nothing["matched"], nothing["every_word"]) == ([], 0, False)
    assert client.get("/v1/staff/figures", headers=clerk).json()["missed_searches"] == []
