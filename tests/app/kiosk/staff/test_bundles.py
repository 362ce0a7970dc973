"""Another bundle without a restart: only a good one, remembered, and with a way back."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk import bundles as module
from app.kiosk.staff.models import BundlesAnswer
from app.kiosk.state import Kiosk
from data.errors import BundleError
from data.schema import Toy
from recommender.serving.archive import zip_bundle
from recommender.serving.load import load_bundle

URL = "/v1/staff/bundles"
Headers = dict[str, str]
FIRST, SECOND, THIRD = "0123456789abcdef" * 4, "b" * 64, "c" * 64


@pytest.fixture(scope="session")
def other_bundles(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy], make_bundle: Callable[..., Path]) -> Path:
    """A folder with a zip and a folder of bundles; the second knows no bear."""
    stick = tmp_path_factory.mktemp("stick")
    made = make_bundle(tmp_path_factory.mktemp("made") / "second", toys, seed=1, model=SECOND)
    zip_bundle(made, stick / "second.zip")
    make_bundle(stick / "third", [toy for toy in toys if toy.id != "bear"], seed=2, model=THIRD)
    return stick


@pytest.fixture
def stick(other_bundles: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(other_bundles, tmp_path / "stick"))


@pytest.fixture
def settings(settings: KioskSettings, stick: Path) -> KioskSettings:
    return settings.model_copy(update={"import_dir": stick})


def kiosk_of(client: TestClient) -> Kiosk:
    found: Kiosk = client.app.state.kiosk  # type: ignore[attr-defined]
    return found


def ask(client: TestClient, verb: str, headers: Headers, name: str | None = None):
    return client.post(f"{URL}:{verb}", json=None if name is None else {"name": name}, headers=headers)


def model(client: TestClient) -> str:
    return client.post("/v1/recommendations", json={"youngest_age_months": 60}).json()["model"]


def restarted(settings: KioskSettings) -> str:
    with TestClient(create_app(settings)) as client:
        return model(client)


def test_a_bundle_from_a_stick_answers_is_remembered_and_taken_back(
    client: TestClient, manager: Headers, settings: KioskSettings
) -> None:
    before = client.get(URL, headers=manager).json()
    BundlesAnswer.model_validate(before, strict=True)
    assert (before["active"]["name"], before["active"]["model"], before["previous"]) == (None, FIRST, None)
    assert [(each["name"], each["kind"]) for each in before["importable"]] == [
        ("second.zip", "zip"),
        ("third", "folder"),
    ]
    answer = ask(client, "activate", manager, "second.zip")
    assert answer.status_code == 200
    after = answer.json()
    BundlesAnswer.model_validate(after, strict=True)
    assert (after["active"]["name"], after["previous"], after["held"]) == (SECOND, FIRST, FIRST)
    assert {each["name"] for each in after["bundles"]} == {FIRST, SECOND}
    assert model(client) == SECOND
    assert restarted(settings) == SECOND

    back = ask(client, "rollback", manager).json()
    assert (back["active"]["name"], back["previous"]) == (FIRST, SECOND)
    assert model(client) == FIRST
    assert restarted(settings) == FIRST
    assert ask(client, "rollback", manager).json()["active"]["name"] == SECOND
    written = client.get("/v1/staff/audit", headers=manager).json()["changes"]
    assert [each["action"] for each in written[:3]] == ["bundle.rollback", "bundle.rollback", "bundle.activate"]
    assert written[2]["details"] == {"model": SECOND, "before": FIRST}


def test_a_folder_is_imported_without_being_activated(client: TestClient, manager: Headers, stick: Path) -> None:
    answer = ask(client, "import", manager, "third").json()
    assert [each["name"] for each in answer["bundles"]] == [THIRD]
    assert model(client) == FIRST
    shutil.rmtree(stick)  # the stick is pulled out
    assert client.get(URL, headers=manager).json()["importable"] == []
    assert ask(client, "activate", manager, THIRD).status_code == 200
    assert model(client) == THIRD
    assert client.get("/v1/toys/bear").status_code == 404
    assert ask(client, "rollback", manager).status_code == 200
    assert client.get("/v1/toys/bear").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "../../etc", "/etc", "..", ".", "", "a/b", "a\\b", "C:x", ".hidden", "second.zip\0", "second\u200b.zip",
        "\u202esecond.zip", "second\uff0ezip", "\uff0e\uff0e\uff0fx", "second.zip ", "e\u0301", "x" * 300, 7, None,
    ],
)  # fmt: skip
def test_a_name_is_no_path(client: TestClient, manager: Headers, settings: KioskSettings, name: object) -> None:
    for verb in ("activate", "import"):
        answer = client.post(f"{URL}:{verb}", json={"name": name}, headers=manager)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert answer.json()["errors"][0]["pointer"] == "/name"
    assert not settings.bundles_dir.exists()


def test_names_that_lead_to_nothing(client: TestClient, manager: Headers, stick: Path) -> None:
    (stick / "link").symlink_to(stick / "third")
    (stick / "notes.txt").write_text("no bundle")
    for name in ("nowhere", "link", "notes.txt", "activated.json", SECOND):
        answer = ask(client, "activate", manager, name)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_bundle"), name
    nothing = ask(client, "rollback", manager)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "unknown_bundle")


def damage(folder: Path) -> None:
    (folder / "table.npy").write_bytes(b"x" * (folder / "table.npy").stat().st_size)


def test_two_at_once_is_one_too_many(client: TestClient, manager: Headers, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(path: Path, *rest: object, **named: object):
        begun.set()
        assert go_on.wait(60)
        return load_bundle(path, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "load_bundle", slow)
    answers = []
    first = threading.Thread(target=lambda: answers.append(ask(client, "activate", manager, "third")))
    first.start()
    assert begun.wait(60)
    for verb, name in (("activate", "second.zip"), ("import", "second.zip"), ("rollback", None)):
        answer = ask(client, verb, manager, name)
        assert (answer.status_code, answer.json()["code"]) == (409, "bundle_busy")
    assert model(client) == FIRST, "requests do not wait for it"
    go_on.set()
    first.join(60)
    assert [answer.status_code for answer in answers] == [200]
    assert model(client) == THIRD


def test_a_restart_with_a_broken_bundle_serves_the_one_before_then_the_settings(
    client: TestClient, manager: Headers, settings: KioskSettings
) -> None:
    ask(client, "activate", manager, "second.zip")
    ask(client, "activate", manager, "third")
    damage(settings.bundles_dir / THIRD)
    with TestClient(create_app(settings)) as again:
        assert model(again) == SECOND
        now = again.get(URL, headers=manager).json()
        assert (now["active"]["name"], now["previous"]) == (SECOND, None)
    shutil.rmtree(settings.bundles_dir / SECOND)
    assert restarted(settings) == FIRST
    shutil.rmtree(settings.bundles_dir)
    assert restarted(settings) == FIRST
    settings.bundles_dir.mkdir()
    (settings.bundles_dir / "activated.json").write_text(
        '{"active": "../../etc", "previous": null, "instead_of": null}'
    )
    assert restarted(settings) == FIRST
    (settings.bundles_dir / "activated.json").write_text("{")
    assert restarted(settings) == FIRST


def test_a_setting_that_names_another_model_since_rules(
    client: TestClient, manager: Headers, settings: KioskSettings, stick: Path, tmp_path: Path
) -> None:
    ask(client, "activate", manager, "second.zip")
    assert restarted(settings.model_copy(update={"bundle": stick / "third"})) == THIRD
    assert restarted(settings.model_copy(update={"bundle": tmp_path / "gone"})) == SECOND, "gone is no choice"


def test_without_any_bundle_the_kiosk_says_so(settings: KioskSettings, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="does not exist"):
        create_app(settings.model_copy(update={"bundle": tmp_path / "gone"}))


def test_old_bundles_go_and_nothing_else(
    client: TestClient,
    manager: Headers,
    settings: KioskSettings,
    toys: list[Toy],
    make_bundle: Callable[..., Path],
    stick: Path,
) -> None:
    for name in ("second.zip", "third"):
        ask(client, "activate", manager, name)
    (settings.bundles_dir / "notes").mkdir()
    (settings.bundles_dir / ("d" * 20)).mkdir()  # no bundle: it has no manifest
    make_bundle(stick / "fourth", toys, seed=3, model="4" * 64)
    answer = ask(client, "activate", manager, "fourth").json()
    assert [each["name"] for each in answer["bundles"]] == ["4" * 64, THIRD, SECOND]
    assert {entry.name for entry in settings.bundles_dir.iterdir()} == {
        "4" * 64, THIRD, SECOND, "notes", "d" * 20, "activated.json",
    }  # fmt: skip


def test_what_cannot_be_written_down_is_not_in_force(
    client: TestClient, manager: Headers, settings: KioskSettings
) -> None:
    ask(client, "activate", manager, "second.zip")
    before = json.loads((settings.bundles_dir / "activated.json").read_text())
    kiosk = kiosk_of(client)
    with kiosk.database.writing() as connection:
        connection.execute("DROP TABLE audit")
    assert ask(client, "activate", manager, "third").status_code == 503
    assert model(client) == SECOND
    assert json.loads((settings.bundles_dir / "activated.json").read_text()) == before
    assert kiosk.activated.active == SECOND


def test_a_folder_that_cannot_be_written(client: TestClient, manager: Headers, settings: KioskSettings) -> None:
    settings.bundles_dir.write_text("a file in its place")
    answer = ask(client, "activate", manager, "third")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "cannot be written" in answer.json()["detail"]
    assert model(client) == FIRST


def test_a_stick_that_is_pulled_out_is_a_problem_and_no_mistake(
    client: TestClient, manager: Headers, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, read = stick / "third" / "manifest.json", Path.read_bytes

    def gone(path: Path) -> bytes:
        if path == manifest:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", gone)
    answer = ask(client, "import", manager, "third")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert "Input/output error" in answer.json()["detail"]


def test_the_settings_bundle_may_be_away_while_another_is_activated(
    client: TestClient, manager: Headers, settings: KioskSettings, tmp_path: Path
) -> None:
    """Its disk comes back, and what was activated still answers: nobody chose anew."""
    folder = Path(shutil.copytree(settings.bundle, tmp_path / "disk"))
    elsewhere = settings.model_copy(update={"bundle": folder, "bundles_dir": tmp_path / "kept"})
    with TestClient(create_app(elsewhere)) as kiosk:
        folder.rename(tmp_path / "away")
        assert ask(kiosk, "activate", manager, "second.zip").status_code == 200
    (tmp_path / "away").rename(folder)
    assert restarted(elsewhere) == SECOND
