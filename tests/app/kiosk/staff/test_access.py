"""No change without a key, and none that is not written down."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings
from app.kiosk.limits import Allowance
from app.kiosk.staff.models import ChangesAnswer
from app.kiosk.store.keys import KeyStore, Role
from data.errors import ToyGuideError

Headers = dict[str, str]


def staff_routes(client: TestClient) -> list[tuple[str, str]]:
    paths = client.get("/openapi.json").json()["paths"]
    found = [(method, path) for path, methods in paths.items() if "/staff/" in path for method in methods]
    return [(method, path.replace("{toy_id}", "bear").replace("{barcode}", "1")) for method, path in found]


@pytest.mark.parametrize(
    "header",
    [{}, {"Authorization": "Bearer toyguide_wrong"}, {"Authorization": "Basic a2V5"}, {"Authorization": "Bearer "}],
)
def test_no_staff_address_answers_without_a_key(client: TestClient, clerk: Headers, header: Headers) -> None:
    routes = staff_routes(client)
    assert len(routes) >= 8
    client.app.state.kiosk.wrong_keys = Allowance(1000, 1000)  # type: ignore[attr-defined]  # more than are allowed
    for method, path in routes:
        body = {"toys": [], "recalls": [{"toy_id": "bear"}], "toy_id": "bear"} if method != "get" else None
        response = client.request(method, path, json=body, headers=header)
        assert response.status_code == 401, path
        assert response.json()["code"] == "key_refused"
        assert response.headers["www-authenticate"] == "Bearer"
    assert client.app.state.kiosk.house.recalls() == ()  # type: ignore[attr-defined]


def test_what_only_a_manager_may_do_is_refused_to_a_clerk(client: TestClient, clerk: Headers) -> None:
    """Whatever could make a toy be shown that was not, and whatever tells who did what."""
    refused = set()
    for method, path in staff_routes(client):
        response = client.request(method, path, json={"what": "?"} if method != "get" else None, headers=clerk)
        if response.status_code == 403:
            assert response.json()["code"] == "role_too_low"
            refused.add(f"{method} {path.removeprefix('/v1/staff/')}")
    assert refused == {
        "post recalls:lift",
        "post toys",
        "post toys/bear:correct",
        "post toys/bear:restore",
        "get bundles",
        "post bundles:activate",
        "post bundles:import",
        "post bundles:rollback",
        "get backups",
        "post backups",
        "get audit",
    }


def test_a_key_that_was_removed_works_no_longer(client: TestClient, clerk: Headers) -> None:
    assert client.get("/v1/staff/recalls", headers=clerk).status_code == 200
    client.app.state.kiosk.keys.remove("Kim")  # type: ignore[attr-defined]
    assert client.get("/v1/staff/recalls", headers=clerk).status_code == 401


def test_a_key_that_has_expired_says_so(client: TestClient) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    headers = {"Authorization": f"Bearer {kiosk.keys.add('Sam', Role.CLERK, 30)}"}
    assert client.get("/v1/staff/recalls", headers=headers).status_code == 200
    kiosk.clock = lambda: datetime.now(UTC) + timedelta(days=31)
    response = client.get("/v1/staff/recalls", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "key_refused")
    assert response.json()["detail"].startswith("The key 'Sam' expired at 20")


def test_the_key_is_nowhere_in_the_database(client: TestClient, settings: KioskSettings, clerk: Headers) -> None:
    key = clerk["Authorization"].removeprefix("Bearer ")
    with sqlite3.connect(settings.database) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "Kim" in dump
    assert key not in dump
    assert key.removeprefix("toyguide_") not in dump


@pytest.mark.parametrize("name", ["", " Kim", "a" * 81, "two\nlines", "command line"])
def test_a_name_must_be_one(client: TestClient, name: str) -> None:
    keys: KeyStore = client.app.state.kiosk.keys  # type: ignore[attr-defined]
    with pytest.raises(ToyGuideError, match="The 'name' parameter of a staff key must be 1 to 80"):
        keys.add(name, Role.CLERK)


def test_a_name_is_given_once(client: TestClient, clerk: Headers) -> None:
    keys: KeyStore = client.app.state.kiosk.keys  # type: ignore[attr-defined]
    with pytest.raises(ToyGuideError, match="There is a staff key called 'Kim' already"):
        keys.add("Kim", Role.MANAGER)
    with pytest.raises(ToyGuideError, match="There is no staff key called 'Ada'"):
        keys.remove("Ada")
    assert [(key.name, key.role) for key in keys.list()] == [("Kim", Role.CLERK)]


def test_who_changed_what_is_written_down(client: TestClient, clerk: Headers, manager: Headers) -> None:
    client.post("/v1/staff/recalls:import", json={"recalls": [{"toy_id": "bear"}]}, headers=clerk)
    client.put("/v1/staff/stock", json={"toys": [{"toy_id": "track", "count": 2}]}, headers=manager)
    client.post("/v1/staff/recalls:lift", json={"toy_id": "bear"}, headers=manager)
    client.post("/v1/staff/recalls:lift", json={"toy_id": "bear"}, headers=manager)  # nothing to lift: no change
    assert client.get("/v1/staff/audit", headers=clerk).status_code == 403
    answer = client.get("/v1/staff/audit", headers=manager)
    ChangesAnswer.model_validate(answer.json(), strict=True)
    changes: list[dict[str, Any]] = answer.json()["changes"]
    assert [(each["who"], each["action"]) for each in changes] == [
        ("Mo", "recall.lift"),
        ("Mo", "stock.set"),
        ("Kim", "recall.import"),
        ("command line", "key.add"),
        ("command line", "key.add"),
    ]
    assert changes[1]["details"] == {"store_id": "main", "whole": False, "toys": 1, "first": {"track": 2}}
    older = client.get("/v1/staff/audit", params={"before": changes[1]["id"], "limit": 1}, headers=manager).json()
    assert [each["action"] for each in older["changes"]] == ["recall.import"]


def test_a_change_that_cannot_be_kept_is_not_in_force(client: TestClient, clerk: Headers) -> None:
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    with kiosk.database.writing() as connection:
        connection.execute("DROP TABLE audit")
    answer = client.put("/v1/staff/stock", json={"toys": [{"toy_id": "bear", "count": 0}]}, headers=clerk)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert kiosk.house.stock("main").counts == {}, "no change without its entry"
    assert client.get("/v1/toys/bear").json()["safe"]["allowed"]


def test_a_key_says_whose_it_is_and_what_it_allows(client: TestClient, clerk: Headers, manager: Headers) -> None:
    assert client.get("/v1/staff/key", headers=clerk).json() == {"name": "Kim", "role": "clerk", "expires": None}
    assert client.get("/v1/staff/key", headers=manager).json()["role"] == "manager"
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    lent = {"Authorization": f"Bearer {kiosk.keys.add('Sam', Role.CLERK, 30)}"}
    assert client.get("/v1/staff/key", headers=lent).json()["expires"].startswith("20")
