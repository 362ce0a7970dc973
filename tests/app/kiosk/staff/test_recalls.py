"""A recall is in force when its answer comes, on every path that shows a toy."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.staff.models import RecallImportAnswer, RecallsAnswer

IMPORT = "/v1/staff/recalls:import"
CSV = "/v1/staff/recalls:import-csv"
Headers = dict[str, str]


def shown(client: TestClient) -> set[str]:
    """Every toy on every path: the list for a grown-up's ten-year-old, and what is similar to each."""
    ids = {item["toy"]["toy_id"] for item in recommended(client)["items"]}
    for toy in ("track", "engine", "bear"):
        answer = client.get(f"/v1/toys/{toy}/similar", params={"k": 100, "youngest_age_months": 120})
        ids |= {item["toy"]["toy_id"] for item in answer.json()["items"]}
        reasons = [reason.get("toy_id") for item in answer.json()["items"] for reason in item["reasons"]]
        ids |= {reason for reason in reasons if reason}
    return ids


def recommended(client: TestClient) -> dict:
    body = {"youngest_age_months": 120, "k": 100}
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == 200
    found: dict = answer.json()
    return found


def test_a_recall_takes_a_toy_off_every_path_at_once(client: TestClient, clerk: Headers) -> None:
    assert {"track", "engine", "bear"} <= shown(client)
    answer = client.post(IMPORT, json={"recalls": [{"toy_id": "bear", "reason": "an eye comes off"}]}, headers=clerk)
    assert answer.status_code == 200
    RecallImportAnswer.model_validate(answer.json(), strict=True)
    assert answer.json() == {"new": 1, "known_before": 0, "toys": ["bear"], "unknown": []}
    assert "bear" not in shown(client)
    assert recommended(client)["masked"]["recall"] == 1
    assert client.get("/v1/toys/bear").json()["safe"]["rule"] == "recall"


def test_by_barcode_however_it_is_written(client: TestClient, clerk: Headers) -> None:
    recalls = [
        {"barcode": "0-12345-67890-5"},
        {"barcode": "04006381333931"},
        {"barcode": "9999"},
        {"toy_id": "unicorn"},
    ]
    answer = client.post(IMPORT, json={"recalls": recalls}, headers=clerk).json()
    assert answer["toys"] == ["engine", "station", "track"], "two toys share a barcode: both go"
    assert answer["unknown"] == ["00000000009999", "unicorn"]
    assert not {"engine", "station", "track"} & shown(client)


def test_it_holds_after_a_restart(settings: KioskSettings, client: TestClient, clerk: Headers) -> None:
    client.post(IMPORT, json={"recalls": [{"toy_id": "bear"}]}, headers=clerk)
    with TestClient(create_app(settings)) as again:
        assert "bear" not in shown(again)


def test_a_mistake_is_taken_back_by_a_manager_alone(client: TestClient, clerk: Headers, manager: Headers) -> None:
    client.post(
        IMPORT, json={"recalls": [{"toy_id": "bear", "source": "maker"}, {"barcode": "12345678905"}]}, headers=clerk
    )
    refused = client.post("/v1/staff/recalls:lift", json={"toy_id": "bear"}, headers=clerk)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")
    assert "bear" not in shown(client)
    left = client.post("/v1/staff/recalls:lift", json={"toy_id": "bear"}, headers=manager)
    RecallsAnswer.model_validate(left.json(), strict=True)
    assert [(each["by"], each["value"], each["toys"]) for each in left.json()["recalls"]] == [
        ("barcode", "00012345678905", ["track"])
    ]
    assert "bear" in shown(client)
    again = client.post("/v1/staff/recalls:lift", json={"toy_id": "bear"}, headers=manager)
    assert (again.status_code, again.json()["code"]) == (404, "unknown_recall")


def test_a_line_again_is_known_and_brings_its_reason(client: TestClient, clerk: Headers) -> None:
    client.post(IMPORT, json={"recalls": [{"toy_id": "bear"}]}, headers=clerk)
    answer = client.post(IMPORT, json={"recalls": [{"toy_id": "bear", "reason": "fire"}] * 2}, headers=clerk).json()
    assert (answer["new"], answer["known_before"]) == (0, 1)
    kept = client.get("/v1/staff/recalls", headers=clerk).json()["recalls"]
    assert [(each["value"], each["reason"]) for each in kept] == [("bear", "fire")]


def test_a_list_in_csv(client: TestClient, clerk: Headers) -> None:
    text = '\ufefftoy_id,barcode,reason\r\nbear,,"eye, left"\r\n\r\n,012345678905,\r\n'.encode()
    answer = client.post(CSV, content=text, headers={**clerk, "Content-Type": "text/csv"})
    assert answer.status_code == 200
    assert answer.json()["toys"] == ["bear", "track"]
    kept = client.get("/v1/staff/recalls", headers=clerk).json()["recalls"]
    assert {each["value"]: each["reason"] for each in kept} == {"bear": "eye, left", "00012345678905": None}


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_list_from_a_spreadsheet_that_keeps_commas_for_numbers(
    client: TestClient, clerk: Headers, separator: str
) -> None:
    text = separator.join(["toy_id", "reason"]) + "\r\n" + separator.join(["bear", "eye, left, 2,5 cm"]) + "\r\n"
    answer = client.post(CSV, content=text.encode(), headers={**clerk, "Content-Type": "text/csv"})
    assert answer.json()["toys"] == ["bear"]
    (recall,) = client.get("/v1/staff/recalls", headers=clerk).json()["recalls"]
    assert recall["reason"] == "eye, left, 2,5 cm"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is required"),
        (b"\n", "must begin with a line of names"),
        (b"name\nbear\n", "must begin with a line of names"),
        (b"toy_id,toy_id\nbear,bear\n", "must begin with a line of names"),
        (b"toy_id,reason\nbear\n", "line 2 must have 2 fields. Got 1."),
        (b"toy_id,barcode\n,,\n", "must name a toy"),
        (b"toy_id,reason\n,why\n", "line 2 names no toy"),
        (b"toy_id\nbear\n" + b"x" * 201 + b"\n", "line 3: toy_id must have at most 200 characters. Got 201."),
        (b"toy_id\n\xff\n", "must be UTF-8. Byte 7 is not. In a spreadsheet save it as 'CSV UTF-8'."),
        (b"barcode\n5.01235E+12\n", "must have every digit of a barcode; a spreadsheet rounded it"),
        (b"barcode;reason\n5,01235E+12;why\n", "must have every digit of a barcode; a spreadsheet rounded it"),
        (b'toy_id\n"bear\n', "cannot be read"),
        (b"toy_id\n", "must name a toy"),
    ],
)
def test_a_wrong_list_is_refused_whole(client: TestClient, clerk: Headers, text: bytes, said: str) -> None:
    answer = client.post(CSV, content=text, headers={**clerk, "Content-Type": "text/csv"})
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert "bear" in shown(client)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({}, "either toy_id or barcode"),
        ({"toy_id": "bear", "barcode": "1"}, "either toy_id or barcode"),
        ({"toy_id": "bear", "why": "x"}, "is not a known field"),
        ({"toy_id": ""}, "a string that is not empty"),
    ],
)
def test_a_wrong_line_is_pointed_at(client: TestClient, clerk: Headers, line: dict, said: str) -> None:
    answer = client.post(IMPORT, json={"recalls": [{"toy_id": "track"}, line]}, headers=clerk)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/recalls/1")
    assert said in answer.json()["detail"]
    assert "track" in shown(client)


def test_a_database_of_before_gets_the_new_tables(settings: KioskSettings, tmp_path: Path) -> None:
    import sqlite3

    settings.database.parent.mkdir(parents=True)
    with sqlite3.connect(settings.database) as old:
        old.execute(
            "CREATE TABLE events (event_id TEXT NOT NULL PRIMARY KEY, session_id TEXT NOT NULL, shopper_id TEXT, "
            "toy_id TEXT NOT NULL, kind TEXT NOT NULL, time_ms BIGINT NOT NULL, received_ms BIGINT NOT NULL, "
            "recommendation_id TEXT, recipient_id TEXT, recipient_age INTEGER, recipient_interests TEXT NOT NULL)"
        )
        old.execute("INSERT INTO events VALUES ('kept', 's', NULL, 'bear', 'view', 1, 1, NULL, NULL, NULL, '[]')")
        old.execute("PRAGMA user_version = 1")
    old.close()
    with TestClient(create_app(settings)) as client:
        kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
        assert kiosk.house.recalls() == ()
        assert kiosk.events.count() == 1


@pytest.mark.parametrize("verb", ["import", "lift"])
def test_a_barcode_of_dashes_recalls_nothing(client: TestClient, manager: Headers, verb: str) -> None:
    body = {"recalls": [{"barcode": " - "}]} if verb == "import" else {"barcode": " - "}
    answer = client.post(f"/v1/staff/recalls:{verb}", json=body, headers=manager)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "must have a barcode with digits or letters" in answer.json()["detail"]


def test_a_barcode_typed_on_a_chinese_keyboard_recalls_the_toy(client: TestClient, clerk: Headers) -> None:
    recalls = [{"barcode": "\uff14\uff10\uff10\uff16\uff13\uff18\uff11\uff13\uff13\uff13\uff19\uff13\uff11"}]
    answer = client.post(IMPORT, json={"recalls": recalls}, headers=clerk).json()
    assert answer["toys"]
    assert answer["unknown"] == []
