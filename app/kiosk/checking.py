"""POST /v1/toys:check: toys that somebody has chosen already, as they are now."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.kiosk.models.checking import CheckAnswer, CheckRequest
from app.kiosk.payloads import Answer, toy_payload, verdict_payload
from app.kiosk.problems import BODY_PROBLEMS, documented
from app.kiosk.serving import Serving
from app.kiosk.state import Running
from app.kiosk.strict import StrictRoute
from recommender.serving.results import Language

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["toys"])


@router.post(
    "/toys:check",
    response_model=CheckAnswer,
    responses=documented(*BODY_PROBLEMS, "invalid_request"),
    summary="Several toys, and whether each may be shown and is there",
)
async def check(body: CheckRequest, kiosk: Running) -> Answer:
    """For a basket or a wish list: prices of now, stock, and every rule that forbids a toy for those present.

    Toys that the catalogue does not hold come back as `missing_ids`. A toy that is named twice is answered once.
    """
    now, asked = kiosk.now, dict.fromkeys(body.toy_ids)
    return Answer(
        {
            "toys": [
                _checked(now, toy_id, body.youngest_age_months, body.language)
                for toy_id in asked
                if toy_id in now.engine.index
            ],
            "missing_ids": [toy_id for toy_id in asked if toy_id not in now.engine.index],
        }
    )


def _checked(now: Serving, toy_id: str, youngest_age_months: int | None, language: Language) -> dict[str, Any]:
    toy, place = now.engine.toy(toy_id), now.engine.index[toy_id]
    verdicts = now.engine.verdicts(toy_id, youngest_age_months, language, now.masks)
    return {
        **toy_payload(toy),
        "barcode": toy.barcode,
        "in_stock": _in_stock(now, place),
        "safe": verdict_payload(verdicts[0]),
        "rules": [verdict.rule for verdict in verdicts if verdict.rule is not None],
    }


def _in_stock(now: Serving, place: int) -> bool | None:
    for listed, answer in ((now.masks.out_of_stock, False), (now.masks.in_stock, True)):
        if listed is not None and listed[place]:
            return answer
    return None
