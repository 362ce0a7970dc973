import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.models.service import FacetsAnswer, ModelAnswer
from app.kiosk.models.toys import ListAnswer, ToyPage
from data.schema import Toy


def test_a_toys_page_says_whether_it_may_be_shown(client: TestClient) -> None:
    body = client.get("/v1/toys/balloons", params={"youngest_age_months": 40}).json()
    ToyPage.model_validate(body)
    assert body["title"] == "Party balloons"
    assert body["hazards"] == ["balloon"]
    assert body["safe"] == {"allowed": False, "rule": "safety", "text": "Not for children under age 8."}
    assert client.get("/v1/toys/balloons?youngest_age_months=96").json()["safe"]["allowed"]
    assert client.get("/v1/toys/balloons?language=zh").json()["safe"]["text"] == "不适合8岁以下的儿童。"
    assert client.get("/v1/toys/poker").json()["safe"]["rule"] == "audience"


def test_a_picture_can_neither_run_nor_load_anything(client: TestClient, toys: list[Toy]) -> None:
    response = client.get("/v1/toys/rattle/picture.svg")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("image/svg+xml")
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.text == toys[0].picture


def test_similar_toys_are_under_the_same_mask(client: TestClient) -> None:
    body = client.get("/v1/toys/track/similar", params={"k": 3, "youngest_age_months": 48}).json()
    ListAnswer.model_validate(body)
    names = [item["toy"]["toy_id"] for item in body["items"]]
    assert len(names) == 3
    assert "engine" in names
    assert "track" not in names
    assert body["items"][0]["reasons"] == [{"code": "because_of", "text": "Similar to Wooden track", "toy_id": "track"}]
    baby = client.get("/v1/toys/track/similar", params={"youngest_age_months": 3}).json()
    assert {item["toy"]["toy_id"] for item in baby["items"]} == {"rattle", "bear"}
    assert baby["short_reason"]["code"] == "safety"


def test_facets_count_what_is_on_sale(client: TestClient) -> None:
    body = client.get("/v1/facets").json()
    FacetsAnswer.model_validate(body)
    assert body["categories"][0] == {"name": "Toys", "toys": 11}
    assert {"name": "Trains", "toys": 3} in body["categories"]
    assert not any(category["name"] == "Robots" for category in body["categories"])
    assert body["brands"] == [{"name": "Holt", "toys": 4}, {"name": "Lumi", "toys": 2}]
    assert body["price"] == {"min": 3.0, "max": 29.0}
    assert body["recommended_age"] == {"min": 0, "max": 84}
    assert body["currency"] == "GBP"


def test_the_model_says_what_it_is(client: TestClient) -> None:
    body = client.get("/v1/model").json()
    ModelAnswer.model_validate(body)
    assert body["model"] == "0123456789abcdef" * 4
    assert body["student"]["max_history"] == 20
    assert "files" not in body


def test_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json() == {"ready": True, "model": "0123456789abcdef" * 4, "warnings": []}


def test_openapi_tells_the_bounds(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    request = schemas["RecommendationRequest"]["properties"]
    assert (request["k"]["minimum"], request["k"]["maximum"]) == (1, 100)
    assert request["history"]["maxItems"] == 500
    assert schemas["RecommendationRequest"]["additionalProperties"] is False
    assert client.get("/docs").status_code == 200


@pytest.mark.parametrize("path", ["/v1/toys/track", "/v1/toys/track/similar", "/v1/facets", "/v1/model", "/healthz"])
def test_answers_are_utf8_json(client: TestClient, path: str) -> None:
    assert client.get(path).headers["content-type"] == "application/json"


def test_what_is_bought_together_falls_short_with_a_notice_where_nothing_is_known(client: TestClient) -> None:
    body = client.get("/v1/toys/track/together", params={"k": 3, "language": "en"}).json()
    ListAnswer.model_validate(body)
    assert body["items"] == []
    assert body["short_reason"]["code"] == "no_together"
    assert client.get("/v1/toys/unicorn/together").json()["code"] == "unknown_toy"
    assert client.get("/v1/toys/track/together?k=0").status_code == 422


def test_what_is_bought_together_is_under_the_same_mask(client: TestClient) -> None:
    engine = client.app.state.kiosk.now.engine  # type: ignore[attr-defined]
    known = np.zeros((len(engine.toys) + 1, 8), np.int32)
    known[engine.index["track"], :2] = engine.index["balloons"], engine.index["engine"]
    engine.together = known
    body = client.get("/v1/toys/track/together", params={"k": 2, "youngest_age_months": 40, "language": "zh"}).json()
    assert [item["toy"]["toy_id"] for item in body["items"]] == ["engine"]
    assert body["items"][0]["reasons"] == [{"code": "bought_with", "text": "常与木轨道一起购买", "toy_id": "track"}]
    assert body["masked"] == {"safety": 1}


def test_a_picture_is_missing_where_the_bundles_disk_is_gone_and_all_else_goes_on(
    settings: KioskSettings, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(settings.bundle, tmp_path / "stick"))
    with TestClient(create_app(settings.model_copy(update={"bundle": folder}))) as client:
        shutil.rmtree(folder)
        answer = client.get("/v1/toys/bear/picture.svg")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_picture")
        assert client.get("/v1/toys/bear").status_code == 200


def test_what_a_toy_is_stands_on_its_page_alone(
    settings: KioskSettings, toys: list[Toy], make_bundle: Callable[..., Path], tmp_path: Path
) -> None:
    told = [replace(toy, description="Rolls.", description_zh="会滚。") if toy.id == "track" else toy for toy in toys]
    bundle = make_bundle(tmp_path / "told", told)
    with TestClient(create_app(settings.model_copy(update={"bundle": bundle}))) as client:
        page = client.get("/v1/toys/track").json()
        assert (page["description"], page["description_zh"]) == ("Rolls.", "会滚。")
        assert client.get("/v1/toys/bear").json()["description"] is None
        near = client.get("/v1/toys/engine/similar").json()["items"]
        assert "track" in [item["toy"]["toy_id"] for item in near]
        assert not any("description" in item["toy"] for item in near)
        (bundle / "catalogue.sqlite").rename(tmp_path / "gone")
        assert client.get("/v1/toys/track").json()["description"] is None, "all but pictures and texts is in memory"
