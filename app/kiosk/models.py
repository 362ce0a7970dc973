"""The API's requests and answers as pydantic models: bounds, and what OpenAPI shows. Unknown fields are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from app.kiosk.problems import CODES, shown
from data.schema import Audience, EventKind, Hazard
from recommender.base import MAX_HISTORY, MAX_K
from recommender.serving.policy.safety import MAX_AGE_MONTHS

MAX_EVENTS: Final = 1000
MAX_INTERESTS: Final = 20
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _rfc_3339(value: Any) -> Any:
    """Pydantic would also take seconds since 1970, dates alone and times without an offset."""
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        return value
    raise ValueError(f"must be a time with an offset, such as 2026-01-31T09:30:00Z. Got {shown(value)}.")


def whole(value: Any) -> Any:
    """JSON has one kind of number: 36.0 is the integer 36, and some languages write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Time = Annotated[AwareDatetime, BeforeValidator(_rfc_3339)]

Id = Annotated[str, Field(strict=True, min_length=1, max_length=200)]
Name = Annotated[str, Field(strict=True, min_length=1, max_length=200)]
Months = Annotated[int, Field(strict=True, ge=0, le=MAX_AGE_MONTHS), BeforeValidator(whole)]
Price = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
K = Annotated[int, Field(strict=True, ge=1, le=MAX_K), BeforeValidator(whole)]
QueryK = Annotated[int, Field(ge=1, le=MAX_K)]
QueryMonths = Annotated[int | None, Field(ge=0, le=MAX_AGE_MONTHS)]
Language = Literal["en", "zh"]


class RequestBody(BaseModel):
    """What every request has in common: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    k: K = 10
    language: Language = "en"


class EventRecipient(RequestBody):
    """Whom an event was for."""

    id: Id | None = None
    age_months: Months | None = None
    interests: list[Name] = Field(default=[], max_length=MAX_INTERESTS)


class EventBody(RequestBody):
    """One thing a shopper did with one toy. `event_id` is the client's own: sending it twice keeps it once."""

    event_id: Id
    session_id: Id
    toy_id: Id
    kind: EventKind
    time: Time | None = Field(None, description="When it happened; by default when it arrived.")
    shopper_id: Id | None = None
    recommendation_id: Id | None = None
    recipient: EventRecipient | None = None


class EventBatch(RequestBody):
    """Events, each judged alone."""

    events: list[EventBody] = Field(max_length=MAX_EVENTS)


class ToyAnswer(BaseModel):
    """A toy as the shop shows it. Ages in months; the price a decimal in a string."""

    toy_id: str
    title: str
    title_zh: str | None
    description: str | None
    description_zh: str | None
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

    safe: SafeAnswer


class ReasonAnswer(BaseModel):
    """Why a toy is shown."""

    code: Literal["because_of", "fits_age", "within_budget", "matches_interest", "popular"]
    text: str
    toy_id: str | None = None


class ItemAnswer(BaseModel):
    """One toy of a list; scores compare within one answer alone."""

    toy: ToyAnswer
    score: float
    reasons: list[ReasonAnswer]


class NoticeAnswer(BaseModel):
    """A stable code and a sentence in the language asked for."""

    code: str
    text: str


class RecommendationAnswer(BaseModel):
    """Toys best first. `masked`: how many toys each rule removed, in order of authority."""

    recommendation_id: str
    model: str
    items: list[ItemAnswer]
    missing_ids: list[str]
    short_reason: NoticeAnswer | None
    masked: dict[str, int]


class SimilarAnswer(BaseModel):
    """Toys near another, nearest first."""

    items: list[ItemAnswer]
    model: str
    short_reason: NoticeAnswer | None


class EventVerdict(BaseModel):
    """What became of one event; accepted means that it is on the disk."""

    event_id: str
    status: Literal["accepted", "duplicate", "rejected"]
    code: str | None = None
    detail: str | None = None


class EventVerdicts(BaseModel):
    """One verdict for each event, in the order sent."""

    results: list[EventVerdict]


class NamedCount(BaseModel):
    """A name and how many active toys have it."""

    name: str
    toys: int


class FloatRange(BaseModel):
    """Both ends included; null where no toy says."""

    min: float | None
    max: float | None


class FacetsAnswer(BaseModel):
    """What can be filtered by."""

    categories: list[NamedCount]
    brands: list[NamedCount]
    interests: list[NamedCount]
    currency: str | None
    price: FloatRange
    recommended_age: FloatRange


class ModelAnswer(BaseModel):
    """What the running model says of itself."""

    model: str
    created: str
    toyguide: str
    dataset: dict[str, Any]
    teacher: dict[str, Any]
    student: dict[str, Any]
    metrics: dict[str, Any]
    currency: str | None


class Fault(BaseModel):
    """One fault of a request: a JSON pointer into the body, or the name of a parameter."""

    pointer: str | None = None
    parameter: str | None = None
    detail: str


class Problem(BaseModel):
    """RFC 9457, sent as `application/problem+json` with every 4xx and 5xx. `code` is stable, the sentences are not."""

    type: str
    title: str
    status: int
    detail: str
    code: Literal[*CODES]  # type: ignore[valid-type]
    errors: list[Fault] | None = None


class ReadyAnswer(BaseModel):
    """The kiosk answers requests."""

    ready: Literal[True]
    model: str


class AliveAnswer(BaseModel):
    """The process lives."""

    alive: Literal[True]
