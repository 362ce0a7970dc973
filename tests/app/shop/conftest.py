"""A real kiosk over a real bundle, listening on a free port; it can be stopped and started again."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import uvicorn
from streamlit.testing.v1 import AppTest

from app.kiosk import KioskSettings, create_app
from app.ports import bind
from app.shop.client import KioskClient
from app.shop.models import Toy
from tests.app.shop.hands import opened


@pytest.fixture(autouse=True)
def _main_stays() -> Iterator[None]:
    """Streamlit puts a page in the place of `__main__`, and a process that a later test starts would run it first."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


class RunningKiosk:
    """A kiosk in a thread of this process, always at the same address."""

    def __init__(self, bundle: Path, database: Path) -> None:
        self._settings = KioskSettings(bundle=bundle, database=database, exploration=0)  # no lot falls in a test
        self._reserved = bind("127.0.0.1", 0)  # held, or another process may take it while this one is stopped
        self._port = self._reserved.getsockname()[1]
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def engine(self) -> Any:
        """The engine that answers, until the kiosk is started again."""
        return self._app.state.kiosk.now.engine

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the kiosk has kept, oldest first."""
        with closing(sqlite3.connect(self._settings.database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute("SELECT * FROM events ORDER BY rowid")]

    @property
    def keys(self) -> Any:
        """The staff keys: they work at once."""
        return self._app.state.kiosk.keys

    @property
    def rules(self) -> Any:
        """The shop's rules, to be changed behind somebody's back."""
        return self._app.state.kiosk.rules

    def now(self) -> Any:
        """What answers: the engine, the recalls and the rules in force."""
        return self._app.state.kiosk.now

    def set_clock(self, clock: Callable[[], Any]) -> None:
        """Let the kiosk believe that it is another time."""
        self._app.state.kiosk.clock = clock

    @property
    def vain_searches(self) -> list[str]:
        """What was sought and not found."""
        with closing(sqlite3.connect(self._settings.database)) as connection:
            return [text for (text,) in connection.execute("SELECT text FROM searches ORDER BY text")]

    def look_for_published(self) -> None:
        """Look now, as its thread does every minute."""
        self._app.state.kiosk.pickup.look()

    def start(self) -> None:
        listener = bind("127.0.0.1", self._port)
        self._app = create_app(self._settings)
        self._server = uvicorn.Server(uvicorn.Config(self._app, log_config=None))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            assert time.monotonic() < deadline, "the kiosk did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self.stop()
        self._reserved.close()


@pytest.fixture
def start_kiosk(tmp_path: Path) -> Iterator[Callable[[Path], RunningKiosk]]:
    running: list[RunningKiosk] = []

    def start(bundle: Path) -> RunningKiosk:
        running.append(RunningKiosk(bundle, tmp_path / f"kiosk-{len(running)}.sqlite"))
        return running[-1]

    yield start
    for kiosk in running:
        kiosk.close()


@pytest.fixture
def kiosk(start_kiosk: Callable[[Path], RunningKiosk], bundle: Path) -> RunningKiosk:
    return start_kiosk(bundle)


@pytest.fixture
def client(kiosk: RunningKiosk) -> Iterator[KioskClient]:
    client = KioskClient(kiosk.address, 60)
    yield client
    client.close()


@pytest.fixture
def open_page(kiosk: RunningKiosk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """`open_page(home, **query)`: a page of a shop over the kiosk."""
    monkeypatch.setenv("TOYGUIDE_SHOP_API", kiosk.address)
    monkeypatch.setenv("TOYGUIDE_SHOP_TIMEOUT_SECONDS", "60")  # a busy machine is no kiosk that is away
    return opened


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Streamlit's caches outlive a test."""
    yield
    st.cache_resource.clear()


def make_toy(toy_id: str = "engine", **values: Any) -> Toy:
    return Toy(**{"toy_id": toy_id, "title": toy_id.title(), "currency": "GBP", **values})


@pytest.fixture
def toy() -> Callable[..., Toy]:
    """`toy(toy_id, **fields)`."""
    return make_toy
