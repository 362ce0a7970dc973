"""What a list would be, before anybody sees it so."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk.staff.rule_models import PreviewAnswer

RULES = "/v1/staff/rules"
URL = "/v1/staff/rules:preview"
Headers = dict[str, str]
ASKED = {"youngest_age_months": 120, "k": 100}


def preview(client: TestClient, clerk: Headers, *changes: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"request": ASKED, **body, "changes": changes}, headers=clerk)
    assert answer.status_code == 200, answer.text
    PreviewAnswer.model_validate(answer.json(), strict=True)
    found: dict[str, Any] = answer.json()
    return found


def make(client: TestClient, clerk: Headers, **rule: Any) -> dict[str, Any]:
    made: dict[str, Any] = client.post(RULES, json=rule, headers=clerk).json()
    return made


def ids(toys: list[dict[str, Any]]) -> list[str]:
    return [toy["toy_id"] for toy in toys]


def listed(client: TestClient, **body: Any) -> list[str]:
    items = client.post("/v1/recommendations", json={**ASKED, **body}).json()["items"]
    return [item["toy"]["toy_id"] for item in items]


def idle(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(each["change"], each["code"], each["masked"]) for each in found["no_effect"]]


def test_it_shows_what_would_be_and_changes_nothing(client: TestClient, clerk: Headers) -> None:
    before = listed(client)
    rule = {"kind": "pin", "toy_id": before[-1]}
    found = preview(client, clerk, {"rule": rule})
    assert ids(found["before"]) == before
    assert found["after"][0] == {
        "position": 1,
        "toy_id": before[-1],
        "title": client.get(f"/v1/toys/{before[-1]}").json()["title"],
        "pinned": True,
        "was": len(before),
    }
    assert found["no_effect"] == []
    assert client.get(RULES, headers=clerk).json() == {"rules": []}
    assert listed(client) == before
    make(client, clerk, **rule)
    assert listed(client) == ids(found["after"])


def test_a_rule_changed_and_a_rule_removed(client: TestClient, clerk: Headers) -> None:
    first = listed(client)[0]
    hide = make(client, clerk, kind="hide", toy_id=first)
    pin = make(client, clerk, kind="pin", toy_id="bear")
    removed = preview(client, clerk, {"rule_id": hide["rule_id"]})
    assert first not in ids(removed["before"])
    assert sorted(ids(removed["after"])) == sorted([*ids(removed["before"]), first])
    assert next(toy["was"] for toy in removed["after"] if toy["toy_id"] == first) is None
    changed = preview(client, clerk, {"rule_id": pin["rule_id"], "rule": {"kind": "pin", "toy_id": "track"}})
    assert (changed["before"][0]["toy_id"], changed["after"][0]["toy_id"]) == ("bear", "track")
    assert changed["no_effect"] == []
    unknown = client.post(URL, json={"changes": [{"rule_id": "r-0"}]}, headers=clerk)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_rule")


def test_a_rule_that_does_nothing_says_why(client: TestClient, clerk: Headers) -> None:
    client.post("/v1/staff/recalls:import", json={"recalls": [{"toy_id": "track"}]}, headers=clerk)
    body = {"youngest_age_months": 40, "diversity": 0}
    assert listed(client, **body)[0] == "rattle"
    found = preview(
        client,
        clerk,
        {"rule": {"kind": "pin", "toy_id": "balloons"}},
        {"rule": {"kind": "boost", "toy_id": "unicorn"}},
        {"rule": {"kind": "hide", "toy_id": "bear", "ends": "2020-01-01T00:00:00Z"}},
        {"rule": {"kind": "boost", "brand": "Holt", "occasion": "christmas"}},
        {"rule": {"kind": "boost", "category": "Games", "strength": 3}},
        {"rule": {"kind": "hide", "toy_id": "track"}},
        {"rule": {"kind": "boost", "toy_id": "rattle"}},
        request={**body, "k": 100},
    )
    assert idle(found) == [
        (0, "masked", {"safety": 1}),
        (1, "unknown", {}),
        (2, "not_in_force", {}),
        (3, "other_occasion", {}),
        (4, "masked", {"safety": 1, "audience": 2}),
        (5, "masked", {"recall": 1}),
        (6, "same_list", {}),
    ]


def test_a_rule_that_is_there_and_cannot_hold_is_named(client: TestClient, clerk: Headers) -> None:
    pin = make(client, clerk, kind="pin", toy_id="balloons")
    make(client, clerk, kind="pin", toy_id="bear")
    make(client, clerk, kind="hide", toy_id="rattle")
    found = preview(client, clerk, request={"youngest_age_months": 40})
    assert ids(found["before"]) == ids(found["after"])
    assert found["no_effect"] == [
        {
            "rule_id": pin["rule_id"],
            "change": None,
            "code": "masked",
            "text": "None of the toys it speaks of may be shown: safety 1.",
            "masked": {"safety": 1},
        }
    ]


def test_pins_that_find_no_room(client: TestClient, clerk: Headers) -> None:
    pins = [{"rule": {"kind": "pin", "toy_id": toy}} for toy in ("bear", "track", "engine")]
    found = preview(client, clerk, *pins, request={**ASKED, "k": 2})
    assert ids(found["after"]) == ["bear", "track"]
    assert idle(found) == [(2, "no_room", {})]


def test_the_same_pin_twice_is_one(client: TestClient, clerk: Headers) -> None:
    pins = [{"rule": {"kind": "pin", "toy_id": "bear", "note": note}} for note in "ab"]
    assert idle(preview(client, clerk, *pins)) == [(0, "same_list", {}), (1, "same_list", {})]


def test_another_time_and_language_can_be_looked_at(client: TestClient, clerk: Headers) -> None:
    rule = {"kind": "pin", "toy_id": "bear", "starts": "2040-12-01T00:00:00Z", "ends": "2040-12-02T00:00:00Z"}
    last = listed(client)[-1]
    make(client, clerk, **{**rule, "toy_id": last})
    found = preview(client, clerk, at="2040-12-01T08:00:00+08:00", request={**ASKED, "language": "zh"})
    assert found["at"] == "2040-12-01T00:00:00.000Z"
    assert found["before"][0]["toy_id"] == last
    assert found["before"][0]["title"] == client.get(f"/v1/toys/{last}").json()["title_zh"]
    now = preview(client, clerk)
    assert now["before"][0]["toy_id"] != last
    assert abs(datetime.fromisoformat(now["at"]) - datetime.now(UTC)).total_seconds() < 60


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"changes": [{}]}, "/changes/0", "must have rule, rule_id, or both."),
        ({"changes": [{"rule": {"kind": "hide"}}]}, "/changes/0/rule", "must have one of toy_id"),
        ({"changes": [{"rule_id": "r-0"}] * 21}, "/changes", "must hold at most 20 entries. Got 21."),
        ({"request": {"k": 0}}, "/request/k", "must be ≥ 1. Got 0."),
        ({"at": "9999-12-31T23:59:59-12:00"}, "/at", "must be a time of the years 1 to 9999 in UTC."),
    ],
)
def test_a_mistake_is_pointed_at(client: TestClient, clerk: Headers, body: dict, pointer: str, said: str) -> None:
    answer = client.post(URL, json=body, headers=clerk)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert said in answer.json()["detail"]
