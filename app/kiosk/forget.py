"""GET /v1/privacy: what is kept. DELETE /v1/shoppers/… and /v1/sessions/…: what was kept of somebody goes, at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from app.kiosk.models.events import ForgottenAnswer, PrivacyAnswer
from app.kiosk.payloads import Answer
from app.kiosk.problems import documented
from app.kiosk.state import Running
from app.kiosk.store.forget import Gone
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["privacy"])
PathId = Annotated[str, Path(min_length=1, max_length=200)]
_PROBLEMS = ("invalid_request", "store_unavailable", "store_full")


@router.get(
    "/privacy",
    response_model=PrivacyAnswer,
    responses=documented("invalid_request"),
    summary="What is kept of shoppers, and for how long",
)
async def privacy(kiosk: Running) -> Answer:
    """The settings in force. With `keep = "session"` whoever ends a session should say so with a DELETE."""
    return Answer({name: getattr(kiosk.settings, name) for name in PrivacyAnswer.model_fields})


@router.delete(
    "/shoppers/{shopper_id:anything}",
    response_model=ForgottenAnswer,
    responses=documented(*_PROBLEMS),
    summary="Forget a shopper",
)
def shopper(shopper_id: PathId, kiosk: Running) -> Answer:
    """Events and lists that name the shopper, and those of their sessions that name nobody. Also when there are none.

    What waits to be written or to be sent to headquarters goes too, and headquarters is told.
    """
    kiosk.impressions.flush()  # then the sessions of what waited are known; if it fails, what names the shopper goes
    sessions = kiosk.forgetting.sessions_of(shopper_id)
    with kiosk.impressions.forgetting(
        lambda shown: shown.shopper_id == shopper_id or (shown.shopper_id is None and shown.session_id in sessions)
    ) as waiting:
        return _answer(kiosk.forgetting.shopper(shopper_id, kiosk.clock()), waiting)


@router.delete(
    "/sessions/{session_id:anything}",
    response_model=ForgottenAnswer,
    responses=documented(*_PROBLEMS),
    summary="Forget a session",
)
def session(session_id: PathId, kiosk: Running) -> Answer:
    """Every event and list of the session. Also when there are none."""
    with kiosk.impressions.forgetting(lambda shown: shown.session_id == session_id) as waiting:
        return _answer(kiosk.forgetting.session(session_id, kiosk.clock()), waiting)


def _answer(gone: Gone, waiting: Gone) -> Answer:
    return Answer(
        {
            "events": gone.events,
            "answers": gone.answers + waiting.answers,
            "impressions": gone.impressions + waiting.impressions,
        }
    )
