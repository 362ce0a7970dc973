"""What a list of toys is asked for with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from app.kiosk.models.fields import (
    MAX_INTERESTS,
    ChildMode,
    Id,
    K,
    Language,
    Months,
    Name,
    Occasion,
    Price,
    RequestBody,
    Share,
    Time,
)
from data.schema import EventKind
from recommender.base import MAX_HISTORY
from recommender.serving.page import MAX_TOKEN


class HistoryEntry(RequestBody):
    """A toy the shopper met; a bare string is a toy id with kind "purchase"."""

    toy_id: Id
    kind: EventKind = EventKind.PURCHASE
    time: Time | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: Any) -> Any:
        return {"toy_id": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 200}, whole]}


class RecipientBody(RequestBody):
    """Whom the toy is for. No name, no birth date."""

    age_months: Months | None = Field(None, description="Lower end of the age band, in months.")
    interests: list[Name] = Field(default=[], max_length=MAX_INTERESTS)
    owned: list[Id] = Field(default=[], max_length=MAX_HISTORY, description="Toys the recipient has.")
    budget: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = Field(
        None, description="The highest price, in the shop's currency."
    )


class FiltersBody(RequestBody):
    """What to see. A toy that does not say matches no filter on what it lacks."""

    category: Name | None = None
    brand: Name | None = None
    price_min: Price | None = None
    price_max: Price | None = None
    age_months: Months | None = Field(None, description="Toys whose recommended range includes this age.")
    in_stock: bool = Field(False, strict=True, description="Toys known to be in stock here.")

    @model_validator(mode="after")
    def _right_way_up(self) -> FiltersBody:
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError(f"must have a price_min of at most price_max, {self.price_max:g}. Got {self.price_min:g}.")
        return self


class RecommendationRequest(RequestBody):
    """Everything is optional: with nothing stated, the answer is what suits a stranger."""

    history: list[HistoryEntry] = Field(
        default=[], max_length=MAX_HISTORY, description="From oldest to newest; sorted by time where all have one."
    )
    recipient: RecipientBody | None = None
    youngest_age_months: Months | None = Field(None, description="The youngest child present besides the recipient.")
    filters: FiltersBody | None = None
    occasion: Occasion | None = Field(None, description="What the toy is for; the shop's rules may speak of it.")
    purpose: Literal["self", "gift"] = Field(
        "self", description="gift: what the history bought tells of taste, and is not what the recipient has."
    )
    k: K = 10
    page: Annotated[str, Field(strict=True, min_length=1, max_length=MAX_TOKEN)] | None = Field(
        None, description="The next_page of the answer before: what comes after it, nothing twice."
    )
    diversity: Share | None = Field(None, description="0 as ranked … 1 as unlike as can be; by default the setting.")
    language: Language = "en"
    session_id: Id | None = None
    shopper_id: Id | None = None
    child_mode: ChildMode = False
    validate_only: bool = Field(False, strict=True, description="Check the request and count toys; show none.")
