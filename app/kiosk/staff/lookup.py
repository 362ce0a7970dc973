"""GET /v1/staff/toys/…/why and /v1/staff/barcodes/…: is this one safe for her, and why is it not on the list?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from app.kiosk.models.fields import Language
from app.kiosk.payloads import Answer
from app.kiosk.problems import ProblemError, documented
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.models import ScannedAnswer, WhyAnswer
from app.kiosk.staff.payloads import why_payload
from app.kiosk.state import Running
from app.kiosk.strict import StrictRoute
from app.kiosk.toys import ToyId, Youngest, known_toy
from recommender.serving.barcodes import barcode_key

router = APIRouter(prefix="/v1/staff", route_class=StrictRoute, tags=["staff"])


@router.get(
    "/toys/{toy_id:anything}/why",
    response_model=WhyAnswer,
    responses=documented(*PROBLEMS, "unknown_toy"),
    summary="Why is this toy, or is it not, shown?",
)
def why(
    toy_id: ToyId, kiosk: Running, _who: Clerk, youngest_age_months: Youngest = None, language: Language = "en"
) -> Answer:
    """Every rule that forbids it for those present, not the first alone, with recalls and stock."""
    now = kiosk.now
    known_toy(now.engine, toy_id)
    return Answer(why_payload(now, toy_id, youngest_age_months, language))


@router.get(
    "/barcodes/{barcode}",
    response_model=ScannedAnswer,
    responses=documented(*PROBLEMS, "unknown_toy"),
    summary="Toys by barcode",
)
def scanned(
    barcode: Annotated[str, Path(max_length=200)],
    kiosk: Running,
    _who: Clerk,
    youngest_age_months: Youngest = None,
    language: Language = "en",
) -> Answer:
    """As a scanner gives it: spaces, hyphens and zeros before a UPC do not matter."""
    now = kiosk.now
    toys = now.barcodes.get(barcode_key(barcode), ())
    if not toys:
        raise ProblemError("unknown_toy", f"The catalogue holds no toy with the barcode {barcode[:80]!r}.")
    return Answer({"toys": [why_payload(now, toy, youngest_age_months, language) for toy in toys]})
