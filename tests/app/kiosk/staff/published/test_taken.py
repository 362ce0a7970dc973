"""Published bundles are picked up by the kiosk itself, once, and not against what people decided."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.store.keys import Role
from app.kiosk.store.published import MEMORY, read_memory
from recommender.serving.publish import publish
from tests.app.kiosk.staff.published.conftest import (
    FIRST,
    NOON,
    SECOND,
    URL,
    Headers,
    ask,
    changes,
    kiosk_of,
    look,
    model,
    pickup_of,
    told,
    until,
    warnings,
)


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


def test_a_kiosk_that_ends_as_soon_as_it_picked_one_up_goes_on_watching_it(
    client: TestClient, settings: KioskSettings, newer: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    publish(newer, shelf)
    pickup = pickup_of(client)
    monkeypatch.setattr(pickup, "_judge", killed)
    with pytest.raises(KeyboardInterrupt):
        pickup.look()
    picked = read_memory(settings.bundles_dir).picked
    assert picked is not None
    assert (picked.publication.model, picked.before, picked.watched) == (SECOND, FIRST, True)


def test_one_that_is_killed_before_that_is_written_down_goes_on_watching_it_too(
    client: TestClient,
    manager: Headers,
    settings: KioskSettings,
    newer: Path,
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    publish(newer, shelf)
    with monkeypatch.context() as patch:
        patch.setattr("app.kiosk.background.pickup.write_memory", killed)
        with pytest.raises(KeyboardInterrupt):
            pickup_of(client).look()
    assert read_memory(settings.bundles_dir).picked is None
    with TestClient(create_app(settings)) as again:
        assert look(again) == SECOND
        picked = told(again, manager)["picked"]
        assert (picked["model"], picked["before"], picked["watched"]) == (SECOND, FIRST, True)


def test_one_that_a_person_chose_before_it_was_published_is_not_watched(
    client: TestClient, manager: Headers, newer: Path, shelf: Path
) -> None:
    publish(newer, shelf)
    assert look(client) == SECOND
    ask(client, "rollback", manager)
    ask(client, "rollback", manager)
    (kiosk_of(client).settings.bundles_dir / MEMORY).unlink()
    with TestClient(create_app(kiosk_of(client).settings)) as again:
        assert look(again) == SECOND
        assert not told(again, manager)["picked"]["watched"]
