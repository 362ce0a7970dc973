"""A kiosk that looks into a folder of published bundles where a test says so, and what it says of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings
from app.kiosk.background.pickup import Pickup
from app.kiosk.staff.models import BundlesAnswer
from app.kiosk.state import Kiosk
from data.schema import Toy

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
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
