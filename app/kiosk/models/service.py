"""What the kiosk says of itself: its catalogue, its model, its health, its problems."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from app.kiosk.problems import CODES
from app.kiosk.staff.rule_models import RuleConflict


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
    conflict: RuleConflict | None = None


class ReadyAnswer(BaseModel):
    """The kiosk answers requests."""

    ready: Literal[True]
    model: str
    warnings: list[
        Literal["house_lost", "database_damaged", "mirror_behind", "thread_ended", "publish_waits", "publish_refused"]
    ]


class AliveAnswer(BaseModel):
    """The process lives."""

    alive: Literal[True]
