"""Fields that many requests share, with their bounds."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from app.kiosk.problems import shown
from recommender.base import MAX_K
from recommender.serving.policy.safety import MAX_AGE_MONTHS

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
QueryYoungest = Annotated[QueryMonths, Query(description="The youngest child present, in months.")]
QueryAge = Annotated[QueryMonths, Query(description="Toys whose recommended range includes this age.")]
QueryInStock = Annotated[bool, Query(description="Only toys that the shop says it has.")]
QueryName = Annotated[str | None, Field(min_length=1, max_length=200)]
QueryPrice = Annotated[float | None, Field(ge=0, allow_inf_nan=False)]
Language = Literal["en", "zh"]
Occasion = Literal["birthday", "christmas", "lunar_new_year", "childrens_day", "new_baby", "other"]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
ChildMode = Annotated[
    bool,
    Field(strict=True, description="The child itself has the screen: kept no longer than the session, and only here."),
]


class RequestBody(BaseModel):
    """What every request has in common: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
