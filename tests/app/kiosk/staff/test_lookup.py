"""Why a toy is, or is not, shown."""

from fastapi.testclient import TestClient

from app.kiosk.staff.models import ScannedAnswer, WhyAnswer

Headers = dict[str, str]


def test_every_rule_that_forbids_a_toy_is_named(client: TestClient, clerk: Headers) -> None:
    recall = {"recalls": [{"barcode": "12345678905", "reason": "paint"}]}
    client.post("/v1/staff/recalls:import", json=recall, headers=clerk)
    client.put("/v1/staff/stock", json={"toys": [{"toy_id": "track", "count": 0}]}, headers=clerk)
    answer = client.get("/v1/staff/toys/track/why", params={"youngest_age_months": 20}, headers=clerk)
    WhyAnswer.model_validate(answer.json())
    found = answer.json()
    assert [rule["rule"] for rule in found["rules"]] == ["recall", "safety", "stock"]
    assert found["safe"] == found["rules"][0]
    assert [recall["reason"] for recall in found["recalls"]] == ["paint"]
    assert found["stock"] == 0


def test_a_toy_that_may_be_shown(client: TestClient, clerk: Headers) -> None:
    found = client.get("/v1/staff/toys/track/why", params={"youngest_age_months": 60}, headers=clerk).json()
    assert found["safe"]["allowed"]
    assert (found["rules"], found["recalls"], found["stock"]) == ([], [], None)


def test_a_scanner_finds_all_toys_of_a_barcode(client: TestClient, clerk: Headers) -> None:
    answer = client.get("/v1/staff/barcodes/4006381333931", params={"language": "zh"}, headers=clerk)
    ScannedAnswer.model_validate(answer.json())
    assert [each["toy"]["toy_id"] for each in answer.json()["toys"]] == ["engine", "station"]
    for asked in ("barcodes/1", "toys/unicorn/why"):
        missing = client.get(f"/v1/staff/{asked}", headers=clerk)
        assert (missing.status_code, missing.json()["code"]) == (404, "unknown_toy")
