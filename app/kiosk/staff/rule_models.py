"""Requests and answers of the staff's rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from app.kiosk.in_force import MOST_BOOST
from app.kiosk.models.asks import RecommendationRequest
from app.kiosk.models.fields import Id, Name, Occasion, RequestBody, Time, whole
from app.kiosk.store.rules import Kind, Target, Terms

MAX_CHANGES: Final = 20
USUAL_STRENGTH: Final = 1.0
_TARGETS: Final[tuple[Target, ...]] = ("toy_id", "category", "brand")


def _in_utc(time: datetime) -> datetime:
    """In UTC, to the millisecond. The last hours of the year 9999 and the first of the year 1 may lie outside of it."""
    try:
        utc = time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"must be a time of the years 1 to 9999 in UTC. Got {time.isoformat()}.") from error
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


Moment = Annotated[Time, AfterValidator(_in_utc)]
Words = Annotated[str, Field(strict=True, min_length=1, max_length=500)]
Strength = Annotated[float, Field(strict=True, gt=0, le=MOST_BOOST, allow_inf_nan=False)]
Position = Annotated[int, Field(strict=True, ge=1, le=1000), BeforeValidator(whole)]
Revision = Annotated[int, Field(strict=True, ge=1, le=2**53), BeforeValidator(whole)]


class RuleBody(RequestBody):
    """What a rule says. It speaks of one toy, one category or one brand; a pin of one toy."""

    kind: Kind
    toy_id: Id | None = None
    category: Name | None = Field(None, description="Any name on a toy's category path, without regard to case.")
    brand: Name | None = None
    strength: Strength | None = Field(
        None, description="Of boost and bury, by default 1: a toy e times as likely, or as unlikely. 3 is twenty times."
    )
    position: Position | None = Field(
        None, description="Of pins: the lower comes first; those without come last, in the order they were made."
    )
    starts: Moment | None = Field(None, description="By default at once.")
    ends: Moment | None = Field(None, description="It is over then; by default never.")
    occasion: Occasion | None = Field(None, description="For requests with this occasion alone; not of hide.")
    note: Words | None = None

    @model_validator(mode="after")
    def _sense(self) -> RuleBody:
        named = [target for target in _TARGETS if getattr(self, target) is not None]
        if len(named) != 1:
            raise ValueError(f"must have one of toy_id, category and brand. Got {' and '.join(named) or 'none'}.")
        if self.kind == "pin" and self.toy_id is None:
            raise ValueError(f"must have a toy_id where kind is pin. Got a {named[0]}.")
        if self.kind not in ("boost", "bury") and self.strength is not None:
            raise ValueError(f"must have a strength only where kind is boost or bury. Got {self.kind}.")
        if self.kind != "pin" and self.position is not None:
            raise ValueError(f"must have a position only where kind is pin. Got {self.kind}.")
        if self.kind == "hide" and self.occasion is not None:
            raise ValueError("must have no occasion where kind is hide: what is hidden is hidden from everybody.")
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            raise ValueError(f"must have ends after starts, {self.starts.isoformat()}. Got {self.ends.isoformat()}.")
        return self

    def terms(self) -> Terms:
        """As the store keeps it."""
        by = next(target for target in _TARGETS if getattr(self, target) is not None)
        strength = self.strength
        if strength is None and self.kind in ("boost", "bury"):
            strength = USUAL_STRENGTH
        return Terms(
            self.kind,
            by,
            getattr(self, by),
            strength,
            self.position,
            self.starts,
            self.ends,
            self.occasion,
            self.note,
        )


class RuleChange(RuleBody):
    """A rule as it is to be, whole, and the revision of it that was read last."""

    revision: Revision


class RuleAnswer(BaseModel):
    """A rule. `toys`: how many of the catalogue it speaks of; `unknown`: none today, and it holds when they come."""

    rule_id: str
    revision: int
    kind: Kind
    toy_id: str | None
    category: str | None
    brand: str | None
    strength: float | None
    position: int | None
    starts: str | None
    ends: str | None
    occasion: Occasion | None
    note: str | None
    created: str
    changed: str
    changed_by: str
    in_force: bool
    toys: int
    unknown: bool


class RulesAnswer(BaseModel):
    """Every rule, in force or not, in the order in which they were made."""

    rules: list[RuleAnswer]


class FieldChange(BaseModel):
    """A field of a rule as it was read, and as it is now; null = not said."""

    field: str
    read: str | int | float | None
    now: str | int | float | None


class RuleConflict(BaseModel):
    """What became of a rule since it was read. `rule`: as it is now, null if it was removed.

    `fields`: what is different; null where the audit log does not go back to the revision that was read.
    """

    rule: RuleAnswer | None
    changed_by: str
    changed: str
    fields: list[FieldChange] | None


class PreviewChange(RequestBody):
    """A rule that would be made (`rule` alone), said otherwise (`rule_id` and `rule`) or removed (`rule_id` alone)."""

    rule_id: Id | None = None
    rule: RuleBody | None = None

    @model_validator(mode="after")
    def _something(self) -> PreviewChange:
        if self.rule_id is None and self.rule is None:
            raise ValueError("must have rule, rule_id, or both.")
        return self


class PreviewRequest(RequestBody):
    """Changes that are not made, and a request for toys as it might come."""

    changes: list[PreviewChange] = Field(default=[], max_length=MAX_CHANGES)
    request: RecommendationRequest = Field(default_factory=lambda: RecommendationRequest.model_validate({}))
    at: Moment | None = Field(None, description="When the request would come; by default now.")


class PreviewToy(BaseModel):
    """A toy of a list. `was`: its position in the list before the changes, null where it was not there."""

    position: int
    toy_id: str
    title: str
    pinned: bool
    was: int | None


class IdleRule(BaseModel):
    """A rule that does nothing for this list, and why. `change`: its place among the changes, from 0.

    `masked`: where none of its toys may be shown, how many of them each rule of the mask forbids.
    """

    rule_id: str | None
    change: int | None
    code: Literal["unknown", "not_in_force", "other_occasion", "masked", "no_room", "same_list"]
    text: str
    masked: dict[str, int]


class PreviewAnswer(BaseModel):
    """The list without the changes, with them, and the rules that do nothing for it."""

    at: str
    before: list[PreviewToy]
    after: list[PreviewToy]
    no_effect: list[IdleRule]
