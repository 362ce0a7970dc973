"""A shop of the town: its kiosk in a process of its own, spoken to over HTTP alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from app.cli.kiosk_database import opened
from app.kiosk.models.events import MAX_EVENTS
from app.kiosk.settings import load_settings
from app.kiosk.store.keys import KeyStore, Role
from app.loop.server import BYTES
from data.errors import ToyGuideError
from data.schema import Toy

MANAGER: Final = "loop"
PATIENCE_SECONDS: Final = 120.0
_PICKUP_SECONDS: Final = 0.1
_LOOK_AGAIN: Final = 0.02


class Shop:
    """A kiosk that runs from `open` to `close`, under the town's clock.

    folder: keeps its database, its log and its clock; bundle: what it begins with
    publish_dir: where it looks for newer ones; None = it stays with what it has
    """

    def __init__(self, folder: Path, bundle: Path, now: datetime, publish_dir: Path | None = None) -> None:
        self.database = folder / "kiosk.sqlite"
        self._folder, self._bundle, self._publish_dir = folder, bundle, publish_dir
        self._clock = folder / "clock"
        self._key: str | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.tell(now)

    def tell(self, now: datetime) -> None:
        """Set its clock."""
        milliseconds = round(now.timestamp() * 1000)
        with self._clock.open("r+b" if self._clock.exists() else "wb") as stream:
            stream.write(milliseconds.to_bytes(BYTES, sys.byteorder))

    def open(self) -> None:
        """Start the kiosk and wait until it answers. Raises ToyGuideError with the end of its log if it does not."""
        settings = {
            "bundle": str(self._bundle),
            "bundles_dir": str(self._folder / "bundles"),
            "database": str(self.database),
            "port": 0,
            "requests_per_second": 0,
            "publish_dir": None if self._publish_dir is None else str(self._publish_dir),
            "publish_seconds": _PICKUP_SECONDS,
        }
        stated = self._folder / "settings.json"
        stated.write_text(json.dumps(settings), encoding="utf-8")
        log = self._folder / "kiosk.log"
        command = [sys.executable, "-P", "-m", "app.loop.server", str(stated), str(self._clock)]
        # Nothing but what is stated here: neither the settings of this user's kiosk nor those of this folder.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("TOYGUIDE_")}
        plain["PYTHONPATH"] = str(Path(__file__).parents[2])
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stream, cwd=self._folder, env=plain, text=True
            )
        assert self._process.stdout is not None
        address = self._process.stdout.readline().strip()
        if not address:
            self._process.wait()
            end = log.read_text(encoding="utf-8", errors="replace")[-1000:]
            raise ToyGuideError(f"The kiosk did not come up; {log} ends with: {end}")
        self._client = httpx.Client(base_url=address, timeout=PATIENCE_SECONDS)
        self._until(lambda: self._client.get("/readyz").status_code == httpx.codes.OK, "answer")

    def close(self) -> None:
        """Stop the kiosk, as a service manager does."""
        self._client.close()
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def recommend(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of POST /v1/recommendations."""
        return self._answer(self._client.post("/v1/recommendations", json=body))

    def popular(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer of GET /v1/popular."""
        return self._answer(self._client.get("/v1/popular", params=asked))

    def send(self, events: Sequence[dict[str, Any]]) -> None:
        """Send events; each must be accepted."""
        for start in range(0, len(events), MAX_EVENTS):
            batch = list(events[start : start + MAX_EVENTS])
            results = self._answer(self._client.post("/v1/events:batch", json={"events": batch}))["results"]
            if lost := [each for each in results if each["status"] != "accepted"]:
                raise ToyGuideError(f"The kiosk did not take {len(lost)} of {len(batch)} events, as {lost[0]}.")

    def add(self, toys: Sequence[Toy]) -> None:
        """Put new toys on the shelf, as a manager does."""
        for toy in toys:
            self._answer(self._client.post("/v1/staff/toys", json=_new_toy(toy), headers=self._staff()))

    def recall(self, toys: Sequence[str]) -> None:
        """Recall toys."""
        rows = [{"toy_id": toy, "reason": "parts come off", "source": "maker"} for toy in toys]
        self._answer(self._client.post("/v1/staff/recalls:import", json={"recalls": rows}, headers=self._staff()))

    @property
    def model(self) -> str:
        """The digest of the model that answers."""
        return str(self._answer(self._client.get("/v1/model"))["model"])

    def wait_for(self, model: str) -> None:
        """Until `model` answers. Raises ToyGuideError if it does not within `PATIENCE_SECONDS`."""
        self._until(lambda: self.model == model, f"take the bundle {model[:12]}")

    def _staff(self) -> dict[str, str]:
        if self._key is None:
            with opened(load_settings(database=self.database)) as database:
                self._key = KeyStore(database).add(MANAGER, Role.MANAGER)
        return {"Authorization": f"Bearer {self._key}"}

    @staticmethod
    def _answer(response: httpx.Response) -> dict[str, Any]:
        if response.status_code != httpx.codes.OK:
            raise ToyGuideError(f"The kiosk answered {response.request.url.path} with {response.text[:500]}")
        found: dict[str, Any] = response.json()
        return found

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ToyGuideError(f"The kiosk did not {what}; see {self._folder / 'kiosk.log'}.")
            time.sleep(_LOOK_AGAIN)


def _new_toy(toy: Toy) -> dict[str, Any]:
    """A toy as a manager's form sends it; what is not known is not said."""
    said = {
        "toy_id": toy.id,
        "title": toy.title,
        "title_zh": toy.title_zh,
        "description": toy.description,
        "description_zh": toy.description_zh,
        "brand": toy.brand,
        "category": list(toy.category),
        "interests": list(toy.interests),
        "price": None if toy.price is None else str(toy.price),
        "currency": toy.currency,
        "recommended_age": toy.recommended_age,
        "recommended_age_to": toy.recommended_age_to,
        "safety_min_age": toy.safety_min_age,
        "hazards": [str(hazard) for hazard in toy.hazards],
        "audience": str(toy.audience),
        "barcode": toy.barcode,
        "aisle": toy.aisle,
    }
    return {name: value for name, value in said.items() if value is not None}
