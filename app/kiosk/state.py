"""What a running kiosk holds: its settings, its engine, its store. Routes reach it as `Running`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.kiosk.settings import KioskSettings
from app.kiosk.store.events import EventStore
from recommender.serving.engine import Engine


@dataclass
class Kiosk:
    """One process, one kiosk."""

    settings: KioskSettings
    engine: Engine
    events: EventStore


async def _running(request: Request) -> Kiosk:
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


Running = Annotated[Kiosk, Depends(_running)]
