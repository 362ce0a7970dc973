"""`toyguide exposure`, from a kiosk's file to its sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from app.cli.main import app
from app.kiosk import KioskSettings, create_app
from app.kiosk.store.keys import Role
from data.dataset import Source, build_dataset, save_dataset
from data.errors import ToyGuideError
from data.schema import Toy

VISITS = 120


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy], bundle: Path, make_bundle: Any) -> Path:
    """A folder with `dataset` and `new`, another bundle of the same toys."""
    folder = tmp_path_factory.mktemp("shop")
    sound = [replace(toy, hazards=()) for toy in toys]
    save_dataset(build_dataset(sound, [], Source("test", 7)), folder / "dataset")
    make_bundle(folder / "new", toys, seed=9, model="ab" * 32)
    return folder


def day(bundle: Path, database: Path, exploration: float) -> Path:
    """A kiosk's file after some visits: each asks, likes the train set where it is shown, and asks again."""
    settings = KioskSettings(bundle=bundle, database=database, exploration=exploration, requests_per_second=0)
    with TestClient(create_app(settings)) as client:
        for visit in range(VISITS):
            asked: dict[str, Any] = {"session_id": f"v{visit}", "k": 3, "recipient": {"age_months": 60}}
            answer = client.post("/v1/recommendations", json=asked).json()
            for place, item in enumerate(answer["items"]):
                if (visit + place) % 4 == 0:
                    event = {"event_id": f"e{visit}-{place}", "session_id": f"v{visit}", "kind": "like"}
                    event |= {"toy_id": item["toy"]["toy_id"], "recommendation_id": answer["recommendation_id"]}
                    client.post("/v1/events:batch", json={"events": [event]})
    return database


@pytest.fixture(scope="module")
def explored(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return day(bundle, tmp_path_factory.mktemp("explored") / "kiosk.sqlite", 0.5)


def exposure(shop: Path, bundle: Path, events: Path, *more: object) -> Result:
    parts = ["--data", shop / "dataset", "--bundle", shop / "new", "--against", bundle, "--events", events, *more]
    return CliRunner().invoke(app, ["exposure", *map(str, parts)], catch_exceptions=False)


def test_every_list_is_made_anew_and_weighed(shop: Path, bundle: Path, explored: Path) -> None:
    found = json.loads(exposure(shop, bundle, explored, "--json").stdout)
    what = found["exposure"]
    assert (found["lists"], what["lists"], what["visits"], found["unused"]) == (VISITS, VISITS, VISITS, {})
    assert found["running"] != found["new"] == "ab" * 32
    assert what["running"]["value"] == pytest.approx(what["wanted"] / VISITS)
    assert what["new"]["low"] < what["new"]["value"] < what["new"]["high"]
    assert found["fits"]
    assert found["says"].startswith(f"Wanted toys a list: running {what['running']['value']:.3f}, new ")


def test_the_plain_figures_stand_beside_it(shop: Path, bundle: Path, explored: Path) -> None:
    said = exposure(shop, bundle, explored).stdout
    for row in ("running, as it was", "new, plain", "new, by the toys on trial", "new − running", "without trials"):
        assert row in said


def test_without_trials_it_says_how_to_switch_them_on(shop: Path, bundle: Path, tmp_path: Path) -> None:
    said = exposure(shop, bundle, day(bundle, tmp_path / "kiosk.sqlite", 0)).stdout
    assert said.startswith(f"Nothing can be estimated: no toy was on trial in {VISITS} lists. Set exploration = 0.05")


def test_what_was_asked_with_a_round_sum_and_likings_can_be_made_anew(shop: Path, bundle: Path, tmp_path: Path) -> None:
    """From the first list of a visit on, before any event told of them; an odd sum is kept nowhere, so it cannot."""
    database = tmp_path / "kiosk.sqlite"
    settings = KioskSettings(bundle=bundle, database=database, exploration=0.5, requests_per_second=0)
    sums = (20, 30, 19.99, 12.34)
    with TestClient(create_app(settings)) as client:
        for visit, budget in enumerate(sums):
            who = {"age_months": 60, "interests": ["trains"], "budget": budget}
            for shopper in ("ada", "bob"):
                asked = {"session_id": f"{shopper}{visit}", "shopper_id": shopper, "k": 3, "recipient": who}
                answer = client.post("/v1/recommendations", json=asked).json()
                event = {"event_id": f"{shopper}{visit}", "session_id": f"{shopper}{visit}", "kind": "like"}
                event |= {"toy_id": answer["items"][0]["toy"]["toy_id"]}
                client.post("/v1/events:batch", json={"events": [event]})
    found = json.loads(exposure(shop, bundle, database, "--json").stdout)
    assert (found["lists"], found["unused"]) == (8, {"propensities": 4})


def test_lists_of_before_and_after_a_recall_can_be_made_anew(shop: Path, bundle: Path, tmp_path: Path) -> None:
    """The best toy is recalled between two visits; the kiosk itself says when, by its own clock."""
    database, hours = tmp_path / "kiosk.sqlite", count()
    settings = KioskSettings(bundle=bundle, database=database, exploration=0.5, requests_per_second=0)
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    with TestClient(create_app(settings, lambda: begin + timedelta(hours=next(hours)))) as client:
        kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
        key = {"Authorization": f"Bearer {kiosk.keys.add('Mo', Role.MANAGER)}"}
        shown = []
        for visit in ("before", "after"):
            asked = {"session_id": visit, "k": 3, "recipient": {"age_months": 60}}
            answer = client.post("/v1/recommendations", json=asked).json()
            shown.append([item["toy"]["toy_id"] for item in answer["items"]])
            client.post(
                "/v1/events:batch",
                json={"events": [{"event_id": visit, "session_id": visit, "kind": "like", "toy_id": "bear"}]},
            )
            recalled = {"recalls": [{"toy_id": shown[0][0]}]}
            client.post("/v1/staff/recalls:import", json=recalled, headers=key).raise_for_status()
    assert shown[0][0] not in shown[1]
    found = json.loads(exposure(shop, bundle, database, "--json").stdout)
    assert (found["lists"], found["unused"]) == (2, {})


def test_lists_of_another_bundle_say_nothing(shop: Path, bundle: Path, explored: Path) -> None:
    parts = ["--data", shop / "dataset", "--bundle", bundle, "--against", shop / "new", "--events", explored]
    said = CliRunner().invoke(app, ["exposure", *map(str, parts)], catch_exceptions=False).stdout
    assert (
        said == "Nothing can be estimated: the events come without a list that the running bundle abababababab made.\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lists", "0"], "'--lists' parameter of exposure must be an int in"),
        (["--diversity", "2"], "'--diversity' parameter of exposure must be a number in"),
        (["--category-share", "0"], "'--category-share' parameter of exposure must be a number in"),
        (["--since", "soon"], "'--since' parameter of exposure must be a date or a time"),
        (["--events", "nowhere"], "'--events' parameter of exposure must be an export"),
    ],
)
def test_mistakes(shop: Path, bundle: Path, explored: Path, words: list[str], said: str) -> None:
    with pytest.raises(ToyGuideError, match=said):
        exposure(shop, bundle, explored, *words)
