"""Toys that staff add, correct and retire: in force when the answer comes, on every path, and after a restart."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.staff.toy_models import ChangedToyAnswer, OwnToysAnswer
from app.kiosk.store.keys import Role
from data.errors import ToyGuideError
from data.schema import Toy
from recommender.serving.load import load_bundle

Headers = dict[str, str]
TOYS = "/v1/staff/toys"
WAGON: dict[str, Any] = {
    "toy_id": "wagon",
    "title": "Coal wagon",
    "title_zh": "煤车",
    "category": ["Toys", "Trains"],
    "interests": ["trains"],
    "brand": "Holt",
    "price": 11.5,
    "from_age": 12,
    "hazards": ["small_parts"],
    "audience": "child",
    "barcode": "5012345678900",
    "aisle": "A4",
}


def recommended(client: TestClient, **body: Any) -> list[str]:
    answer = client.post("/v1/recommendations", json={"youngest_age_months": 120, "k": 100, **body})
    assert answer.status_code == 200, answer.text
    return [item["toy"]["toy_id"] for item in answer.json()["items"]]


def similar(client: TestClient, toy_id: str) -> list[str]:
    answer = client.get(f"/v1/toys/{toy_id}/similar", params={"k": 100, "youngest_age_months": 120})
    return [item["toy"]["toy_id"] for item in answer.json()["items"]]


def found(client: TestClient, words: str) -> list[str]:
    answer = client.get("/v1/search", params={"q": words, "youngest_age_months": 120})
    assert answer.status_code == 200, answer.text
    return [item["toy"]["toy_id"] for item in answer.json()["items"]]


def said(client: TestClient, headers: Headers) -> dict[str, Any]:
    answer = client.get(TOYS, headers=headers)
    OwnToysAnswer.model_validate(answer.json(), strict=True)
    whole: dict[str, Any] = answer.json()
    return whole


def test_an_added_toy_is_on_every_path_at_once(client: TestClient, clerk: Headers, manager: Headers) -> None:
    before = client.get("/v1/facets").json()
    client.post("/v1/staff/recalls:import", json={"recalls": [{"barcode": "777"}]}, headers=clerk)
    answer = client.post(TOYS, json=WAGON, headers=manager)
    assert answer.status_code == 200, answer.text
    ChangedToyAnswer.model_validate(answer.json())
    toy = answer.json()["toy"]
    assert (toy["price"], toy["currency"]) == ("11.50", "GBP")
    assert (toy["recommended_age"], toy["safety_min_age"]) == (12, 36), "a maker's age, and the floor of its hazard"
    assert answer.json()["revision"] == 1

    assert "wagon" in recommended(client)
    assert "wagon" in similar(client, "engine")
    assert similar(client, "wagon")
    assert found(client, "coal") == found(client, "煤车") == ["wagon"]
    assert client.get("/v1/toys/wagon").json()["safe"]["rule"] is None
    assert client.get("/v1/toys/wagon?youngest_age_months=35").json()["safe"]["rule"] == "safety"
    picture = client.get(toy["picture_url"])
    assert picture.headers["content-type"].startswith("image/svg+xml")
    scanned = client.get("/v1/staff/barcodes/5012345678900", headers=clerk).json()["toys"]
    assert [each["toy"]["toy_id"] for each in scanned] == ["wagon"]
    after = client.get("/v1/facets").json()
    trains = [
        next(each["toys"] for each in facets["categories"] if each["name"] == "Trains") for facets in (before, after)
    ]
    assert trains[1] == trains[0] + 1

    listed = client.post("/v1/recommendations", json={"history": ["wagon"], "youngest_age_months": 120}).json()
    assert listed["missing_ids"] == []
    assert "wagon" not in [item["toy"]["toy_id"] for item in listed["items"]]
    event = {"event_id": "e1", "session_id": "s", "toy_id": "wagon", "kind": "view"}
    assert client.post("/v1/events:batch", json={"events": [event]}).json()["results"][0]["status"] == "accepted"
    client.put("/v1/staff/stock", json={"toys": [{"toy_id": "wagon", "count": 0}]}, headers=clerk)
    assert "wagon" not in recommended(client) + similar(client, "engine") + found(client, "coal")


def test_a_recall_by_barcode_holds_for_a_toy_that_comes_later(
    client: TestClient, clerk: Headers, manager: Headers
) -> None:
    client.post("/v1/staff/recalls:import", json={"recalls": [{"barcode": "5012345678900"}]}, headers=clerk)
    answer = client.post(TOYS, json=WAGON, headers=manager).json()
    assert [rule["rule"] for rule in answer["rules"]] == ["recall"]
    assert "wagon" not in recommended(client) + similar(client, "engine") + found(client, "coal")


def test_it_holds_after_a_restart(
    settings: KioskSettings, client: TestClient, clerk: Headers, manager: Headers
) -> None:
    client.post(TOYS, json=WAGON, headers=manager)
    client.post(f"{TOYS}/track:correct", json={"safety_min_age": 130}, headers=manager)
    client.post(f"{TOYS}/bear:retire", headers=clerk)
    with TestClient(create_app(settings)) as again:
        ids = recommended(again)
        assert "wagon" in ids
        assert not {"track", "bear"} & set(ids)


def test_retired_and_restored(client: TestClient, clerk: Headers, manager: Headers) -> None:
    client.post(TOYS, json=WAGON, headers=manager)
    for toy in ("bear", "wagon"):
        for _ in range(2):  # a second click is none
            answer = client.post(f"{TOYS}/{toy}:retire", headers=clerk)
            assert answer.status_code == 200
            assert answer.json()["safe"]["rule"] == "inactive"
        assert toy not in recommended(client) + similar(client, "engine")
    assert client.post(f"{TOYS}/bear:restore", headers=clerk).json()["code"] == "role_too_low"
    assert [row["toy_id"] for row in said(client, clerk)["retired"]] == ["bear", "wagon"]
    for toy in ("bear", "wagon"):
        for _ in range(2):
            assert client.post(f"{TOYS}/{toy}:restore", headers=manager).json()["safe"]["rule"] is None
        assert toy in recommended(client)
    audit = client.get("/v1/staff/audit", headers=manager).json()["changes"]
    assert [(each["who"], each["action"]) for each in audit[:5]] == [
        ("Mo", "toy.restore"),
        ("Mo", "toy.restore"),
        ("Kim", "toy.retire"),
        ("Kim", "toy.retire"),
        ("Mo", "toy.add"),
    ]
    assert audit[4]["details"]["after"]["title"] == "Coal wagon"
    for verb in ("retire", "restore"):
        assert client.post(f"{TOYS}/unicorn:{verb}", headers=manager).json()["code"] == "unknown_toy"


def test_a_correction_is_in_force_at_once_and_safety_only_rises(
    client: TestClient, clerk: Headers, manager: Headers
) -> None:
    address = f"{TOYS}/track:correct"
    body = {"price": "20", "aisle": "B2", "hazards": ["magnet"], "barcode": "999"}
    answer = client.post(address, json=body, headers=manager)
    assert answer.status_code == 200, answer.text
    toy = answer.json()["toy"]
    assert (toy["price"], toy["aisle"], toy["hazards"], toy["safety_min_age"]) == ("20.00", "B2", ["magnet"], 168)
    assert "track" not in recommended(client) + similar(client, "engine") + found(client, "track")
    assert client.get("/v1/toys/track?youngest_age_months=167").json()["safe"]["rule"] == "safety"
    for barcode in ("999", "012345678905"):
        assert client.get(f"/v1/staff/barcodes/{barcode}", headers=clerk).status_code == 200

    refused = client.post(address, json={"safety_min_age": 35, "revision": 1}, headers=manager)
    assert refused.json()["errors"] == [
        {"pointer": "/safety_min_age", "detail": "must be at least 36, as the catalogue has it. Got 35."}
    ]
    stale = client.post(address, json={"aisle": "C"}, headers=manager)
    assert (stale.status_code, stale.json()["code"]) == (409, "toy_changed")
    assert "corrected by Mo" in stale.json()["detail"]
    assert client.post(address, json={}, headers=manager).status_code == 409
    assert client.post(address, json={"revision": 1}, headers=manager).json()["revision"] is None
    assert "track" in recommended(client)
    assert client.post(address, json={}, headers=manager).status_code == 200, "nothing to take back"
    assert said(client, clerk)["corrected"] == []
    gone = client.post(address, json={"aisle": "C", "revision": 1}, headers=manager)
    assert "taken back" in gone.json()["detail"]


def test_an_added_toy_is_replaced_by_who_has_read_it(client: TestClient, clerk: Headers, manager: Headers) -> None:
    assert client.post(TOYS, json=WAGON, headers=clerk).json()["code"] == "role_too_low"
    client.post(TOYS, json=WAGON, headers=manager)
    assert client.post(TOYS, json=WAGON, headers=manager).json()["revision"] == 1, "a second click is none"
    other = {**WAGON, "title": "Water wagon", "price": "3.99"}
    stale = client.post(TOYS, json=other, headers=manager)
    assert (stale.status_code, stale.json()["code"]) == (409, "toy_changed")
    assert client.post(TOYS, json={**other, "revision": 1}, headers=manager).json()["toy"]["title"] == "Water wagon"
    assert found(client, "coal") == []
    (row,) = said(client, clerk)["added"]
    assert (row["revision"], row["in_force"]) == (2, True)
    again = client.post(TOYS, json={**row["said"], "aisle": "Z", "revision": 2}, headers=manager)
    assert again.json()["toy"]["aisle"] == "Z", "what is listed can be sent again"
    assert client.post(TOYS, json={**WAGON, "toy_id": "bear"}, headers=manager).json()["code"] == "toy_in_bundle"


def test_a_bundle_without_an_encoder_says_so(
    tmp_path: Path,
    settings: KioskSettings,
    client: TestClient,
    manager: Headers,
    clerk: Headers,
    toys: list[Toy],
    make_bundle: Callable[..., Path],
) -> None:
    client.post(TOYS, json=WAGON, headers=manager)
    client.post(f"{TOYS}/bear:retire", headers=clerk)
    plain = make_bundle(tmp_path / "plain", toys)
    with TestClient(create_app(settings.model_copy(update={"bundle": plain}))) as other:
        rows = said(other, clerk)
        assert [row["in_force"] for row in (*rows["added"], *rows["retired"])] == [False, True]
        assert "bear" not in recommended(other)
        answer = other.post(TOYS, json={**WAGON, "toy_id": "van"}, headers=manager)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_toy_encoder")


def test_a_toy_that_no_bundle_could_place_is_not_kept(tmp_path: Path, bundle: Path, settings: KioskSettings) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    settings = settings.model_copy(update={"bundle": copy})
    with TestClient(create_app(settings)) as client:
        key = client.app.state.kiosk.keys.add("Mo", Role.MANAGER)  # type: ignore[attr-defined]
        headers = {"Authorization": f"Bearer {key}"}
        encoder = (copy / "toy_encoder.onnx").read_bytes()
        (copy / "toy_encoder.onnx").write_bytes(b"another")
        answer = client.post(TOYS, json=WAGON, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_toy_encoder")
        assert "was changed since the bundle was loaded" in answer.json()["detail"]
        assert said(client, headers)["added"] == []
        (copy / "toy_encoder.onnx").write_bytes(encoder)
        assert client.post(TOYS, json=WAGON, headers=headers).status_code == 200


def test_a_change_that_cannot_be_kept_is_not_in_force(client: TestClient, clerk: Headers) -> None:
    with client.app.state.kiosk.database.writing() as connection:  # type: ignore[attr-defined]
        connection.execute("DROP TABLE audit")
    answer = client.post(f"{TOYS}/bear:retire", headers=clerk)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "bear" in recommended(client)
    assert said(client, clerk)["retired"] == []


def test_a_row_that_is_no_toy_is_named_at_the_start(
    settings: KioskSettings, client: TestClient, manager: Headers
) -> None:
    client.post(TOYS, json=WAGON, headers=manager)
    with sqlite3.connect(settings.database) as connection:
        connection.execute("""UPDATE own_toys SET said = '{"title": "x", "hazards": ["teeth"]}'""")
    connection.close()
    with pytest.raises(ToyGuideError, match=r"row of the toy 'wagon' \(added\) cannot be read: 'teeth'"):
        create_app(settings)


def test_many_at_once_are_all_there(client: TestClient, manager: Headers, clerk: Headers) -> None:
    """Staff add toys while others retire some and a recall comes: nothing of it is lost, in force or in the list."""
    statuses: list[int] = []

    def add(place: int) -> None:
        answer = client.post(TOYS, json={**WAGON, "toy_id": f"wagon-{place}"}, headers=manager)
        statuses.append(answer.status_code)

    def retire(toy: str) -> None:
        statuses.append(client.post(f"{TOYS}/{toy}:retire", headers=clerk).status_code)

    def recall(toy: str) -> None:
        body = {"recalls": [{"toy_id": toy}]}
        statuses.append(client.post("/v1/staff/recalls:import", json=body, headers=clerk).status_code)

    work = [(add, place) for place in range(6)] + [(retire, "bear"), (recall, "track"), (retire, "blocks")]
    threads = [threading.Thread(target=do, args=(what,)) for do, what in work]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * len(work)
    ids = recommended(client)
    assert {f"wagon-{place}" for place in range(6)} <= set(ids)
    assert not {"bear", "track", "blocks"} & set(ids)
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    assert kiosk.now.engine.toys == kiosk.with_own_toys(load_bundle(kiosk.settings.bundle)).toys


def test_a_swap_takes_the_shops_toys_along_and_what_is_held_obeys_too(
    client: TestClient,
    manager: Headers,
    clerk: Headers,
    tmp_path: Path,
    toys: list[Toy],
    make_bundle: Callable[..., Path],
) -> None:
    client.post(TOYS, json=WAGON, headers=manager)
    client.post(f"{TOYS}/bear:retire", headers=clerk)
    first = client.post("/v1/recommendations", json={"youngest_age_months": 120, "k": 2}).json()
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    train = Toy("train", "New train", category=("Toys", "Trains"), safety_min_age=36)
    newer = make_bundle(tmp_path / "newer", [*toys, train], encoder=True, model="ab" * 16)
    with kiosk.swapping(load_bundle(newer)):
        pass
    assert client.get("/readyz").json()["model"] == "ab" * 16
    ids = recommended(client)
    assert {"wagon", "train"} <= set(ids)
    assert "bear" not in ids
    assert "wagon" in similar(client, "train")
    shown = [item["toy"]["toy_id"] for item in first["items"]]
    track = next(toy for toy in ("track", "engine", "blocks", "station") if toy not in shown)
    client.post(f"{TOYS}/{track}:correct", json={"hazards": ["magnet"]}, headers=manager)
    client.post(TOYS, json={**WAGON, "toy_id": "van"}, headers=manager)
    page = recommended(client, page=first["next_page"])
    assert "van" in page, "a list goes on with the model that began it, and what the shop says now"
    assert not {"bear", track, "train", *shown} & set(page)


@pytest.mark.parametrize("verb", ["retire", "restore", "correct"])
def test_a_toy_that_another_bundle_took_away_meanwhile_is_unknown(
    client: TestClient,
    manager: Headers,
    tmp_path: Path,
    toys: list[Toy],
    make_bundle: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    """What a change is checked against is what it changes, though a swap came in between."""
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    other = load_bundle(make_bundle(tmp_path / "other", [toy for toy in toys if toy.id != "bear"], model="b" * 64))
    writing = kiosk.database.writing

    def after_a_swap() -> Any:
        with kiosk.swapping(other):
            pass
        return writing()

    monkeypatch.setattr(kiosk.database, "writing", after_a_swap)
    body = {"aisle": "A1"} if verb == "correct" else None
    answer = client.post(f"{TOYS}/bear:{verb}", json=body, headers=manager)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_toy")
