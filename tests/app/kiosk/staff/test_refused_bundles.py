"""A bundle that is bad, unsigned, another or cannot rank is refused, and the one that answers stays."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.kiosk import KioskSettings, create_app
from app.kiosk import bundles as module
from app.kiosk.store.keys import Role
from data.schema import Toy
from recommender.serving.bundle import sign_bundle
from recommender.serving.keys import make_keys
from recommender.serving.load import load_bundle
from tests.app.kiosk.staff.test_bundles import (
    FIRST,
    THIRD,
    URL,
    Headers,
    ask,
    damage,
    kiosk_of,
    model,
    other_bundles,
    settings,
    stick,
)

__all__ = ["other_bundles", "settings", "stick"]


def test_a_bad_bundle_is_refused_and_the_running_one_stays(
    client: TestClient, manager: Headers, stick: Path, settings: KioskSettings
) -> None:
    damage(stick / "third")
    (stick / "second.zip").write_bytes((stick / "second.zip").read_bytes()[:-100])
    for name, said in (("third", "table.npy was changed"), ("second.zip", "does not end as a zip does")):
        for verb in ("import", "activate"):
            answer = ask(client, verb, manager, name)
            assert (answer.status_code, answer.json()["code"]) == (422, "bundle_refused")
            assert said in answer.json()["detail"]
    assert model(client) == FIRST
    assert client.get(URL, headers=manager).json()["bundles"] == []
    assert list(settings.bundles_dir.iterdir()) == []


def test_a_bundle_that_went_bad_in_the_folder(client: TestClient, manager: Headers, settings: KioskSettings) -> None:
    ask(client, "import", manager, "third")
    damage(settings.bundles_dir / THIRD)
    assert ask(client, "activate", manager, THIRD).json()["code"] == "bundle_refused"
    assert model(client) == FIRST
    (settings.bundles_dir / THIRD / "manifest.json").write_text("{}")
    (lying,) = client.get(URL, headers=manager).json()["bundles"]
    assert lying["model"] is None
    assert "must be an int" in lying["problem"]
    assert ask(client, "import", manager, "third").status_code == 200, "a good copy takes its place"
    assert ask(client, "activate", manager, THIRD).status_code == 200


def test_a_bundle_that_passes_every_check_and_cannot_rank_is_refused(
    client: TestClient, manager: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, *rest: object, **named: object):
        engine = load_bundle(path, *rest, **named)  # type: ignore[arg-type]
        engine.student.max_history = 0  # histories no longer fit the graph
        return engine

    monkeypatch.setattr(module, "load_bundle", broken)
    answer = ask(client, "activate", manager, "third")
    assert (answer.status_code, answer.json()["code"]) == (422, "bundle_refused")
    assert "cannot rank" in answer.json()["detail"]
    assert model(client) == FIRST


def test_only_what_the_shops_key_signed(settings: KioskSettings, bundle: Path, stick: Path, tmp_path: Path) -> None:
    public = make_keys(tmp_path / "shop")
    signed = Path(shutil.copytree(bundle, tmp_path / "signed"))
    sign_bundle(signed, tmp_path / "shop")
    with TestClient(create_app(settings.model_copy(update={"bundle": signed, "verify_key": public}))) as client:
        headers = {"Authorization": f"Bearer {kiosk_of(client).keys.add('Mo', Role.MANAGER)}"}
        refused = ask(client, "activate", headers, "third")
        assert refused.json()["code"] == "bundle_refused"
        assert "must be signed by the key" in refused.json()["detail"]
        sign_bundle(stick / "third", tmp_path / "shop")
        assert ask(client, "activate", headers, "third").status_code == 200
        assert model(client) == THIRD


def test_other_files_under_the_running_models_name_are_refused(
    client: TestClient, manager: Headers, stick: Path, toys: list[Toy], make_bundle: Callable[..., Path]
) -> None:
    ask(client, "activate", manager, "third")
    shutil.rmtree(stick / "third")
    make_bundle(stick / "third", toys, seed=5, model=THIRD)
    answer = ask(client, "import", manager, "third")
    assert answer.json()["code"] == "bundle_refused"
    assert "the model that answers now" in answer.json()["detail"]
    assert client.get("/v1/toys/bear/picture.svg").status_code == 404


def with_wrong_encoder(folder: Path) -> None:
    """Another graph in the place of the toy encoder, with a manifest that knows it."""
    graph = (folder / "student.onnx").read_bytes()
    (folder / "toy_encoder.onnx").write_bytes(graph)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["toy_encoder.onnx"] = {"sha256": hashlib.sha256(graph).hexdigest(), "bytes": len(graph)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_bundle_that_cannot_place_the_shops_own_toys_is_refused_and_not_written_down(
    settings: KioskSettings, tmp_path: Path, stick: Path, toys: list[Toy], make_bundle: Callable[..., Path]
) -> None:
    with_wrong_encoder(make_bundle(stick / "wrong", toys, encoder=True, model="e" * 64))
    placing = make_bundle(tmp_path / "placing", toys, encoder=True)
    with TestClient(create_app(settings.model_copy(update={"bundle": placing}))) as client:
        headers = {"Authorization": f"Bearer {kiosk_of(client).keys.add('Mo', Role.MANAGER)}"}
        wagon = {"toy_id": "wagon", "title": "Coal wagon", "category": ["Toys", "Trains"], "from_age": 36}
        assert client.post("/v1/staff/toys", json=wagon, headers=headers).status_code in (200, 201)
        answer = ask(client, "activate", headers, "wrong")
        assert (answer.status_code, answer.json()["code"]) == (422, "bundle_refused")
        assert "toy_encoder.onnx" in answer.json()["detail"]
        assert model(client) == FIRST
        assert client.get("/v1/toys/wagon").status_code == 200
        changes = client.get("/v1/staff/audit", headers=headers).json()["changes"]
        assert "bundle.activate" not in {each["action"] for each in changes}
        assert client.get(URL, headers=headers).json()["active"]["name"] is None
