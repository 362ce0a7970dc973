"""GET /v1/staff/searches: what shoppers sought in vain."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from app.kiosk.payloads import Answer
from app.kiosk.problems import documented
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.models import MissedAnswer
from app.kiosk.state import Running
from app.kiosk.store.searches import missed_searches
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1/staff", route_class=StrictRoute, tags=["staff"])


@router.get(
    "/searches", response_model=MissedAnswer, responses=documented(*PROBLEMS), summary="Searches that found nothing"
)
def searches(kiosk: Running, _who: Clerk, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Answer:
    """Texts for which the catalogue has no toy, the most often sought first. Nobody knows who sought them."""
    return Answer({"searches": [asdict(missed) for missed in missed_searches(kiosk.database, limit)]})
