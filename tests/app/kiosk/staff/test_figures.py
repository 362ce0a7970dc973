"""The staff see how their lists do, and every number can be counted on the fingers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk.staff.figures_models import FiguresAnswer

Headers = dict[str, str]
URL = "/v1/staff/figures"
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def figures(client: TestClient, clerk: Headers, **params: Any) -> dict[str, Any]:
    answer = client.get(URL, params=params, headers=clerk)
    assert answer.status_code == 200
    FiguresAnswer.model_validate(answer.json(), strict=True)
    found: dict[str, Any] = answer.json()
    return found


def send(client: TestClient, name: str, toy: str, kind: str, quoted: str | None) -> None:
    event = {"event_id": name, "session_id": "s", "toy_id": toy, "kind": kind, "recommendation_id": quoted}
    verdict = client.post("/v1/events:batch", json={"events": [event]}).json()["results"][0]
    assert verdict["status"] == "accepted"


def test_a_shop_that_showed_nothing_has_no_rate(client: TestClient, clerk: Headers) -> None:
    client.app.state.kiosk.clock = lambda: NOON  # type: ignore[attr-defined]
    found = figures(client, clerk)
    assert (found["since"], found["until"]) == ("2026-02-28T13:00:00.000Z", "2026-03-01T13:00:00.000Z")
    assert (found["answers"], found["wanted"]["list_rate"], found["wanted"]["toy_rate"]) == (0, None, None)
    assert found["headquarters"] == {"state": "off", "waiting": 0, "sent": 0, "failures": 0, "cause": None}
    assert found["retention"] == {"held_until": None, "removals": []}
    assert found["queue"] == {"waiting": 0, "lost": 0}


def test_what_was_wanted_of_what_was_shown(client: TestClient, clerk: Headers) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    kiosk.clock = lambda: NOON
    lists = [client.post("/v1/recommendations", json={"k": 4, "youngest_age_months": 60}).json() for _ in range(2)]
    names = [[item["toy"]["toy_id"] for item in each["items"]] for each in lists]
    first, second = (each["recommendation_id"] for each in lists)
    send(client, "1", names[0][0], "like", first)
    send(client, "2", names[0][0], "purchase", first)  # the same place twice
    send(client, "3", names[0][1], "view", first)
    send(client, "4", names[1][2], "dismiss", second)
    send(client, "5", names[1][3], "purchase", None)  # of no list
    send(client, "6", "retired", "cart", second)  # was not on it
    found = figures(client, clerk)
    assert (found["answers"], found["impressions"], found["lost"]) == (2, 8, 0)
    assert found["wanted"] == {
        "lists": 2,
        "lists_wanted": 1,
        "list_rate": 0.5,
        "toys": 8,
        "toys_wanted": 1,
        "toy_rate": 0.125,
        "kinds": {"dismiss": 1, "like": 1, "purchase": 1, "view": 1},
    }
    expected = {rule: 2 * count for rule, count in lists[0]["masked"].items()}
    assert found["masked"] == dict(sorted(expected.items()))
    assert sum(toy["shown"] for toy in found["top_shown"]) == 8
    assert found["variety"]["shown"] == len({toy for each in names for toy in each}) == len(found["top_shown"])
    assert found["variety"]["top_share"] == 1
    assert found["variety"]["on_sale"] == sum(toy.active for toy in kiosk.now.engine.toys) < len(kiosk.now.engine.toys)
    assert [toy["shown"] for toy in found["top_shown"]] == sorted(
        (toy["shown"] for toy in found["top_shown"]), reverse=True
    )
    wanted = {toy["toy_id"]: toy["wanted"] for toy in found["top_shown"]}
    assert wanted.pop(names[0][0]) == 1
    assert not any(wanted.values())
    assert all(toy["title"] for toy in found["top_shown"])

    kiosk.clock = lambda: NOON + timedelta(hours=1)
    assert figures(client, clerk, hours=1)["answers"] == 0
    assert figures(client, clerk, hours=2)["wanted"]["lists_wanted"] == 1
    client.delete("/v1/shoppers/nobody")
    kiosk.clock = lambda: NOON - timedelta(days=365)
    assert figures(client, clerk)["answers"] == 0, "what bears a later date is not of these hours"


def test_what_is_lost_forgotten_or_sought_in_vain_is_said(client: TestClient, clerk: Headers) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    kiosk.impressions._limit = 3
    client.post("/v1/recommendations", json={"k": 4, "shopper_id": "ada"})
    client.post("/v1/recommendations", json={"k": 3, "shopper_id": "ada"})
    client.get("/v1/search", params={"q": "zeppelin"})
    found = figures(client, clerk)
    assert (found["answers"], found["impressions"], found["lost"], found["queue"]["lost"]) == (1, 3, 4, 4)
    assert [(missed["text"], missed["times"]) for missed in found["missed_searches"]] == [("zeppelin", 1)]
    client.delete("/v1/shoppers/ada")
    found = figures(client, clerk)
    assert found["answers"] == 1, "counted as it happened"
    assert (found["wanted"]["lists"], found["top_shown"]) == (0, [])
    assert (found["variety"]["shown"], found["variety"]["top_share"]) == (0, None)
    removals = found["retention"]["removals"]
    assert {(each["cause"], each["kind"], each["rows"]) for each in removals} == {
        ("shopper", "answers", 1),
        ("shopper", "impressions", 3),
    }


@pytest.mark.parametrize("hours", [0, 745, "x"])
def test_hours_have_bounds(client: TestClient, clerk: Headers, hours: Any) -> None:
    assert client.get(URL, params={"hours": hours}, headers=clerk).status_code == 422
