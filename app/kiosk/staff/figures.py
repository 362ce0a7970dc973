"""GET /v1/staff/figures: how the shop's lists do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.kiosk.payloads import Answer
from app.kiosk.problems import documented
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.figures_models import FiguresAnswer
from app.kiosk.state import Kiosk, Running
from app.kiosk.store.database import milliseconds, moment
from app.kiosk.store.figures import Figures, figures
from app.kiosk.store.searches import missed_searches
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1/staff", route_class=StrictRoute, tags=["staff"])
_MISSED = 10


@router.get(
    "/figures", response_model=FiguresAnswer, responses=documented(*PROBLEMS), summary="How the shop's lists do"
)
def current(kiosk: Running, _who: Clerk, hours: Annotated[int, Query(ge=1, le=24 * 31)] = 24) -> Answer:
    """What was shown in the last `hours`, what was wanted of it, what rules took away; and the kiosk's own state."""
    kiosk.impressions.flush()  # so that the figures are those of now; where it fails, those of the last writing
    found = figures(kiosk.database, milliseconds(kiosk.clock()), hours)
    return Answer(
        {
            "since": moment(found.since_ms),
            "until": moment(found.until_ms),
            "answers": found.answers,
            "impressions": found.impressions,
            "lost": found.lost,
            "masked": found.masked,
            "wanted": {
                "lists": found.lists,
                "lists_wanted": found.lists_wanted,
                "list_rate": _rate(found.lists_wanted, found.lists),
                "toys": found.toys_shown,
                "toys_wanted": found.toys_wanted,
                "toy_rate": _rate(found.toys_wanted, found.toys_shown),
                "kinds": found.kinds,
            },
            "variety": {
                "shown": found.different,
                "on_sale": sum(toy.active for toy in kiosk.now.engine.toys),
                "top_share": _rate(sum(toy.shown for toy in found.top), found.toys_shown),
            },
            "top_shown": _top(kiosk, found),
            "missed_searches": [asdict(missed) for missed in missed_searches(kiosk.database, _MISSED)],
            "queue": {"waiting": len(kiosk.impressions), "lost": kiosk.impressions.lost},
            "headquarters": asdict(kiosk.forwarding()),
            "retention": {
                "held_until": kiosk.retention.held_until(),
                "removals": [asdict(removal) for removal in kiosk.retention.removals()],
            },
        }
    )


def _top(kiosk: Kiosk, found: Figures) -> list[dict[str, Any]]:
    engine = kiosk.now.engine
    return [
        {**asdict(toy), "title": engine.toy(toy.toy_id).title if toy.toy_id in engine.index else None}
        for toy in found.top
    ]


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
