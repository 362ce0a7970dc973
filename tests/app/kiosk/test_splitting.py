from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.models.splitting import SplitAnswer

URL = "/v1/recommendations:split"
TWO = [
    {"recipient": {"age_months": 60, "interests": ["trains"]}, "history": ["track"]},
    {"recipient": {"age_months": 20}, "purpose": "self"},
]


def test_two_children_get_a_toy_each_that_the_younger_may_have(client: TestClient) -> None:
    body = client.post(URL, json={"children": TWO, "budget": 60, "language": "zh"}).json()
    SplitAnswer.model_validate(body)
    toys = [share["item"]["toy"]["toy_id"] for share in body["shares"]]
    assert sorted(toys) == ["bear", "rattle"]
    assert float(body["total"]) + float(body["left"]) == 60
    assert body["currency"] == "GBP"


def test_a_budget_that_is_too_small_says_so_to_each(client: TestClient) -> None:
    body = client.post(URL, json={"children": TWO, "budget": 0.01}).json()
    assert [share["item"] for share in body["shares"]] == [None, None]
    assert {share["short_reason"]["code"] for share in body["shares"]} == {"budget"}
    assert body["total"] == "0.00"


def test_mistakes_are_pointed_at(client: TestClient) -> None:
    for wrong, pointer in [
        ({"children": [], "budget": 5}, "/children"),
        ({"children": TWO}, "/budget"),
        ({"children": TWO, "budget": 0}, "/budget"),
        ({"children": [{"recipient": {"name": "Ada"}}], "budget": 5}, "/children/0/recipient/name"),
        ({"children": [{}], "budget": 5}, "/children/0/recipient"),
    ]:
        response = client.post(URL, json=wrong)
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer


def test_what_a_split_showed_is_kept_once_each(client: TestClient) -> None:
    body = client.post(URL, json={"children": TWO, "budget": 60, "session_id": "s-1"}).json()
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    kiosk.impressions.flush()
    with kiosk.database.reading() as connection:
        (answer,) = connection.execute("SELECT * FROM answers").fetchall()
        toys = [row["toy_id"] for row in connection.execute("SELECT toy_id FROM impressions ORDER BY position")]
    assert (answer["recommendation_id"], answer["session_id"]) == (body["recommendation_id"], "s-1")
    given = [share["item"]["toy"]["toy_id"] for share in body["shares"]]
    assert toys[:2] == given
    assert len(set(toys)) == len(toys)


def test_what_is_split_with_a_child_or_where_nothing_is_kept_passes_with_its_session(
    client: TestClient, settings: KioskSettings
) -> None:
    def passes(client: TestClient, **more: bool) -> bool:
        said = {"children": TWO, "budget": 60, "session_id": "s-1", **more}
        answer = client.post(URL, json=said).json()["recommendation_id"]
        kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
        assert kiosk.impressions.flush()
        with kiosk.database.reading() as connection:
            asked = "SELECT session_only FROM answers WHERE recommendation_id = ?"
            return bool(connection.execute(asked, (answer,)).fetchone()[0])

    assert not passes(client)
    assert passes(client, child_mode=True)
    with TestClient(create_app(settings.model_copy(update={"keep": "session"}))) as forgetful:
        assert passes(forgetful)
