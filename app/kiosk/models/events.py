"""What shoppers did, and what became of it."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, Field

from app.kiosk.models.fields import MAX_INTERESTS, ChildMode, Id, Months, Name, RequestBody, Time
from data.schema import EventKind

MAX_EVENTS: Final = 1000


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
    child_mode: ChildMode = False


class EventBatch(RequestBody):
    """Events, each judged alone."""

    events: list[EventBody] = Field(max_length=MAX_EVENTS)


class EventVerdict(BaseModel):
    """What became of one event; accepted means that it is on the disk."""

    event_id: str
    status: Literal["accepted", "duplicate", "rejected"]
    code: str | None = None
    detail: str | None = None
    skew_ms: int | None = Field(
        None, description="Its time is that far from the kiosk's clock: kept as it was sent, and marked."
    )


class EventVerdicts(BaseModel):
    """One verdict for each event, in the order sent."""

    results: list[EventVerdict]


class PrivacyAnswer(BaseModel):
    """What this kiosk keeps of shoppers: the settings of these names. retention_days: 0 is for ever."""

    keep: Literal["all", "session"]
    session_idle_minutes: int
    retention_days: int


class ForgottenAnswer(BaseModel):
    """How much was deleted: events, lists that were shown, and the toys on those lists."""

    events: int
    answers: int
    impressions: int
