"""Kiosks whose database breaks: one that was used, and what may happen to its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.store import care
from app.kiosk.store.keys import Role

SECRET = "shopper-4711"


def event(number: int) -> dict[str, str]:
    return {
        "event_id": f"e{number}",
        "session_id": "s",
        "toy_id": "track",
        "kind": "view",
        "shopper_id": SECRET,
    }


def run(settings: KioskSettings, ask: Callable[[TestClient], None]) -> None:
    """A kiosk from start to stop."""
    with TestClient(create_app(settings)) as client:
        ask(client)


@pytest.fixture
def used(settings: KioskSettings) -> KioskSettings:
    """A kiosk that ran: a key, a recall by barcode and one by id, stock, a rule, and 2,000 events."""

    def ask(client: TestClient) -> None:
        key = client.app.state.kiosk.keys.add("Mo", Role.MANAGER)  # type: ignore[attr-defined]
        staff = {"Authorization": f"Bearer {key}"}
        recalls = {"recalls": [{"toy_id": "engine", "reason": "it burns"}]}
        assert client.post("/v1/staff/recalls:import", json=recalls, headers=staff).status_code == 200
        stock = {"toys": [{"toy_id": "bear", "count": 0}]}
        assert client.put("/v1/staff/stock", json=stock, headers=staff).status_code == 200
        rule = {"kind": "hide", "toy_id": "puzzle"}
        assert client.post("/v1/staff/rules", json=rule, headers=staff).status_code == 200
        for start in (0, 1000):
            batch = {"events": [event(number) for number in range(start, start + 1000)]}
            assert client.post("/v1/events:batch", json=batch).status_code == 200

    run(settings, ask)
    return settings


def garbage(file: Path) -> None:
    file.write_bytes(b"\xde\xad\xbe\xef" * 5000)


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:6000])


def a_few_bytes(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0")


def a_page_of_recalls(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'recalls'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with file.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xff" * size)


def shown(client: TestClient) -> set[str]:
    body = {"youngest_age_months": 100, "k": 100}
    return {item["toy"]["toy_id"] for item in client.post("/v1/recommendations", json=body).json()["items"]}


@contextmanager
def killed_once_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever puts another database in the place of one is killed when that has its second name."""
    keep = care._keep

    def keep_and_die(file: Path, aside: Path) -> None:
        keep(file, aside)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(care, "_keep", keep_and_die)
        with pytest.raises(KeyboardInterrupt):
            yield
