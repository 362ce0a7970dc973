"""POST /v1/recommendations: a few right toys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from fastapi import APIRouter

from app.kiosk.models.asks import RecommendationRequest
from app.kiosk.models.toys import ConsideredAnswer, RecommendationAnswer
from app.kiosk.payloads import Answer, considered_payload, recommendation_payload
from app.kiosk.problems import BODY_PROBLEMS, documented
from app.kiosk.reading import asked
from app.kiosk.serving import Serving
from app.kiosk.state import Kiosk, Running
from app.kiosk.store.database import milliseconds
from app.kiosk.store.impressions import ShownList
from app.kiosk.strict import StrictRoute
from recommender.serving.policy.arrange import Arrangement
from recommender.serving.results import Recommendation
from recommender.serving.sums import if_round

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["recommendations"])


@router.post(
    "/recommendations",
    response_model=RecommendationAnswer | ConsideredAnswer,
    responses=documented(*BODY_PROBLEMS, "invalid_request"),
    summary="A few right toys, best first",
)
async def recommend(body: RecommendationRequest, kiosk: Running) -> Answer:
    """Toys for a history, a recipient, both or neither; only such as may be shown to the youngest child present.

    Toys of the history that the catalogue does not hold come back as `missing_ids`. Where there are fewer than `k`
    toys, `short_reason` says why; where there are more, `next_page` asks for them.
    """
    # An answer takes about a millisecond: less than handing it to a thread and back would add under load.
    now = kiosk.for_page(body.page)
    if body.validate_only:
        considered = now.engine.consider(asked(body), body.k, language=body.language, house=now.masks)
        return Answer(considered_payload(considered))
    answer = ranked(body, now, kiosk.arrangement)
    kiosk.counts.masked(answer.masked)
    kiosk.impressions.put(_shown(body, answer, now.engine.student.interests, kiosk))
    return Answer(recommendation_payload(answer))


def ranked(body: RecommendationRequest, now: Serving, usual: Arrangement) -> Recommendation:
    """The list of `now` for a request. usual: how a list is composed where the request does not say.

    Within a session chance is the same each time the same is asked: who comes back to a list finds it as it was.
    """
    return now.engine.answer(
        asked(body),
        body.k,
        language=body.language,
        house=now.masks,
        emphasis=now.emphasis_for(body.occasion),
        arrangement=_arrangement(usual, body.diversity),
        chance=None if body.session_id is None else Random(_lot(body, body.session_id)),
    )


def _lot(body: RecommendationRequest, session: str) -> str:
    """What chance hangs on within a session.

    The history is part of it. Else a history that holds a toy which was on trial would tell how the lot fell, and fall
    the same way again: the propensities of the lists after it would not be true.
    """
    met = " ".join(f"{entry.kind} {entry.toy_id}" for entry in body.history)
    return f"{session} {body.page} {met}"


def _shown(body: RecommendationRequest, answer: Recommendation, read: Sequence[str], kiosk: Kiosk) -> ShownList:
    """What is noted of a list. read: the interests that the model knows; no other word of a client is kept."""
    said = body.recipient.interests if body.recipient else ()
    return ShownList(
        answer,
        milliseconds(kiosk.clock()),
        session_id=body.session_id,
        shopper_id=body.shopper_id,
        session_only=body.child_mode or kiosk.settings.keep == "session",
        recipient_age=body.recipient.age_months if body.recipient else None,
        youngest_age=body.youngest_age_months,
        occasion=body.occasion,
        purpose=body.purpose,
        language=body.language,
        interests=tuple(name for name in read if name in said),
        budget=if_round(body.recipient.budget) if body.recipient else None,
    )


def _arrangement(usual: Arrangement, diversity: float | None) -> Arrangement:
    return usual if diversity is None else replace(usual, diversity=diversity)
