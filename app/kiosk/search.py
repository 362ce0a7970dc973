"""GET /v1/search: toys by words, in English and Chinese."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from app.kiosk.models.fields import Language, QueryAge, QueryInStock, QueryK, QueryName, QueryPrice, QueryYoungest
from app.kiosk.models.toys import SearchAnswer
from app.kiosk.payloads import Answer, search_payload
from app.kiosk.problems import documented
from app.kiosk.reading import query_filters
from app.kiosk.state import Running
from app.kiosk.store.database import milliseconds
from app.kiosk.store.searches import kept_text
from app.kiosk.strict import StrictRoute
from recommender.serving.search.find import MAX_TEXT, search

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["search"])

Words = Annotated[str, Query(min_length=1, max_length=MAX_TEXT, description="Words, in English or Chinese.")]
_TYPING: Final = "The last word is still being typed: it may be the beginning of one."


@router.get(
    "/search", response_model=SearchAnswer, responses=documented("invalid_request"), summary="Toys by words, best first"
)
def find(
    kiosk: Running,
    q: Words,
    k: QueryK = 10,
    youngest_age_months: QueryYoungest = None,
    category: QueryName = None,
    brand: QueryName = None,
    price_min: QueryPrice = None,
    price_max: QueryPrice = None,
    age_months: QueryAge = None,
    in_stock: QueryInStock = False,
    typing: Annotated[bool, Query(description=_TYPING)] = False,
    language: Language = "en",
) -> Answer:
    """Toys that have the words in their names, brand, category, interests or description, and may be shown.

    Where no toy has all of them, words that no toy has are taken for the catalogue's nearest (`corrected`); then toys
    with some of the words are shown (`every_word` is false). `masked` and `matched` count toys that were found.
    What found nothing is counted for the shop, by day and text and without any id, unless `typing` or a number or an
    address is in it.
    """
    now = kiosk.now
    wanted = query_filters(category, brand, price_min, price_max, age_months, in_stock)
    found = search(now.engine, q, k, youngest_age_months, wanted, typing=typing, language=language, house=now.masks)
    kiosk.counts.masked(found.found.masked)
    if found.matched == 0 and not typing and kiosk.settings.keep == "all" and (text := kept_text(q)):
        kiosk.impressions.put_missed(text, milliseconds(kiosk.clock()))
    return Answer(search_payload(found))
