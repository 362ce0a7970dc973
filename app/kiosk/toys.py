"""GET /v1/toys/…: one toy, its picture, and what lies near it."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query, Response

from app.kiosk.models.fields import Language, QueryK, QueryMonths
from app.kiosk.models.toys import ListAnswer, ToyPage
from app.kiosk.payloads import Answer, list_payload, toy_payload, verdict_payload
from app.kiosk.problems import ProblemError, documented
from app.kiosk.state import Running
from app.kiosk.strict import StrictRoute
from data.errors import BundleError
from recommender.serving.engine import Engine
from recommender.serving.similar import similar
from recommender.serving.together import together

_log = structlog.get_logger("kiosk")
router = APIRouter(prefix="/v1/toys", route_class=StrictRoute, tags=["toys"])

# A shop's ids may hold slashes: ":anything" takes them, and the longer addresses must come first.
ToyId = Annotated[str, Path(max_length=200)]
Youngest = Annotated[QueryMonths, Query(description="The youngest child present, in months.")]


@router.get(
    "/{toy_id:anything}/picture.svg",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}},
        **documented("unknown_toy", "no_picture", "invalid_request"),
    },
    summary="The toy's picture",
)
def picture(toy_id: ToyId, kiosk: Running) -> Response:
    """An SVG that may neither run nor load anything."""
    engine = kiosk.now.engine
    known_toy(engine, toy_id)
    try:
        svg = engine.picture(toy_id)
    except (BundleError, OSError) as error:  # the bundle's disk is gone; all but pictures is in memory
        _log.warning("a picture cannot be read", reason=type(error).__name__)
        svg = None
    if svg is None:
        raise ProblemError("no_picture", f"The toy {toy_id[:80]!r} has no picture.")
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=3600",
    }
    return Response(svg, media_type="image/svg+xml", headers=headers)


@router.get(
    "/{toy_id:anything}/similar",
    response_model=ListAnswer,
    responses=documented("unknown_toy", "invalid_request"),
    summary="Toys like this one",
)
async def near(
    toy_id: ToyId,
    kiosk: Running,
    k: Annotated[QueryK, Query()] = 10,
    youngest_age_months: Youngest = None,
    language: Language = "en",
) -> Response:
    """The nearest toys that may be shown to those present."""
    now = kiosk.now
    known_toy(now.engine, toy_id)
    answer = similar(now.engine, toy_id, k, youngest_age_months, language, now.masks)
    kiosk.counts.masked(answer.masked)
    return Answer(list_payload(answer))


@router.get(
    "/{toy_id:anything}/together",
    response_model=ListAnswer,
    responses=documented("unknown_toy", "invalid_request"),
    summary="Toys bought together with this one",
)
async def bought_with(
    toy_id: ToyId,
    kiosk: Running,
    k: Annotated[QueryK, Query()] = 4,
    youngest_age_months: Youngest = None,
    language: Language = "en",
) -> Response:
    """What shoppers bought with it within a few weeks, of what may be shown; few toys have more than a few."""
    now = kiosk.now
    known_toy(now.engine, toy_id)
    answer = together(now.engine, toy_id, k, youngest_age_months, language, now.masks)
    kiosk.counts.masked(answer.masked)
    return Answer(list_payload(answer))


@router.get(
    "/{toy_id:anything}",
    response_model=ToyPage,
    responses=documented("unknown_toy", "invalid_request"),
    summary="One toy, and whether it may be shown",
)
def toy(toy_id: ToyId, kiosk: Running, youngest_age_months: Youngest = None, language: Language = "en") -> Response:
    """A toy's row, what it is, and the safety verdict for those present."""
    now = kiosk.now
    known_toy(now.engine, toy_id)
    verdict = now.engine.verdicts(toy_id, youngest_age_months, language, now.masks)[0]
    try:
        english, chinese = now.engine.descriptions(toy_id)
    except BundleError as error:  # as above
        _log.warning("a description cannot be read", reason=type(error).__name__)
        english = chinese = None
    told = {"description": english, "description_zh": chinese}
    return Answer({**toy_payload(now.engine.toy(toy_id)), **told, "safe": verdict_payload(verdict)})


def known_toy(engine: Engine, toy_id: str) -> None:
    """Raise ProblemError unless the catalogue holds the toy."""
    if toy_id not in engine.index:
        raise ProblemError("unknown_toy", f"The catalogue holds no toy {toy_id[:80]!r}.")
