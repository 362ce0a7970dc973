"""A published bundle that shoppers like less is taken back by the kiosk, and what people chose is not."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from recommender.serving.publish import publish
from tests.app.kiosk.staff.published.conftest import (
    FIRST,
    NOON,
    SECOND,
    Headers,
    ask,
    changes,
    kiosk_of,
    look,
    told,
    warnings,
)


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
