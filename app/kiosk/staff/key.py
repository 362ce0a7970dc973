"""GET /v1/staff/key: whose key is this, and what does it allow?"""

from __future__ import annotations

from fastapi import APIRouter

from app.kiosk.payloads import Answer
from app.kiosk.problems import documented
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.models import KeyAnswer
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1/staff", route_class=StrictRoute, tags=["staff"])


@router.get("/key", response_model=KeyAnswer, responses=documented(*PROBLEMS), summary="Whose key this is")
def key(who: Clerk) -> Answer:
    """The name, the role and the end of the key that was sent: for a face that offers only what its key allows."""
    return Answer({"name": who.name, "role": who.role.name.lower(), "expires": who.expires})
