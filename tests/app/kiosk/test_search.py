import pytest
from fastapi.testclient import TestClient

from app.kiosk.models.toys import SearchAnswer


def test_toys_are_found_by_words_in_both_languages(client: TestClient) -> None:
    body = client.get("/v1/search", params={"q": "steam engin", "k": 1, "typing": "true"}).json()
    SearchAnswer.model_validate(body)
    assert [item["toy"]["toy_id"] for item in body["items"]] == ["engine"]
    assert (body["matched"], body["corrected"], body["every_word"], body["short_reason"]) == (1, None, True, None)
    chinese = client.get("/v1/search", params={"q": "火车", "language": "zh"}).json()
    assert [item["toy"]["toy_id"] for item in chinese["items"]] == ["engine"]
    assert chinese["short_reason"] == {"code": "no_match", "text": "只找到1件玩具。"}


def test_the_mask_holds_and_says_what_it_took(client: TestClient) -> None:
    body = client.get("/v1/search?q=baloons&youngest_age_months=96").json()
    assert (body["items"][0]["toy"]["toy_id"], body["corrected"]) == ("balloons", "balloons")
    small = client.get("/v1/search?q=balloons&youngest_age_months=40").json()
    assert (small["items"], small["matched"], small["masked"]) == ([], 1, {"safety": 1})
    assert small["short_reason"]["text"] == "No toy is left: 1 not safe for the youngest child."
    sought = client.get("/v1/search?q=trains&age_months=20").json()
    assert sought["items"] == []
    cheap = client.get("/v1/search?q=trains&price_max=13&category=trains&brand=HOLT").json()
    assert [item["toy"]["toy_id"] for item in cheap["items"]] == ["engine"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=" + "x" * 201, "q"),
        ("q=a&q=b", "q"),
        ("q=a&k=0", "k"),
        ("q=a&offset=3", "offset"),
        ("q=a&price_min=nan", "price_min"),
        ("q=a&youngest_age_months=-1", "youngest_age_months"),
    ],
)
def test_what_is_not_understood_is_refused(client: TestClient, query: str, name: str) -> None:
    response = client.get(f"/v1/search?{query}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == name


def test_a_price_range_upside_down_is_refused(client: TestClient) -> None:
    response = client.get("/v1/search?q=a&price_min=3&price_max=2")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("query", ["%00", "%ED%A0%80", "%22%20OR%20%2A", "NEAR(a%20b)", "%F0%9F%9A%82", "title%3Aa"])
def test_no_text_is_an_error(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/search?q={query}").status_code == 200
