"""POST /v1/recommendations:split: one budget, several children."""

from __future__ import annotations

from fastapi import APIRouter

from app.kiosk.models.splitting import SplitAnswer, SplitRequest
from app.kiosk.payloads import Answer, split_payload
from app.kiosk.problems import BODY_PROBLEMS, documented
from app.kiosk.reading import contacts, filters, recipient
from app.kiosk.state import Running
from app.kiosk.store.database import milliseconds
from app.kiosk.store.impressions import ShownList
from app.kiosk.strict import StrictRoute
from data.schema import Recipient
from recommender.serving.giving import Child, give

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["recommendations"])


@router.post(
    "/recommendations:split",
    response_model=SplitAnswer,
    responses=documented(*BODY_PROBLEMS, "invalid_request"),
    summary="A toy for each of several children, within one budget",
)
def split(body: SplitRequest, kiosk: Running) -> Answer:
    """No toy twice, and every toy safe for the youngest of all the children. As many as can be get one.

    `alternatives` could each be given instead without touching another child's toy or the budget.
    """
    now = kiosk.now
    children = [
        Child(
            recipient(child.recipient) or Recipient(),
            contacts(child.history),
            child.recipient.owned,
            child.purpose,
        )
        for child in body.children
    ]
    answer = give(
        now.engine,
        children,
        body.budget,
        filters(body.filters),
        body.youngest_age_months,
        language=body.language,
        house=now.masks,
        emphasis=now.emphasis_for(body.occasion),
    )
    shown = ShownList(
        answer.shown(),
        milliseconds(kiosk.clock()),
        session_id=body.session_id,
        shopper_id=body.shopper_id,
        session_only=body.child_mode or kiosk.settings.keep == "session",
        youngest_age=body.youngest_age_months,
        occasion=body.occasion,
        purpose="gift",
        language=body.language,
    )
    kiosk.impressions.put(shown)
    for share in answer.shares:
        kiosk.counts.masked(share.masked)
    return Answer(split_payload(answer, now.engine.manifest.currency))
