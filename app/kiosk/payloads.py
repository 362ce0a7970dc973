"""The engine's answers as JSON. Plain dicts: validating our own answers again would cost more than making them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi.responses import JSONResponse
from pydantic_core import to_json

from data.schema import Toy
from recommender.serving.results import Considered, Giving, Notice, Pick, Recommendation, SearchResult, Verdict


class Answer(JSONResponse):
    """JSON by pydantic's serialiser, several times as quick as the standard library's."""

    def render(self, content: Any) -> bytes:
        """UTF-8 bytes of `content`."""
        return to_json(content)


def toy_payload(toy: Toy) -> dict[str, Any]:
    """A toy in the form of `ToyAnswer`."""
    return {
        "toy_id": toy.id,
        "title": toy.title,
        "title_zh": toy.title_zh,
        "brand": toy.brand,
        "category": toy.category,
        "price": None if toy.price is None else f"{toy.price:.2f}",
        "currency": toy.currency,
        "recommended_age": toy.recommended_age,
        "recommended_age_to": toy.recommended_age_to,
        "safety_min_age": toy.safety_min_age,
        "hazards": toy.hazards,
        "audience": toy.audience,
        "interests": toy.interests,
        "aisle": toy.aisle,
        "picture_url": None if toy.picture is None else f"/v1/toys/{quote(toy.id, safe='')}/picture.svg",
    }


def verdict_payload(verdict: Verdict) -> dict[str, Any]:
    """A verdict in the form of `SafeAnswer`."""
    return {"allowed": verdict.allowed, "rule": verdict.rule, "text": verdict.text}


def recommendation_payload(answer: Recommendation) -> dict[str, Any]:
    """A list in the form of `RecommendationAnswer`."""
    return {
        "recommendation_id": answer.recommendation_id,
        "model": answer.model,
        "items": [{**_item(pick), "propensity": pick.propensity, "pinned": pick.pinned} for pick in answer.items],
        "missing_ids": answer.missing_ids,
        "short_reason": _notice(answer.short_reason),
        "masked": answer.masked,
        "next_page": answer.next_page,
    }


def considered_payload(answer: Considered) -> dict[str, Any]:
    """In the form of `ConsideredAnswer`."""
    return {
        "valid": True,
        "model": answer.model,
        "allowed": answer.count,
        "missing_ids": answer.missing_ids,
        "short_reason": _notice(answer.short_reason),
        "masked": answer.masked,
    }


def split_payload(answer: Giving, currency: str | None) -> dict[str, Any]:
    """In the form of `SplitAnswer`."""
    return {
        "recommendation_id": answer.recommendation_id,
        "model": answer.model,
        "shares": [
            {
                "item": None if share.item is None else _item(share.item),
                "alternatives": [_item(pick) for pick in share.alternatives],
                "short_reason": _notice(share.short_reason),
                "missing_ids": share.missing_ids,
                "masked": share.masked,
            }
            for share in answer.shares
        ],
        "total": f"{answer.total:.2f}",
        "left": f"{answer.left:.2f}",
        "currency": currency,
    }


def list_payload(answer: Recommendation) -> dict[str, Any]:
    """A list in the form of `ListAnswer`."""
    return {
        "items": [_item(pick) for pick in answer.items],
        "model": answer.model,
        "short_reason": _notice(answer.short_reason),
        "masked": answer.masked,
    }


def search_payload(result: SearchResult) -> dict[str, Any]:
    """What was found, in the form of `SearchAnswer`."""
    return {
        **list_payload(result.found),
        "matched": result.matched,
        "corrected": result.corrected,
        "every_word": result.every_word,
    }


def _item(pick: Pick) -> dict[str, Any]:
    reasons = []
    for reason in pick.reasons:
        said = {"code": reason.code, "text": reason.text}
        if reason.toy_id is not None:
            said["toy_id"] = reason.toy_id
        reasons.append(said)
    return {"toy": toy_payload(pick.toy), "score": pick.score, "reasons": reasons}


def _notice(notice: Notice | None) -> dict[str, str] | None:
    return None if notice is None else {"code": notice.code, "text": notice.text}
