"""A kiosk and a shop over a small bundle, and a fresh visit to them in the browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.system.conftest import Face
from tests.system.shop.goods import toys


@dataclass(frozen=True)
class Stack:
    kiosk: Face
    shop: Face
    database: Path

    def sessions(self) -> list[str]:
        """The session of each event that the kiosk has kept, oldest first."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return [row[0] for row in connection.execute("SELECT session_id FROM events ORDER BY rowid")]
        finally:
            connection.close()

    def events(self) -> list[tuple[str, str, str | None]]:
        """(toy, kind, recommendation) of what the kiosk has kept, oldest first."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT toy_id, kind, recommendation_id FROM events ORDER BY rowid").fetchall()
        finally:
            connection.close()


@contextmanager
def open_stack(bundle: Path, folder: Path, *shop_options: str) -> Iterator[Stack]:
    """A kiosk over `bundle` and a shop with `shop_options`, until the block ends."""
    database = folder / "kiosk.sqlite"
    (folder / "toyguide.toml").write_text("[kiosk]\nexploration = 0\n", encoding="utf-8")  # no lot falls in a test
    kiosk = Face(folder, "kiosk", "/readyz", "--bundle", str(bundle), "--database", str(database))
    try:
        shop = Face(folder, "shop", "/_stcore/health", "--api", kiosk.address, *shop_options)
        try:
            yield Stack(kiosk, shop, database)
        finally:
            shop.stop()
    finally:
        kiosk.stop()


@pytest.fixture(scope="module")
def stack(make_bundle: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The shop as it comes; a file that needs another one has a fixture of this name of its own."""
    folder = tmp_path_factory.mktemp("stack")
    with open_stack(make_bundle(folder / "bundle", toys()), folder) as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh visit. Whatever the browser asks of anybody but the shop fails the test, and so does an error."""
    options: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
    context = chromium.new_context(**{**options, **getattr(request, "param", {})})
    context.set_default_timeout(120_000)  # as for what is seen: no test here is about time
    page = context.new_page()
    strangers: list[str] = []
    errors: list[str] = []
    home = f"127.0.0.1:{stack.shop.port}/"
    page.on("request", lambda call: None if _at_home(call.url, home) else strangers.append(call.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(f"a dialog: {dialog.message}"))
    yield page
    context.close()
    assert strangers == []
    assert errors == []


def _at_home(url: str, home: str) -> bool:
    return url.startswith(("data:", "blob:")) or url.partition("://")[2].startswith(home)
