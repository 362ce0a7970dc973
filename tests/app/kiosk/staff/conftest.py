"""A kiosk whose toys have barcodes, and keys to it: headers to send, by role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk.store.keys import Role
from data.schema import Toy

Headers = dict[str, str]
BARCODES = {"track": "012345678905", "engine": "4006381333931", "station": "4006381333931"}


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy], make_bundle: Callable[..., Path]) -> Path:
    marked = [replace(toy, barcode=BARCODES.get(toy.id)) for toy in toys]
    return make_bundle(tmp_path_factory.mktemp("bundles") / "marked", marked, encoder=True)


def key_of(client: TestClient, name: str, role: Role) -> Headers:
    key = client.app.state.kiosk.keys.add(name, role)  # type: ignore[attr-defined]
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def clerk(client: TestClient) -> Headers:
    return key_of(client, "Kim", Role.CLERK)


@pytest.fixture
def manager(client: TestClient) -> Headers:
    return key_of(client, "Mo", Role.MANAGER)
