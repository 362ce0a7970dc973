from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.store import database as module
from app.kiosk.store.database import Database


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


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[Database], AbstractContextManager[None]]:
    """While the block runs, the database cannot grow: SQLite says so as it does of a disk that is full."""
    connect = module.connect

    @contextmanager
    def full(database: Database) -> Iterator[None]:
        with database.reading() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()

        def small(file: Path, busy_seconds: float) -> Connection:
            connection = connect(file, busy_seconds)
            connection.execute(f"PRAGMA max_page_count = {pages}")
            return connection

        database.close()  # what is used from now on is opened now
        with monkeypatch.context() as patch:
            patch.setattr(module, "connect", small)
            yield

    return full
