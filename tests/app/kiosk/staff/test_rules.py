"""Pins, boosts, buries and hides: in force in their time, never above safety, changed by one at a time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.models.service import Problem
from app.kiosk.staff.models import WhyAnswer
from app.kiosk.staff.rule_models import RuleAnswer, RulesAnswer

URL = "/v1/staff/rules"
Headers = dict[str, str]
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(settings: KioskSettings, clock: Clock) -> Iterator[TestClient]:
    with TestClient(create_app(settings, clock)) as client:
        yield client


def make(client: TestClient, clerk: Headers, **rule: Any) -> dict[str, Any]:
    answer = client.post(URL, json=rule, headers=clerk)
    assert answer.status_code == 200, answer.text
    RuleAnswer.model_validate(answer.json(), strict=True)
    made: dict[str, Any] = answer.json()
    return made


def listed(client: TestClient, **body: Any) -> list[str]:
    answer = client.post("/v1/recommendations", json={"youngest_age_months": 120, "k": 100, "diversity": 0, **body})
    assert answer.status_code == 200
    return [item["toy"]["toy_id"] for item in answer.json()["items"]]


def near(client: TestClient, toy: str) -> set[str]:
    answer = client.get(f"/v1/toys/{toy}/similar", params={"k": 100, "youngest_age_months": 120}).json()
    named = {reason.get("toy_id") for item in answer["items"] for reason in item["reasons"]}
    return {item["toy"]["toy_id"] for item in answer["items"]} | named - {None}


def split(client: TestClient) -> set[str]:
    """Toys for three children of one budget, and what each could have instead."""
    children = [{"recipient": {"age_months": 120}}] * 3
    answer = client.post("/v1/recommendations:split", json={"children": children, "budget": 500})
    assert answer.status_code == 200
    return set(re.findall(r'"toy_id":"(\w+)"', answer.text))


def test_a_rule_is_in_force_when_its_answer_comes_and_gone_when_it_is_removed(
    client: TestClient, clerk: Headers
) -> None:
    before = listed(client)
    last, other = before[-1], before[-2]
    pin = make(client, clerk, kind="pin", toy_id=last)
    assert (pin["in_force"], pin["toys"], pin["unknown"], pin["revision"], pin["changed_by"]) == (
        True,
        1,
        False,
        1,
        "Kim",
    )
    assert listed(client) == [last, *before[:-1]]
    make(client, clerk, kind="pin", toy_id=other, position=1)
    assert listed(client) == [other, last, *before[:-2]]
    left = client.delete(f"{URL}/{pin['rule_id']}", params={"revision": 1}, headers=clerk)
    RulesAnswer.model_validate(left.json(), strict=True)
    assert [rule["toy_id"] for rule in left.json()["rules"]] == [other]
    assert left.json() == client.get(URL, headers=clerk).json()
    assert listed(client) == [other, *[toy for toy in before if toy != other]]


def test_boost_lifts_and_bury_sinks(client: TestClient, clerk: Headers) -> None:
    before = listed(client)
    boost = make(client, clerk, kind="boost", toy_id=before[-1], strength=3)
    assert listed(client).index(before[-1]) < len(before) - 1
    client.delete(f"{URL}/{boost['rule_id']}", params={"revision": 1}, headers=clerk)
    assert listed(client) == before
    assert make(client, clerk, kind="bury", toy_id=before[0])["strength"] == 1
    assert listed(client).index(before[0]) > 0


def test_what_is_hidden_is_on_no_path_nor_named(client: TestClient, clerk: Headers) -> None:
    assert {"track", "engine", "station"} <= set(listed(client)) & near(client, "bear")
    assert {"track", "engine", "station"} & split(client)
    made = make(client, clerk, kind="hide", category="TRAINS", note="water in the store room")
    assert made["toys"] == 3
    gone = {"track", "engine", "station"}
    assert not gone & (set(listed(client)) | near(client, "bear") | near(client, "track"))
    found = client.get("/v1/search", params={"q": "steam engine", "youngest_age_months": 120}).json()
    assert (found["masked"], gone & {item["toy"]["toy_id"] for item in found["items"]}) == ({"hidden": 1}, set())
    assert split(client)
    assert not gone & split(client)
    page = client.get("/v1/toys/track", params={"youngest_age_months": 120}).json()
    assert page["safe"]["rule"] == "hidden"


def test_nothing_is_pinned_above_safety_recall_stock_or_hide(client: TestClient, clerk: Headers) -> None:
    body = {"recalls": [{"toy_id": "bear"}]}
    client.post("/v1/staff/recalls:import", json=body, headers=clerk)
    client.put("/v1/staff/stock", json={"toys": [{"toy_id": "track", "count": 0}]}, headers=clerk)
    make(client, clerk, kind="hide", toy_id="engine")
    for place, toy in enumerate(("bear", "track", "engine", "poker", "retired", "marbles"), 1):
        make(client, clerk, kind="pin", toy_id=toy, position=place)
        make(client, clerk, kind="boost", toy_id=toy, strength=3)
    assert listed(client)[0] == "marbles"
    assert not {"bear", "track", "engine", "poker", "retired"} & set(listed(client))
    assert set(listed(client, youngest_age_months=20)) == {"rattle", "blocks"}
    assert "marbles" not in listed(client, filters={"category": "Puzzles"})


def test_a_rule_holds_from_its_start_and_no_longer_at_its_end(client: TestClient, clerk: Headers, clock: Clock) -> None:
    before = listed(client)
    last = before[-1]
    window = {"starts": "2026-12-01T21:00:00+08:00", "ends": "2026-12-01T14:00:00.5Z"}
    made = make(client, clerk, kind="pin", toy_id=last, **window)
    assert (made["starts"], made["ends"]) == ("2026-12-01T13:00:00.000Z", "2026-12-01T14:00:00.500Z")
    assert not made["in_force"]
    moments = {
        HOUR - timedelta(milliseconds=1): before,
        HOUR: [last, *before[:-1]],
        2 * HOUR + timedelta(milliseconds=499): [last, *before[:-1]],
        2 * HOUR + timedelta(milliseconds=500): before,
    }
    for since, wanted in moments.items():
        clock.time = NOON + since
        assert listed(client) == wanted, since
        assert client.get(URL, headers=clerk).json()["rules"][0]["in_force"] == (wanted != before)


def test_a_clock_set_back_a_year_does_not_leave_a_rule_in_force(
    client: TestClient, clerk: Headers, clock: Clock
) -> None:
    make(client, clerk, kind="hide", toy_id="bear", starts="2026-12-01T00:00:00Z", ends="2026-12-02T00:00:00Z")
    assert "bear" not in listed(client)
    clock.time = NOON - 365 * 24 * HOUR
    assert "bear" in listed(client)
    clock.time = NOON
    assert "bear" not in listed(client)


def test_what_time_brings_does_not_undo_what_came_meanwhile(client: TestClient, clerk: Headers, clock: Clock) -> None:
    """A request that works out a rule's end while a recall comes must not put the lists of before it back."""
    make(client, clerk, kind="hide", toy_id="track", ends="2026-12-01T13:00:00Z")
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    old = kiosk.now
    clock.time = NOON + HOUR
    late = old.with_rules(old.staff.rules, clock.time)
    client.post("/v1/staff/recalls:import", json={"recalls": [{"toy_id": "bear"}]}, headers=clerk)
    kiosk._replace(old, late)
    assert not {"bear"} & set(listed(client))
    assert "track" in listed(client)


def test_a_rule_for_an_occasion_holds_for_it_alone(client: TestClient, clerk: Headers) -> None:
    before = listed(client)
    make(client, clerk, kind="pin", toy_id=before[-1], occasion="christmas")
    assert listed(client) == listed(client, occasion="birthday") == before
    assert listed(client, occasion="christmas")[0] == before[-1]


def test_rules_hold_after_a_restart(settings: KioskSettings, client: TestClient, clerk: Headers, clock: Clock) -> None:
    make(client, clerk, kind="hide", brand="lumi")
    with TestClient(create_app(settings, clock)) as again:
        assert not {"bear", "rattle"} & set(listed(again))


def test_two_staff_change_one_rule(client: TestClient, clerk: Headers, manager: Headers) -> None:
    said = {"kind": "boost", "brand": "Lumi", "strength": 2, "note": "week 1"}
    made = make(client, clerk, **said)
    url = f"{URL}/{made['rule_id']}"
    mo = client.put(url, json={**said, "strength": 1.5, "note": None, "revision": 1}, headers=manager)
    assert (mo.status_code, mo.json()["revision"]) == (200, 2)
    for attempt in (
        client.put(url, json={**said, "strength": 3, "revision": 1}, headers=clerk),
        client.delete(url, params={"revision": 1}, headers=clerk),
    ):
        assert attempt.status_code == 409
        problem = attempt.json()
        Problem.model_validate(problem, strict=True)
        assert problem["code"] == "rule_changed"
        assert problem["detail"] == f"Mo changed this rule at {mo.json()['changed']}. Look at it again, then decide."
        assert problem["conflict"] == {
            "rule": mo.json(),
            "changed_by": "Mo",
            "changed": mo.json()["changed"],
            "fields": [
                {"field": "strength", "read": 2, "now": 1.5},
                {"field": "note", "read": "week 1", "now": None},
            ],
        }
    assert client.get(URL, headers=clerk).json()["rules"] == [mo.json()]
    client.delete(url, params={"revision": 2}, headers=manager)
    gone = client.put(url, json={**said, "revision": 2}, headers=clerk).json()
    Problem.model_validate(gone, strict=True)
    assert (gone["code"], gone["conflict"]["rule"], gone["conflict"]["changed_by"]) == ("rule_changed", None, "Mo")
    assert gone["detail"].startswith("Mo removed this rule at 20")
    never = client.delete(f"{URL}/r-0", params={"revision": 1}, headers=clerk)
    assert (never.status_code, never.json()["code"]) == (404, "unknown_rule")


def test_a_second_click_does_not_boost_again(client: TestClient, clerk: Headers) -> None:
    first = make(client, clerk, kind="boost", brand="Lumi")
    assert make(client, clerk, kind="boost", brand="Lumi", strength=1) == first
    assert len(client.get(URL, headers=clerk).json()["rules"]) == 1


def test_a_rule_of_a_toy_that_is_not_there_is_kept_and_said_to_be_unknown(client: TestClient, clerk: Headers) -> None:
    made = make(client, clerk, kind="hide", toy_id="unicorn")
    assert (made["unknown"], made["toys"], made["in_force"]) == (True, 0, True)


def test_why_names_the_rules_in_force_that_speak_of_a_toy(client: TestClient, clerk: Headers) -> None:
    wanted = [
        make(client, clerk, kind="boost", category="trains"),
        make(client, clerk, kind="hide", toy_id="track"),
        make(client, clerk, kind="pin", toy_id="track", occasion="birthday"),
    ]
    make(client, clerk, kind="hide", toy_id="bear")
    make(client, clerk, kind="bury", brand="Holt", starts="2030-01-01T00:00:00Z")
    answer = client.get("/v1/staff/toys/track/why", params={"youngest_age_months": 60}, headers=clerk)
    WhyAnswer.model_validate(answer.json())
    assert answer.json()["staff_rules"] == wanted
    assert [rule["rule"] for rule in answer.json()["rules"]] == ["hidden"]


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({}, "/kind", "is required."),
        ({"kind": "lift", "toy_id": "a"}, "/kind", "must be one of 'pin', 'boost', 'bury' or 'hide'. Got 'lift'."),
        ({"kind": "hide"}, "", "must have one of toy_id, category and brand. Got none."),
        (
            {"kind": "hide", "toy_id": "a", "brand": "b"},
            "",
            "must have one of toy_id, category and brand. Got toy_id and brand.",
        ),
        ({"kind": "pin", "brand": "b"}, "", "must have a toy_id where kind is pin. Got a brand."),
        (
            {"kind": "pin", "toy_id": "a", "strength": 1},
            "",
            "must have a strength only where kind is boost or bury. Got pin.",
        ),
        (
            {"kind": "bury", "toy_id": "a", "position": 1},
            "",
            "must have a position only where kind is pin. Got bury.",
        ),
        ({"kind": "boost", "toy_id": "a", "strength": 3.01}, "/strength", "must be ≤ 3. Got 3.01."),
        ({"kind": "boost", "toy_id": "a", "strength": 0}, "/strength", "must be > 0. Got 0."),
        ({"kind": "pin", "toy_id": "a", "position": 0}, "/position", "must be ≥ 1. Got 0."),
        (
            {"kind": "hide", "toy_id": "a", "occasion": "birthday"},
            "",
            "must have no occasion where kind is hide: what is hidden is hidden from everybody.",
        ),
        (
            {"kind": "hide", "toy_id": "a", "starts": "2026-01-01T08:00:00+08:00", "ends": "2026-01-01T00:00:00.0009Z"},
            "",
            "must have ends after starts, 2026-01-01T00:00:00+00:00. Got 2026-01-01T00:00:00+00:00.",
        ),
        (
            {"kind": "hide", "toy_id": "a", "ends": "9999-12-31T23:59:59-12:00"},
            "/ends",
            "must be a time of the years 1 to 9999 in UTC. Got 9999-12-31T23:59:59-12:00.",
        ),
        ({"kind": "hide", "toy_id": "a", "starts": "2026-01-01"}, "/starts", ""),
        ({"kind": "hide", "toy_id": "a", "until": None}, "/until", "is not a known field."),
    ],
)
def test_a_mistake_is_pointed_at(client: TestClient, clerk: Headers, body: dict, pointer: str, said: str) -> None:
    for answer in (
        client.post(URL, json=body, headers=clerk),
        client.put(f"{URL}/r-0", json={**body, "revision": 1}, headers=clerk),
    ):
        assert answer.status_code == 422
        fault = answer.json()["errors"][0]
        assert fault["pointer"] == pointer
        assert said in fault["detail"]
    assert client.get(URL, headers=clerk).json() == {"rules": []}


def test_a_change_says_what_was_read(client: TestClient, clerk: Headers) -> None:
    made = make(client, clerk, kind="hide", toy_id="bear")
    url = f"{URL}/{made['rule_id']}"
    change = client.put(url, json={"kind": "hide", "toy_id": "bear"}, headers=clerk)
    assert change.json()["errors"] == [{"pointer": "/revision", "detail": "is required."}]
    assert client.delete(url, headers=clerk).json()["errors"] == [{"parameter": "revision", "detail": "is required."}]
