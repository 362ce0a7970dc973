"""POST /v1/events:batch: what shoppers did, kept before it is acknowledged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from app.kiosk.clock import skew_ms
from app.kiosk.models.events import EventBatch, EventBody, EventVerdicts
from app.kiosk.payloads import Answer
from app.kiosk.problems import BODY_PROBLEMS, documented
from app.kiosk.state import Running
from app.kiosk.store.events import StoredEvent
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["events"])


@router.post(
    "/events:batch",
    response_model=EventVerdicts,
    responses=documented(
        *BODY_PROBLEMS,
        "invalid_request",
        "store_unavailable",
        "store_full",
    ),
    summary="Keep events",
)
async def keep(body: EventBatch, kiosk: Running) -> Answer:
    """Each event gets a verdict of its own: accepted (it is on the disk), duplicate, or rejected with the reason."""
    now = kiosk.clock()
    ahead = timedelta(seconds=kiosk.settings.max_clock_skew_seconds)
    all_pass = kiosk.settings.keep == "session"
    known = kiosk.now.engine.index
    rows = [_row(event, now, ahead, all_pass) for event in body.events if event.toy_id in known]
    fresh = await run_in_threadpool(kiosk.events.keep, rows)
    skews = {row.event_id: row.skew_ms for row in reversed(rows) if row.skew_ms is not None}
    verdicts: list[dict[str, Any]] = []
    for event in body.events:
        if event.toy_id not in known:
            verdicts.append(
                {
                    "event_id": event.event_id,
                    "status": "rejected",
                    "code": "unknown_toy",
                    "detail": f"The catalogue holds no toy {event.toy_id!r}.",
                }
            )
        elif event.event_id in fresh:
            fresh.remove(event.event_id)  # the same id again in this batch is a duplicate
            verdict = {"event_id": event.event_id, "status": "accepted"}
            verdicts.append(verdict | ({"skew_ms": skews[event.event_id]} if event.event_id in skews else {}))
        else:
            verdicts.append({"event_id": event.event_id, "status": "duplicate"})
    kiosk.counts.kept(verdict["status"] for verdict in verdicts)
    return Answer({"results": verdicts})


def _row(event: EventBody, now: datetime, ahead: timedelta, all_pass: bool) -> StoredEvent:
    who = event.recipient
    return StoredEvent(
        event_id=event.event_id,
        session_id=event.session_id,
        shopper_id=event.shopper_id,
        toy_id=event.toy_id,
        kind=event.kind,
        time=event.time or now,
        received=now,
        recommendation_id=event.recommendation_id,
        recipient_id=who.id if who else None,
        recipient_age=who.age_months if who else None,
        recipient_interests=tuple(who.interests) if who else (),
        skew_ms=None if event.time is None else skew_ms(event.time, now, ahead),
        session_only=all_pass or event.child_mode,
    )
