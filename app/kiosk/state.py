"""What a running kiosk holds: its settings, its store, and what answers now. Routes reach it as `Running`."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from app.kiosk.background.forwarder import Forwarder, Progress
from app.kiosk.background.headquarters import Headquarters
from app.kiosk.background.housekeeping import Housekeeping
from app.kiosk.background.impressions import ImpressionQueue
from app.kiosk.background.mirror import Mirror
from app.kiosk.clock import Clock, utc_now
from app.kiosk.counts import Counts
from app.kiosk.limits import WRONG_KEYS_A_MINUTE, Allowance, Trusted
from app.kiosk.memory import settle_memory
from app.kiosk.serving import Barcodes, Serving, serving
from app.kiosk.settings import KioskSettings
from app.kiosk.store.bundles import Activated, BundleFolder
from app.kiosk.store.care import house_lost
from app.kiosk.store.database import Database
from app.kiosk.store.events import EventStore
from app.kiosk.store.forget import Forgetting
from app.kiosk.store.forward import Outbox
from app.kiosk.store.house import House
from app.kiosk.store.keys import KeyStore
from app.kiosk.store.own_toys import overlay_of, own_toys
from app.kiosk.store.retention import Retention
from app.kiosk.store.rules import RuleStore
from app.kiosk.trends import Trends
from data.errors import BundleError
from recommender.serving.engine import Engine
from recommender.serving.overlay import overlaid
from recommender.serving.page import is_of, read_page
from recommender.serving.policy.arrange import Arrangement

if TYPE_CHECKING:
    from app.kiosk.background.pickup import Pickup


@dataclass(slots=True)
class ToyChange:
    """A change of the shop's own toys under way. now: what answers, once the change is in force."""

    connection: sqlite3.Connection
    now: Serving


class Kiosk:
    """One process, one kiosk.

    stopping: it was told to stop, and answers what was begun
    activated: which bundles are in force, by name; changing: held by whoever changes them
    pickup: takes published bundles, where the setting `publish_dir` is
    """

    def __init__(
        self,
        settings: KioskSettings,
        engine: Engine,
        database: Database,
        clock: Clock = utc_now,
        activated: Activated | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.arrangement = Arrangement(settings.diversity, settings.category_share, settings.exploration)
        self.events = EventStore(database)
        self.keys = KeyStore(database)
        self.house = House(database, lambda: self.clock())
        self.rules = RuleStore(database)
        self.trends = Trends(database, settings.popular_half_life_days, clock)
        self.impressions = ImpressionQueue(database, settings.impression_queue)
        self.bundles = BundleFolder(settings.bundles_dir, settings.verify_key)
        self.activated = activated or Activated()
        self.changing = threading.Lock()
        self.counts = Counts()
        self.trusted = Trusted()
        self.wrong_keys = Allowance(WRONG_KEYS_A_MINUTE / 60, WRONG_KEYS_A_MINUTE)
        self.swaps = 0
        self.stopping = False
        self.forgetting = Forgetting(database, settings.headquarters_url is not None and settings.keep == "all")
        self.retention = Retention(database, settings.retention_days, settings.audit_days)
        idle = timedelta(minutes=settings.session_idle_minutes)
        self.forwarder = _forwarder(database, settings)
        self._housekeeping = Housekeeping(self.forgetting, self.retention, lambda: self.clock(), idle)
        self._mirror = Mirror(database)
        beside = (self.impressions, self._housekeeping, self._mirror, self.forwarder)
        self.pickup: Pickup | None = None
        self._workers = tuple(each.worker for each in beside if each is not None)
        self._turn = threading.Lock()
        self._swap = threading.Lock()  # held for a comparison alone: requests wait for it, and never for the database
        self._letting_go: threading.Timer | None = None
        self._held: Serving | None = None
        self._now = self._read(self.with_own_toys(engine))

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

    @property
    def held(self) -> Serving | None:
        """What answered before a swap, for `page_hold_seconds`: with the recalls, the stock and the rules of now."""
        at = self.clock()
        found = self._held
        while found is not None and not found.staff.holds(at):
            self._replace(found, found.with_rules(found.staff.rules, at))
            found = self._held
        return found

    def for_page(self, page: str | None) -> Serving:
        """What answers; for the next page of a list, with the model of that list as long as it is held.

        After that the list goes on with the model of now, and still shows nothing twice. Raises ToyGuideError if `page`
        is no token.
        """
        if page is not None:
            model, _ = read_page(page)
            for found in (self.now, self.held):  # in this order: what a swap replaces between the two is held
                if found is not None and is_of(found.engine.model, model):
                    return found
        return self.now

    def start(self) -> None:
        """Begin what runs beside the requests."""
        self.impressions.start()
        self._housekeeping.start()
        if self.forwarder is not None:
            self.forwarder.start()
        self._mirror.start()
        if self.pickup is not None:
            self.pickup.start()

    def stop(self) -> None:
        """End what runs beside the requests; what it holds is written first."""
        if self.pickup is not None:
            self.pickup.stop()
        if self.forwarder is not None:
            self.forwarder.stop()
        self._housekeeping.stop()
        self.impressions.stop()
        self._mirror.stop()
        self.trends.wait()
        with self._turn:
            if self._letting_go is not None:
                self._letting_go.cancel()

    def forwarding(self) -> Progress:
        """How events get to headquarters; off where there is none."""
        return Progress("off") if self.forwarder is None else self.forwarder.progress()

    def warnings(self) -> list[str]:
        """What somebody should see to, as codes; see docs/kiosk.md. Raises StoreUnavailableError as reading does."""
        found = {
            "house_lost": house_lost(self.database),
            "database_damaged": self._mirror.damage is not None,
            "mirror_behind": self._mirror.behind,
            "thread_ended": any(worker.died for worker in self._workers),
        }
        if self.pickup is not None:
            found["thread_ended"] |= self.pickup.worker.died
            found |= self.pickup.warnings()
        return [code for code, holds in found.items() if holds]

    def refresh_house(self) -> Serving:
        """Put what the database says now in force, and mirror it. Whoever changed it calls this before answering."""
        with self._turn:  # or an older reading could come after a newer one
            now, held = self._now, self._held
            fresh = self._read(now.engine, now.barcodes)
            fresh_held = None if held is None else self._read(held.engine, held.barcodes)
            with self._swap:
                self._now, self._held = fresh, fresh_held
        self._mirror.keep_up()
        return fresh

    @contextmanager
    def swapping(self, engine: Engine) -> Iterator[None]:
        """Let `engine` answer when the block ends, unless it raises. The one before is held for `page_hold_seconds`,
        then dropped when no request uses it.

        The shop's own toys are put over it first. Raises StoreUnavailableError, and the one before goes on, if the
        database cannot be read; BundleError if the bundle cannot place toys that the shop added.
        """
        with self._turn:
            fresh = self._read(self.with_own_toys(engine))
            yield
            with self._swap:
                self._held = self._now  # first: at no moment is the model before unknown
                self._now = fresh
            self.swaps += 1
            if self._letting_go is not None:
                self._letting_go.cancel()
            self._letting_go = threading.Timer(self.settings.page_hold_seconds, self._let_go, [self.swaps])
            self._letting_go.daemon = True
            self._letting_go.start()

    def _let_go(self, swap: int) -> None:
        with self._turn:
            if self.swaps != swap:
                return  # another one is held since
            with self._swap:
                self._held = None
        settle_memory()

    def _read(self, engine: Engine, barcodes: Barcodes | None = None) -> Serving:
        return serving(engine, self.house, self.rules, self.settings.store_id, self.clock(), barcodes)

    def with_own_toys(self, engine: Engine, connection: sqlite3.Connection | None = None) -> Engine:
        """The bundle of `engine` with what the shop changed of its toys.

        connection: a transaction to read in, by default one of its own
        Raises BundleError if the bundle's toy encoder cannot be used, ToyGuideError if the database holds nonsense.
        """
        if connection is not None:
            return overlaid(engine, overlay_of(own_toys(connection)))
        with self.database.reading() as reading:
            return overlaid(engine, overlay_of(own_toys(reading)))

    @contextmanager
    def changing_toys(self) -> Iterator[ToyChange]:
        """A transaction for a change of the shop's own toys, in force when the block ends; whole or not at all.

        The engine is made before the change is kept: what no bundle could place is in no database, and a kiosk that
        starts again comes up.
        """
        with ExitStack() as until_in_force:
            with self.database.writing() as connection:
                # After the database's own turn, as whoever activates a bundle takes them; and until the change answers.
                until_in_force.enter_context(self._turn)
                change = ToyChange(connection, self._now)
                yield change
                change.now = self._read(self.with_own_toys(self._now.engine, connection))
                held = self._held and self._hold(self._held.engine, connection)
            with self._swap:
                self._now, self._held = change.now, held
        self._mirror.keep_up()

    def _hold(self, engine: Engine, connection: sqlite3.Connection) -> Serving | None:
        """What is held, with the shop's own toys as they are now. A bundle whose files are gone is held no longer."""
        try:
            return self._read(self.with_own_toys(engine, connection))
        except BundleError:
            return None

    def _replace(self, old: Serving, new: Serving) -> None:
        """Let `new` answer where `old` still does: a recall that came in the meantime is not to be lost."""
        with self._swap:
            if self._now is old:
                self._now = new
            elif self._held is old:
                self._held = new


def _forwarder(database: Database, settings: KioskSettings) -> Forwarder | None:
    if settings.headquarters_url is None:
        return None
    key = None if settings.headquarters_key is None else settings.headquarters_key.get_secret_value()
    return Forwarder(Outbox(database), Headquarters(settings.headquarters_url, key), settings.store_id)


async def _running(request: Request) -> Kiosk:
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


Running = Annotated[Kiosk, Depends(_running)]
