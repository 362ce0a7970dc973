"""The bundle before goes on for the lists that it began, and is gone from memory then."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk import bundles as module
from recommender.serving.page import write_page
from tests.app.kiosk.staff.test_bundles import FIRST, THIRD, Headers, ask, kiosk_of, other_bundles, settings, stick

__all__ = ["other_bundles", "settings", "stick"]


@pytest.fixture
def hasty(settings: KioskSettings) -> Iterator[TestClient]:
    with TestClient(create_app(settings.model_copy(update={"page_hold_seconds": 0}))) as client:
        yield client


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_not_held_any_more_is_gone_from_memory(hasty: TestClient) -> None:
    kiosk = kiosk_of(hasty)
    engine, session = weakref.ref(kiosk.now.engine), weakref.ref(kiosk.now.engine.student._session)
    module.activate(kiosk, "second.zip", "Mo")
    until(lambda: kiosk.held is None)
    until(lambda: engine() is None and session() is None)
    assert kiosk.for_page(write_page(FIRST, b"")) is kiosk.now


def test_a_held_one_obeys_a_recall_of_now(client: TestClient, manager: Headers) -> None:
    kiosk = kiosk_of(client)
    first = kiosk.now.engine
    ask(client, "activate", manager, "second.zip")
    client.post("/v1/staff/recalls:import", json={"recalls": [{"toy_id": "bear"}]}, headers=manager)
    held = kiosk.for_page(write_page(FIRST, b""))
    assert held.engine is first
    assert held.masks.recalled is not None
    assert held.masks.recalled[first.index["bear"]]
    assert kiosk.for_page(write_page("f" * 64, b"")) is kiosk.now


@pytest.mark.parametrize("hold", [300, 0])
def test_a_list_goes_on_over_a_swap_and_shows_nothing_twice(settings: KioskSettings, hold: int) -> None:
    """With the model that began it while that is held, then with the one of now."""
    with TestClient(create_app(settings.model_copy(update={"page_hold_seconds": hold}))) as client:
        kiosk = kiosk_of(client)
        asked = {"youngest_age_months": 60, "k": 3}
        first = client.post("/v1/recommendations", json=asked).json()
        module.activate(kiosk, "third", "Mo")
        if not hold:
            until(lambda: kiosk.held is None)
        shown = [item["toy"]["toy_id"] for item in first["items"]]
        page = first["next_page"]
        while page is not None:
            body = client.post("/v1/recommendations", json={**asked, "page": page}).json()
            assert body["model"] == (FIRST if hold else THIRD)
            shown += [item["toy"]["toy_id"] for item in body["items"]]
            page = body["next_page"]
        assert len(set(shown)) == len(shown)
        assert len(shown) >= 7
        assert client.post("/v1/recommendations", json=asked).json()["model"] == THIRD
