"""GET /v1/facets and /v1/model: what can be filtered by, and what ranks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakKeyDictionary

from fastapi import APIRouter

from app.kiosk.models.service import FacetsAnswer, ModelAnswer
from app.kiosk.payloads import Answer
from app.kiosk.problems import documented
from app.kiosk.state import Running
from app.kiosk.strict import StrictRoute
from recommender.serving.engine import Engine

_FACETS: Final[WeakKeyDictionary[Engine, dict[str, Any]]] = WeakKeyDictionary()
"""Counted once for each engine, and forgotten with it."""

router = APIRouter(prefix="/v1", route_class=StrictRoute, tags=["catalogue"])


@router.get(
    "/facets", response_model=FacetsAnswer, responses=documented("invalid_request"), summary="What can be filtered by"
)
async def facets(kiosk: Running) -> Answer:
    """Categories, brands and interests with their counts, and the ranges of prices and ages, of the toys on sale."""
    return Answer(_facets(kiosk.now.engine))


@router.get(
    "/model", response_model=ModelAnswer, responses=documented("invalid_request"), summary="The model that ranks"
)
async def model(kiosk: Running) -> Answer:
    """Digests, data, metrics: the bundle's manifest without its list of files."""
    manifest = kiosk.now.engine.manifest
    return Answer({name: getattr(manifest, name) for name in ModelAnswer.model_fields})


def _facets(engine: Engine) -> dict[str, Any]:
    if engine not in _FACETS:
        _FACETS[engine] = _count(engine)
    return _FACETS[engine]


def _count(engine: Engine) -> dict[str, Any]:
    on_sale = [toy for toy in engine.toys if toy.active]
    prices = [float(toy.price) for toy in on_sale if toy.price is not None]
    ages = [toy.recommended_age for toy in on_sale if toy.recommended_age is not None]
    upper = [toy.recommended_age_to for toy in on_sale if toy.recommended_age_to is not None]
    return {
        "categories": _counts(name for toy in on_sale for name in dict.fromkeys(toy.category)),
        "brands": _counts(toy.brand for toy in on_sale if toy.brand),
        "interests": _counts(name for toy in on_sale for name in dict.fromkeys(toy.interests)),
        "currency": engine.manifest.currency,
        "price": {"min": min(prices, default=None), "max": max(prices, default=None)},
        "recommended_age": {"min": min(ages, default=None), "max": max([*ages, *upper], default=None)},
    }


def _counts(names: Iterable[str]) -> list[dict[str, Any]]:
    ordered = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "toys": count} for name, count in ordered]
