"""What a running kiosk holds: its settings, its engine, its store. Routes reach it as `Running`."""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import Depends, Request

from app.kiosk.lists import Lists, read_lists, toys_of
from app.kiosk.settings import KioskSettings
from app.kiosk.store.database import Database
from app.kiosk.store.events import EventStore
from app.kiosk.store.house import House, Recall
from app.kiosk.store.keys import KeyStore
from recommender.serving.barcodes import toys_by_barcode
from recommender.serving.engine import Engine


class Kiosk:
    """One process, one kiosk.

    lists: what the shop says of its toys, as the mask wants it; read by every request as one reference, so that a
    change is in force whole or not at all
    """

    def __init__(self, settings: KioskSettings, engine: Engine, database: Database) -> None:
        self.settings = settings
        self.engine = engine
        self.database = database
        self.events = EventStore(database)
        self.keys = KeyStore(database)
        self.house = House(database)
        self.barcodes = toys_by_barcode((toy.id, toy.barcode) for toy in engine.toys)
        self._turn = threading.Lock()
        self.lists: Lists = read_lists(engine, self.barcodes, self.house, settings.store_id)

    def refresh_house(self) -> None:
        """Put what the database says now in force. Whoever changed it calls this before answering."""
        with self._turn:  # or an older reading could come after a newer one
            self.lists = read_lists(self.engine, self.barcodes, self.house, self.settings.store_id)

    def toys_of(self, recall: Recall) -> list[str]:
        """Ids of the toys that a recall takes away."""
        return toys_of(self.engine, self.barcodes, recall)


async def _running(request: Request) -> Kiosk:
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


Running = Annotated[Kiosk, Depends(_running)]
