"""Toys that were chosen already: what is asked of them, and the answer."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.kiosk.models.fields import Id, Language, Months, RequestBody
from app.kiosk.models.toys import SafeAnswer, ToyAnswer
from recommender.base import MAX_K


class CheckRequest(RequestBody):
    """The toys, and who is present."""

    toy_ids: list[Id] = Field(min_length=1, max_length=MAX_K)
    youngest_age_months: Months | None = Field(None, description="The youngest child present.")
    language: Language = "en"


class CheckedToy(ToyAnswer):
    """A toy as it is now.

    in_stock: null where nobody has counted it. safe: the verdict; rules: all that forbid it, the highest first.
    """

    barcode: str | None
    in_stock: bool | None
    safe: SafeAnswer
    rules: list[str]


class CheckAnswer(BaseModel):
    """In the order asked. `missing_ids`: toys that the catalogue does not hold."""

    toys: list[CheckedToy]
    missing_ids: list[str]
