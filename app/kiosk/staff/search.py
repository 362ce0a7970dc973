"""GET /v1/staff/search: toys by words, those that nobody is shown among them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query

from app.kiosk.models.fields import Language, QueryK
from app.kiosk.payloads import Answer, toy_payload, verdict_payload
from app.kiosk.problems import documented
from app.kiosk.search import Words
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.models import StaffSearchAnswer
from app.kiosk.state import Running
from app.kiosk.strict import StrictRoute
from app.kiosk.toys import Youngest
from recommender.serving.ranking import best_of

router = APIRouter(prefix="/v1/staff", route_class=StrictRoute, tags=["staff"])


@router.get(
    "/search",
    response_model=StaffSearchAnswer,
    responses=documented(*PROBLEMS),
    summary="Toys by words, shown or not",
)
def find(
    kiosk: Running,
    _who: Clerk,
    q: Words,
    k: Annotated[QueryK, Query()] = 10,
    youngest_age_months: Youngest = None,
    language: Language = "en",
) -> Answer:
    """Who asks why a toy is on no list must be able to find it. Each comes with the verdict for those present.

    What finds nothing is not counted among what shoppers sought in vain.
    """
    now = kiosk.now
    engine = now.engine
    every = np.ones(len(engine.shelf), np.bool_)
    every[0] = False
    matches = engine.words.find(q, every, False)
    found = np.zeros(len(engine.shelf), np.bool_)
    found[matches.places] = True
    scores = np.zeros(len(engine.shelf), np.float32)
    scores[matches.places] = matches.relevance
    toys = [engine.toys[place - 1] for place in best_of(scores, found, k).tolist()]
    verdicts = [engine.verdicts(toy.id, youngest_age_months, language, now.masks)[0] for toy in toys]
    return Answer(
        {
            "toys": [
                {"toy": toy_payload(toy), "safe": verdict_payload(verdict)}
                for toy, verdict in zip(toys, verdicts, strict=True)
            ],
            "matched": len(matches.places),
            "corrected": matches.corrected,
            "every_word": matches.every_word,
        }
    )
