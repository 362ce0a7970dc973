"""GET /healthz and /readyz: does the process live, and does it answer?"""

from __future__ import annotations

from fastapi import APIRouter

from app.kiosk.models.service import AliveAnswer, ReadyAnswer
from app.kiosk.payloads import Answer
from app.kiosk.problems import ProblemError, documented
from app.kiosk.state import Running
from app.kiosk.store.database import StoreUnavailableError

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=AliveAnswer, summary="The process lives")
async def healthz() -> Answer:
    """Always 200 while the process lives."""
    return Answer({"alive": True})


@router.get("/readyz", response_model=ReadyAnswer, responses=documented("not_ready"), summary="The kiosk answers")
def readyz(kiosk: Running) -> Answer:
    """200 when a bundle is loaded and the event store answers, 503 if not or when the kiosk was told to stop.

    `warnings`: what somebody should see to.
    """
    if kiosk.stopping:
        raise ProblemError("not_ready", "The kiosk is stopping.")
    try:
        kiosk.events.check()
        warnings = kiosk.warnings()
    except StoreUnavailableError as error:
        raise ProblemError("not_ready", "The event store does not answer.") from error
    return Answer({"ready": True, "model": kiosk.now.engine.model, "warnings": warnings})
