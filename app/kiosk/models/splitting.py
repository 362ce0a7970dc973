"""One budget for several children: what it is asked with, and the answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.kiosk.models.asks import FiltersBody, HistoryEntry, RecipientBody
from app.kiosk.models.fields import ChildMode, Id, Language, Months, Occasion, RequestBody
from app.kiosk.models.toys import ItemAnswer, NoticeAnswer
from recommender.base import MAX_HISTORY
from recommender.serving.giving import MAX_CHILDREN


class ChildBody(RequestBody):
    """One of the children, with the history that is theirs alone."""

    recipient: RecipientBody
    history: list[HistoryEntry] = Field(default=[], max_length=MAX_HISTORY)
    purpose: Literal["self", "gift"] = "gift"


class SplitRequest(RequestBody):
    """Several children and what may be spent on all of them together."""

    children: list[ChildBody] = Field(min_length=1, max_length=MAX_CHILDREN)
    budget: Annotated[float, Field(strict=True, gt=0, le=1e9, allow_inf_nan=False)] = Field(
        description="In the shop's currency, for all together."
    )
    youngest_age_months: Months | None = Field(None, description="The youngest child present besides these.")
    filters: FiltersBody | None = None
    occasion: Occasion | None = None
    language: Language = "en"
    session_id: Id | None = None
    shopper_id: Id | None = None
    child_mode: ChildMode = False


class ShareAnswer(BaseModel):
    """What one child gets; null with a `short_reason` where nothing is left."""

    item: ItemAnswer | None
    alternatives: list[ItemAnswer]
    short_reason: NoticeAnswer | None
    missing_ids: list[str]
    masked: dict[str, int]


class SplitAnswer(BaseModel):
    """A share for each child, in the order asked; `total` and `left` are decimals in strings."""

    recommendation_id: str
    model: str
    shares: list[ShareAnswer]
    total: str
    left: str
    currency: str | None
