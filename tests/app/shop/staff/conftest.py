"""The staff page under AppTest, over a real kiosk and with real keys. Two browsers are in tests/system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.kiosk.store.keys import Role
from app.shop.pages.staff import door
from app.shop.pages.staff.desk import Section
from app.shop.tries import Browser
from data.schema import Toy
from tests.app.shop.hands import healthy, opened, tap

BARCODES = {"engine": "4006381333931", "track": "4006381333931", "bear": "5012345678900"}


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory, toys: list[Toy], make_bundle: Callable[..., Path]) -> Path:
    marked = [replace(toy, barcode=BARCODES.get(toy.id)) for toy in toys]
    return make_bundle(tmp_path_factory.mktemp("bundles") / "marked", marked, encoder=True)


@pytest.fixture
def closed(kiosk: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    monkeypatch.setenv("TOYGUIDE_SHOP_API", kiosk.address)
    monkeypatch.setenv("TOYGUIDE_SHOP_TIMEOUT_SECONDS", "60")  # a busy machine is no kiosk that is away
    monkeypatch.setattr(door, "browser", lambda: Browser("127.0.0.1"))  # there is none here; tests/system has two

    def at(home: str = "staff", **query: str) -> AppTest:
        return opened(home, **query)

    return at


@pytest.fixture
def staff(closed: Callable[..., AppTest], kiosk: Any) -> Callable[..., AppTest]:
    """`staff(role, **query)`: the page with a new key of that role in."""

    def unlocked(role: Role = Role.CLERK, **query: str) -> AppTest:
        return give(closed(**query), kiosk.keys.add({Role.CLERK: "Kim", Role.MANAGER: "Mo"}[role], role))

    return unlocked


def give(shop: AppTest, key: str) -> AppTest:
    shop.text_input(key="staff-key").set_value(key)
    return tap(shop, "staff-unlock-go")


def words(shop: AppTest) -> str:
    found = (element.proto.body for element in shop.get("html"))
    return "\n".join(words for words in found if not words.startswith("<style>"))


def go(shop: AppTest, section: Section) -> AppTest:
    return healthy(shop.get_by_key("staff-section").set_value(section).run())


def seek(shop: AppTest, text: str) -> AppTest:
    return healthy(shop.text_input(key="staff-find").set_value(text).run())


def state(shop: AppTest) -> Any:
    return shop.session_state["desk"]
