import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk.staff.backups import BackupsAnswer
from app.kiosk.store.backups import KEPT
from app.kiosk.store.keys import Role

URL = "/v1/staff/backups"
Headers = dict[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "copies"


@pytest.fixture
def client(settings: KioskSettings, folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(settings.model_copy(update={"backup_dir": folder}))) as client:
        yield client


def test_a_backup_holds_what_the_kiosk_does(client: TestClient, manager: Headers, folder: Path) -> None:
    client.post("/v1/staff/recalls:import", json={"recalls": [{"toy_id": "bear"}]}, headers=manager)
    assert client.get(URL, headers=manager).json() == {"backups": []}
    body = client.post(URL, headers=manager).json()
    BackupsAnswer.model_validate(body)
    (made,) = body["backups"]
    assert (folder / made["name"]).stat().st_size == made["bytes"]
    with sqlite3.connect(folder / made["name"]) as copy:
        assert copy.execute("SELECT value FROM recalls").fetchall() == [("bear",)]
    copy.close()
    newest = client.get("/v1/staff/audit", headers=manager).json()["changes"][0]
    assert (newest["action"], newest["who"], newest["details"]["name"]) == ("backup.make", "Mo", made["name"])


def test_the_oldest_make_room_and_other_files_stay(client: TestClient, manager: Headers, folder: Path) -> None:
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"a beach")
    kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    start = datetime(2026, 5, 1, tzinfo=UTC)
    for day in range(KEPT + 2):
        kiosk.clock = lambda day=day: start + timedelta(days=day)
        body = client.post(URL, headers=manager).json()
    names = [each["name"] for each in body["backups"]]
    assert len(names) == KEPT
    assert names[0] == "kiosk-20260516T000000.000Z.sqlite"
    assert names[-1] == "kiosk-20260503T000000.000Z.sqlite"
    assert (folder / "holiday.jpg").read_bytes() == b"a beach"


def test_what_cannot_be_made_is_said(client: TestClient, manager: Headers, folder: Path) -> None:
    folder.write_text("a file in the way", encoding="utf-8")
    response = client.post(URL, headers=manager)
    assert (response.status_code, response.json()["code"]) == (503, "backup_failed")
    assert folder.read_text(encoding="utf-8") == "a file in the way"


def test_without_a_folder_there_is_no_backup_and_clerks_make_none(
    settings: KioskSettings, client: TestClient, clerk: Headers
) -> None:
    assert client.post(URL, headers=clerk).json()["code"] == "role_too_low"
    with TestClient(create_app(settings.model_copy(update={"database": settings.database.with_name("b")}))) as bare:
        key = bare.app.state.kiosk.keys.add("Mo", Role.MANAGER)  # type: ignore[attr-defined]
        for method in ("GET", "POST"):
            response = bare.request(method, URL, headers={"Authorization": f"Bearer {key}"})
            assert (response.status_code, response.json()["code"]) == (409, "no_backup_dir")
