from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app


@pytest.fixture
def settings(bundle: Path, tmp_path: Path) -> KioskSettings:
    return KioskSettings(
        bundle=bundle,
        bundles_dir=tmp_path / "bundles",
        database=tmp_path / "deep" / "kiosk.sqlite",
        max_body_bytes=200_000,
        exploration=0,
    )


@pytest.fixture
def client(settings: KioskSettings) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as client:
        yield client
