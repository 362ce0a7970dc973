"""What a running kiosk holds: its settings, its store, and what answers now. Routes reach it as `Running`."""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import Depends, Request

from app.kiosk.background.impressions import ImpressionQueue
from app.kiosk.clock import Clock, utc_now
from app.kiosk.serving import Serving, serving
from app.kiosk.settings import KioskSettings
from app.kiosk.store.database import Database
from app.kiosk.store.events import EventStore
from app.kiosk.store.house import House
from app.kiosk.store.keys import KeyStore
from app.kiosk.store.rules import RuleStore
from recommender.serving.engine import Engine
from recommender.serving.policy.arrange import Arrangement


class Kiosk:
    """One process, one kiosk."""

    def __init__(self, settings: KioskSettings, engine: Engine, database: Database, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.arrangement = Arrangement(settings.diversity, settings.category_share, settings.exploration)
        self.events = EventStore(database)
        self.keys = KeyStore(database)
        self.house = House(database)
        self.rules = RuleStore(database)
        self.impressions = ImpressionQueue(database, settings.impression_queue)
        self._turn = threading.Lock()
        self._swap = threading.Lock()  # held for a comparison alone: requests wait for it, and never for the database
        self._now = serving(engine, self.house, self.rules, settings.store_id, clock())

    @property
    def now(self) -> Serving:
        """What answers; one reference, which a request reads once and a change replaces.

        Where a rule began or ended since the last request (or the clock was set), what the rules come to is worked out
        first: at 12,000 toys and 100 rules half a millisecond, once. So a rule is over at the very moment it says,
        and there is no timer that a clock set back could leave waiting.
        """
        at = self.clock()
        found = self._now
        while not found.staff.holds(at):
            self._replace(found, found.with_rules(found.staff.rules, at))
            found = self._now
        return found

    def start(self) -> None:
        """Begin what runs beside the requests."""
        self.impressions.start()

    def stop(self) -> None:
        """End what runs beside the requests; what it holds is written first."""
        self.impressions.stop()

    def refresh_house(self) -> Serving:
        """Put what the database says now in force. Whoever changed it calls this before answering."""
        with self._turn:  # or an older reading could come after a newer one
            engine, barcodes = self._now.engine, self._now.barcodes
            fresh = serving(engine, self.house, self.rules, self.settings.store_id, self.clock(), barcodes)
            with self._swap:
                self._now = fresh
            return fresh

    def _replace(self, old: Serving, new: Serving) -> None:
        """Let `new` answer where `old` still does: a recall that came in the meantime is not to be lost."""
        with self._swap:
            if self._now is old:
                self._now = new


async def _running(request: Request) -> Kiosk:
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


Running = Annotated[Kiosk, Depends(_running)]
