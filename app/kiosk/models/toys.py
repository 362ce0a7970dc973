"""Toys as the kiosk answers with them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from data.schema import Audience, Hazard


class ToyAnswer(BaseModel):
    """A toy as the shop shows it. Ages in months; the price a decimal in a string."""

    toy_id: str
    title: str
    title_zh: str | None
    brand: str | None
    category: list[str]
    price: str | None
    currency: str | None
    recommended_age: int | None
    recommended_age_to: int | None
    safety_min_age: int | None
    hazards: list[Hazard]
    audience: Audience
    interests: list[str]
    aisle: str | None
    picture_url: str | None


class SafeAnswer(BaseModel):
    """May the toy be shown to those present?"""

    allowed: bool
    rule: str | None
    text: str


class ToyPage(ToyAnswer):
    """A toy and the verdict on it."""

    description: str | None
    description_zh: str | None
    safe: SafeAnswer


class ReasonAnswer(BaseModel):
    """Why a toy is shown."""

    code: Literal[
        "because_of", "bought_with", "fits_age", "within_budget", "matches_interest", "popular", "popular_now"
    ]
    text: str
    toy_id: str | None = None


class ItemAnswer(BaseModel):
    """One toy of a list; scores compare within one answer alone."""

    toy: ToyAnswer
    score: float
    reasons: list[ReasonAnswer]


class RecommendedItem(ItemAnswer):
    """One toy of a recommendation.

    propensity: the chance that it stood in this place given those above; below 1 where the kiosk explores.
    pinned: the shop put it there.
    """

    propensity: float
    pinned: bool


class NoticeAnswer(BaseModel):
    """A stable code and a sentence in the language asked for."""

    code: str
    text: str


class RecommendationAnswer(BaseModel):
    """Toys best first. `masked`: how many toys each rule removed, in order of authority."""

    recommendation_id: str
    model: str
    items: list[RecommendedItem]
    missing_ids: list[str]
    short_reason: NoticeAnswer | None
    masked: dict[str, int]
    next_page: str | None


class ConsideredAnswer(BaseModel):
    """The answer to `validate_only`: the request is in order. `allowed`: how many toys would be chosen among."""

    valid: Literal[True]
    model: str
    allowed: int
    missing_ids: list[str]
    short_reason: NoticeAnswer | None
    masked: dict[str, int]


class ListAnswer(BaseModel):
    """Toys best first. `masked`: how many toys each rule removed, in order of authority."""

    items: list[ItemAnswer]
    model: str
    short_reason: NoticeAnswer | None
    masked: dict[str, int]


class SearchAnswer(ListAnswer):
    """Toys that were found, best first. `masked`: how many of them each rule removed, in order of authority.

    `matched`: how many were found, shown or not. `corrected`: what was sought in place of words that no toy has.
    `every_word`: each toy has all the words; false where they have some of them, and where nothing was found.
    """

    matched: int
    corrected: str | None
    every_word: bool
