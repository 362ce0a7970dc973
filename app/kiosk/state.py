"""What a running kiosk holds: its settings, its store, and what answers now. Routes reach it as `Running`."""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import Depends, Request

from app.kiosk.serving import Serving, serving
from app.kiosk.settings import KioskSettings
from app.kiosk.store.database import Database
from app.kiosk.store.events import EventStore
from app.kiosk.store.house import House
from app.kiosk.store.keys import KeyStore
from recommender.serving.engine import Engine
from recommender.serving.policy.arrange import Arrangement


class Kiosk:
    """One process, one kiosk.

    now: what answers; one reference, which a request reads once and a change replaces
    """

    def __init__(self, settings: KioskSettings, engine: Engine, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.arrangement = Arrangement(settings.diversity, settings.category_share, settings.exploration)
        self.events = EventStore(database)
        self.keys = KeyStore(database)
        self.house = House(database)
        self._turn = threading.Lock()
        self.now: Serving = serving(engine, self.house, settings.store_id)

    def refresh_house(self) -> Serving:
        """Put what the database says now in force. Whoever changed it calls this before answering."""
        with self._turn:  # or an older reading could come after a newer one
            self.now = serving(self.now.engine, self.house, self.settings.store_id, self.now.barcodes)
            return self.now


async def _running(request: Request) -> Kiosk:
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


Running = Annotated[Kiosk, Depends(_running)]
