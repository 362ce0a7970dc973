"""GET /v1/popular: what is popular in this shop now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.kiosk.models.fields import Language, QueryAge, QueryInStock, QueryK, QueryName, QueryPrice, QueryYoungest
from app.kiosk.models.toys import ListAnswer
from app.kiosk.payloads import Answer, list_payload
from app.kiosk.problems import documented
from app.kiosk.reading import query_filters
from app.kiosk.state import Running
from app.kiosk.strict import StrictRoute
from recommender.serving.popular import popular

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["recommendations"])


@router.get(
    "/popular",
    response_model=ListAnswer,
    responses=documented("invalid_request"),
    summary="What is popular here now",
)
def popular_now(
    kiosk: Running,
    k: Annotated[QueryK, Query()] = 10,
    youngest_age_months: QueryYoungest = None,
    category: QueryName = None,
    brand: QueryName = None,
    price_min: QueryPrice = None,
    price_max: QueryPrice = None,
    age_months: QueryAge = None,
    in_stock: QueryInStock = False,
    language: Language = "en",
) -> Answer:
    """What this shop's own shoppers looked at, liked and bought of late, of what may be shown.

    A purchase counts more than a toy put in the cart, that more than a like, that more than a look; a return or a
    dismissal counts against a toy; all fade with time. A shop without events shows what strangers like best.
    """
    now = kiosk.now
    wanted = query_filters(category, brand, price_min, price_max, age_months, in_stock)
    heat = kiosk.trends.heat(now.engine)
    answer = popular(now.engine, heat, k, youngest_age_months, wanted, language=language, house=now.masks)
    kiosk.counts.masked(answer.masked)
    return Answer(list_payload(answer))
