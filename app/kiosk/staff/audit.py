"""GET /v1/staff/audit: who changed what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from app.kiosk.payloads import Answer
from app.kiosk.problems import documented
from app.kiosk.staff.access import PROBLEMS, Manager
from app.kiosk.staff.models import ChangesAnswer
from app.kiosk.state import Running
from app.kiosk.store.audit import changes
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1/staff", route_class=StrictRoute, tags=["staff"])


@router.get("/audit", response_model=ChangesAnswer, responses=documented(*PROBLEMS), summary="Who changed what")
def audit(
    kiosk: Running,
    _who: Manager,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Answer:
    """The newest changes by whoever holds a key, and those of the command line."""
    return Answer({"changes": [asdict(change) for change in changes(kiosk.database, limit, before)]})
