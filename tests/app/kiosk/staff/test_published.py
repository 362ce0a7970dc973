"""Published bundles are picked up by the kiosk itself: once, only good ones, and not against what people decided."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.background.pickup import Pickup
from app.kiosk.staff.models import BundlesAnswer
from app.kiosk.state import Kiosk
from app.kiosk.store.keys import Role
from app.kiosk.store.published import MEMORY, read_memory
from data.errors import DataError
from data.schema import Toy
from recommender.serving.bundle import sign_bundle
from recommender.serving.keys import make_keys
from recommender.serving.publish import CURRENT, publish

URL = "/v1/staff/bundles"
Headers = dict[str, str]
FIRST, SECOND = "0123456789abcdef" * 4, "b" * 64
NEVER = 86_400.0
"""Seconds between looks, where a test looks by itself."""
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def newer(
    tmp_path_factory: pytest.TempPathFactory, toys: list[Toy], make_bundle: Callable[..., Path], bundle: Path
) -> Path:
    """Made after `bundle`."""
    return make_bundle(tmp_path_factory.mktemp("made") / "newer", toys, seed=1, encoder=True, model=SECOND)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(settings: KioskSettings, shelf: Path) -> KioskSettings:
    return settings.model_copy(update={"publish_dir": shelf, "publish_seconds": NEVER, "publish_lists": 30})


def kiosk_of(client: TestClient) -> Kiosk:
    found: Kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    return found


def pickup_of(client: TestClient) -> Pickup:
    found = kiosk_of(client).pickup
    assert found is not None
    return found


def look(client: TestClient) -> str:
    """Let the kiosk look once; returns the model that answers afterwards."""
    pickup_of(client).look()
    return model(client)


def model(client: TestClient) -> str:
    found: str = client.post("/v1/recommendations", json={"youngest_age_months": 60}).json()["model"]
    return found


def told(client: TestClient, headers: Headers) -> dict[str, Any]:
    answer = client.get(URL, headers=headers).json()
    BundlesAnswer.model_validate(answer, strict=True)
    found: dict[str, Any] = answer["published"]
    return found


def ask(client: TestClient, verb: str, headers: Headers, name: str | None = None) -> None:
    answer = client.post(f"{URL}:{verb}", json=None if name is None else {"name": name}, headers=headers)
    assert answer.status_code == 200, answer.text


def warnings(client: TestClient) -> list[str]:
    found: list[str] = client.get("/readyz").json()["warnings"]
    return found


def changes(client: TestClient, headers: Headers) -> list[dict[str, Any]]:
    found = client.get("/v1/staff/audit", headers=headers).json()["changes"]
    return [each for each in found if each["action"].startswith("bundle.")]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_published_bundle_answers_without_a_restart_and_the_older_one_again(
    settings: KioskSettings, bundle: Path, newer: Path, shelf: Path
) -> None:
    quick = settings.model_copy(update={"publish_seconds": 0.05})
    with TestClient(create_app(quick)) as client:
        pickup = pickup_of(client)
        until(lambda: pickup.status().looked_ms is not None)
        assert (model(client), warnings(client)) == (FIRST, [])
        publish(newer, shelf)
        until(lambda: model(client) == SECOND)
        publish(bundle, shelf)
        until(lambda: model(client) == FIRST)
        assert not pickup.worker.died
        assert warnings(client) == []
    with TestClient(create_app(settings)) as client:
        assert model(client) == FIRST


def test_who_did_it_and_what_staff_see(
    client: TestClient, manager: Headers, settings: KioskSettings, newer: Path, shelf: Path
) -> None:
    assert told(client, manager) == {"looked": None, "current": None, "problem": None, "picked": None, "refused": []}
    publish(newer, shelf, lambda: NOON)
    place = publish(newer, shelf, lambda: NOON).name
    assert look(client) == SECOND
    said = told(client, manager)
    current = {"name": place, "model": SECOND, "published": "2026-03-01T12:00:00.000+00:00"}
    assert said["current"] == current
    assert said["picked"] == {
        **current,
        "picked": said["picked"]["picked"],
        "before": FIRST,
        "judged": 0,
        "watched": True,
    }
    assert (said["problem"], said["refused"]) == (None, [])
    (change,) = changes(client, manager)
    assert (change["who"], change["action"]) == ("publish", "bundle.activate")
    assert change["details"] == {
        "model": SECOND,
        "before": FIRST,
        "name": place,
        "published": current["published"],
    }


def test_a_kiosk_without_a_folder_has_no_thread_for_it(settings: KioskSettings) -> None:
    with TestClient(create_app(settings.model_copy(update={"publish_dir": None}))) as client:
        kiosk = kiosk_of(client)
        headers = {"Authorization": f"Bearer {kiosk.keys.add('Mo', Role.MANAGER)}"}
        assert client.get(URL, headers=headers).json()["published"] is None
        assert kiosk.pickup is None
        assert "toyguide_publish_failures 0.0" in client.get("/metrics").text


def test_what_a_manager_decided_stays_until_something_else_is_published(
    client: TestClient, manager: Headers, settings: KioskSettings, bundle: Path, newer: Path, shelf: Path
) -> None:
    publish(newer, shelf)
    assert look(client) == SECOND
    ask(client, "rollback", manager)
    assert look(client) == FIRST
    with TestClient(create_app(settings)) as again:
        assert look(again) == FIRST
    publish(newer, shelf)
    assert look(client) == SECOND, "it was published anew"
    ask(client, "activate", manager, FIRST)
    publish(bundle, shelf)
    assert look(client) == FIRST, "it answers already"
    picked = told(client, manager)["picked"]
    assert (picked["model"], picked["before"]) == (FIRST, None)
    ask(client, "activate", manager, SECOND)
    assert look(client) == SECOND


def test_a_copy_that_is_not_whole_yet_is_waited_for(
    client: TestClient, manager: Headers, newer: Path, shelf: Path, tmp_path: Path
) -> None:
    place = publish(newer, shelf)
    whole = Path(shutil.move(place, tmp_path / "whole"))
    assert look(client) == FIRST
    assert warnings(client) == ["publish_waits"]
    assert "not there, or not yet" in told(client, manager)["problem"]
    place.mkdir()
    for name in ("manifest.json", "student.onnx"):
        shutil.copy(whole / name, place / name)
    assert look(client) == FIRST
    assert "cannot be read" in told(client, manager)["problem"]
    shutil.copytree(whole, place, dirs_exist_ok=True)
    (place / "table.npy").write_bytes((whole / "table.npy").read_bytes()[:100])
    assert look(client) == FIRST
    (refused,) = told(client, manager)["refused"]
    assert (refused["model"], "table.npy is truncated" in refused["why"]) == (SECOND, True)
    assert warnings(client) == ["publish_refused"]
    shutil.copy(whole / "table.npy", place / "table.npy")
    assert look(client) == SECOND
    assert told(client, manager)["refused"] == []
    assert warnings(client) == []


def test_a_broken_bundle_is_refused_once_also_after_a_restart(
    client: TestClient,
    manager: Headers,
    settings: KioskSettings,
    newer: Path,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = publish(newer, shelf)
    (place / "table.npy").write_bytes(b"x" * (place / "table.npy").stat().st_size)
    assert look(client) == FIRST
    tried: list[Path] = []
    monkeypatch.setattr("app.kiosk.published.take_published", lambda *told: tried.append(told[1]))
    assert look(client) == FIRST
    with TestClient(create_app(settings)) as again:
        assert look(again) == FIRST
        assert warnings(again) == ["publish_refused"]
    assert tried == []
    monkeypatch.undo()
    publish(newer, shelf)
    assert look(client) == SECOND
    assert changes(client, manager)[0]["details"]["before"] == FIRST


def test_another_model_than_was_said_is_refused(client: TestClient, manager: Headers, newer: Path, shelf: Path) -> None:
    publish(newer, shelf)
    said = json.loads((shelf / CURRENT).read_text(encoding="utf-8"))
    (shelf / CURRENT).write_text(json.dumps({**said, "model": "c" * 64}), encoding="utf-8")
    assert look(client) == FIRST
    (refused,) = told(client, manager)["refused"]
    assert "must be of model cccc" in refused["why"]


def test_what_nobody_signed_is_refused_until_it_is_signed(
    settings: KioskSettings, bundle: Path, newer: Path, shelf: Path, tmp_path: Path
) -> None:
    key = tmp_path / "shop"
    public = make_keys(key)
    mine = Path(shutil.copytree(bundle, tmp_path / "mine"))
    sign_bundle(mine, key)
    with TestClient(create_app(settings.model_copy(update={"verify_key": public, "bundle": mine}))) as client:
        place = publish(newer, shelf)
        assert look(client) == FIRST
        assert warnings(client) == ["publish_refused"]
        refused = pickup_of(client).status().refused
        assert refused is not None
        assert "must be signed by the key" in refused.why
        sign_bundle(place, key)
        assert look(client) == SECOND


def test_nonsense_is_said_and_changes_nothing(client: TestClient, manager: Headers, newer: Path, shelf: Path) -> None:
    publish(newer, shelf)
    good = (shelf / CURRENT).read_bytes()
    (shelf / CURRENT).write_bytes(good[:-20])
    assert look(client) == FIRST
    assert warnings(client) == ["publish_waits"]
    assert "current.json cannot be used" in told(client, manager)["problem"]
    (shelf / CURRENT).write_bytes(good)
    assert look(client) == SECOND


def test_links_and_pipes_are_not_followed(
    client: TestClient, manager: Headers, newer: Path, shelf: Path, tmp_path: Path
) -> None:
    place = publish(newer, shelf)
    moved = shutil.move(place, tmp_path / "elsewhere")
    place.symlink_to(moved)
    assert look(client) == FIRST
    assert "not there, or not yet" in told(client, manager)["problem"]
    (shelf / CURRENT).unlink()
    os.mkfifo(shelf / CURRENT)
    assert look(client) == FIRST
    assert "must be a plain file" in told(client, manager)["problem"]


def test_a_folder_that_is_gone_is_said_once_and_looked_for_again(
    client: TestClient, newer: Path, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = shelf.rename(tmp_path / "away")
    for _ in range(3):
        assert look(client) == FIRST
    assert capsys.readouterr().out.count("what is published cannot be taken") == 1
    assert pickup_of(client).status().failures == 3
    assert "toyguide_publish_failures 3.0" in client.get("/metrics").text
    away.rename(shelf)
    publish(newer, shelf)
    assert look(client) == SECOND
    assert "toyguide_publish_failures 0.0" in client.get("/metrics").text


def test_a_disk_that_is_full_or_a_change_under_way_is_waited_out(
    client: TestClient,
    manager: Headers,
    newer: Path,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kiosk = kiosk_of(client)
    publish(newer, shelf)
    with kiosk.changing:
        assert look(client) == FIRST
    assert pickup_of(client).status().failures == 1
    assert warnings(client) == [], "it is over in a moment"

    def full(*_told: object) -> str:
        raise DataError("no room") from OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(kiosk.bundles, "take", full)
        assert look(client) == FIRST
    assert told(client, manager)["problem"] == "no room."
    assert look(client) == SECOND
    assert (told(client, manager)["problem"], told(client, manager)["refused"]) == (None, [])


def test_what_cannot_be_written_down_is_known_all_the_same(
    client: TestClient, manager: Headers, settings: KioskSettings, newer: Path, shelf: Path
) -> None:
    in_the_way = settings.bundles_dir / MEMORY
    in_the_way.mkdir(parents=True)
    publish(newer, shelf)
    assert look(client) == SECOND
    ask(client, "rollback", manager)
    assert look(client) == FIRST
    in_the_way.rmdir()
    assert look(client) == FIRST
    picked = read_memory(settings.bundles_dir).picked
    assert picked is not None
    assert picked.publication.model == SECOND


class Day:
    """A shop's day: lists, of which something is liked at a given rate, by a clock that a test moves on."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.now = NOON
        self.lists = 0
        kiosk_of(client).clock = lambda: self.now

    def goes_on(self, lists: int, every: int | None) -> None:
        """So many lists, of every `every`th of which the first toy is liked; and an hour and a bit."""
        events = []
        for _ in range(lists):
            self.lists += 1
            answer = self.client.post("/v1/recommendations", json={"youngest_age_months": 60, "k": 3}).json()
            if every and self.lists % every == 0:
                events.append(
                    {
                        "event_id": f"e{self.lists}",
                        "session_id": f"s{self.lists}",
                        "toy_id": answer["items"][0]["toy"]["toy_id"],
                        "kind": "like",
                        "recommendation_id": answer["recommendation_id"],
                    }
                )
        assert kiosk_of(self.client).impressions.flush()
        if events:
            results = self.client.post("/v1/events:batch", json={"events": events}).json()["results"]
            assert {each["status"] for each in results} == {"accepted"}
        self.now += timedelta(hours=1, minutes=5)


def test_a_bundle_that_shoppers_like_less_is_taken_back_and_does_not_come_again(
    client: TestClient, manager: Headers, settings: KioskSettings, newer: Path, shelf: Path
) -> None:
    day = Day(client)
    day.goes_on(40, every=2)
    publish(newer, shelf)
    assert look(client) == SECOND
    day.goes_on(20, every=None)
    assert look(client) == SECOND, "too few lists yet"
    day.now -= timedelta(hours=1)
    day.goes_on(20, every=None)
    day.now -= timedelta(minutes=10)
    assert look(client) == SECOND, "of these something may still be wanted"
    day.now += timedelta(minutes=10)
    assert look(client) == FIRST
    (change, _) = changes(client, manager)
    assert (change["who"], change["action"]) == ("watch", "bundle.rollback")
    details = change["details"]
    assert (details["model"], details["before"]) == (FIRST, SECOND)
    assert details["rate_before"] == {"lists": 40, "wanted": 20, "rate": 0.5}
    assert (details["rate"]["wanted"], details["rate"]["lists"] >= 40) == (0, True)
    assert "Something was wanted of 0.0% of its" in told(client, manager)["refused"][0]["why"]
    assert warnings(client) == ["publish_refused"]
    assert look(client) == FIRST
    with TestClient(create_app(settings)) as again:
        assert look(again) == FIRST
        assert warnings(again) == ["publish_refused"]
    publish(newer, shelf)
    assert look(client) == SECOND, "somebody at headquarters says it again"
    assert warnings(client) == []


def test_a_bundle_that_is_liked_as_much_stays_and_is_judged_again_later(
    client: TestClient, manager: Headers, newer: Path, shelf: Path
) -> None:
    day = Day(client)
    day.goes_on(40, every=2)
    publish(newer, shelf)
    assert look(client) == SECOND
    day.goes_on(40, every=2)
    assert look(client) == SECOND
    assert told(client, manager)["picked"]["judged"] == 1
    assert look(client) == SECOND
    assert told(client, manager)["picked"]["judged"] == 1, "not before there are twice as many lists"
    publish(newer, shelf)
    assert look(client) == SECOND
    picked = told(client, manager)["picked"]
    assert (picked["before"], picked["judged"], picked["watched"]) == (FIRST, 1, True), "as before, though said again"
    day.goes_on(80, every=None)
    assert look(client) == FIRST


@pytest.mark.parametrize("change", [{"publish_fall": 0.0}, {"publish_lists": 1000}])
def test_where_no_fall_is_looked_for_or_too_little_is_known_it_stays(
    settings: KioskSettings, newer: Path, shelf: Path, change: dict[str, float]
) -> None:
    with TestClient(create_app(settings.model_copy(update=change))) as client:
        day = Day(client)
        day.goes_on(40, every=1)
        publish(newer, shelf)
        assert look(client) == SECOND
        day.goes_on(40, every=None)
        assert look(client) == SECOND


def test_what_a_person_chose_is_not_taken_back(client: TestClient, manager: Headers, newer: Path, shelf: Path) -> None:
    day = Day(client)
    day.goes_on(40, every=1)
    publish(newer, shelf)
    assert look(client) == SECOND
    ask(client, "rollback", manager)
    assert look(client) == FIRST
    ask(client, "rollback", manager)
    day.goes_on(40, every=None)
    assert look(client) == SECOND


def test_what_headquarters_went_back_to_stays(
    client: TestClient, manager: Headers, bundle: Path, newer: Path, shelf: Path, tmp_path: Path
) -> None:
    manifest = json.loads((newer / "manifest.json").read_text(encoding="utf-8"))
    older = Path(shutil.copytree(newer, tmp_path / "older"))
    old = json.dumps({**manifest, "created": "2020-01-01T00:00:00+00:00"})
    (older / "manifest.json").write_text(old, encoding="utf-8")
    day = Day(client)
    day.goes_on(40, every=1)
    publish(older, shelf)
    assert look(client) == SECOND
    assert not told(client, manager)["picked"]["watched"]
    day.goes_on(40, every=None)
    assert look(client) == SECOND
