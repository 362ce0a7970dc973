"""A toy as staff add or correct it: what an import of toys would refuse is refused here, field by field."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from app.kiosk.models.fields import MAX_INTERESTS, RequestBody, whole
from app.kiosk.problems import shown
from app.kiosk.staff.models import WhyAnswer
from data.schema import HAZARD_FLOOR_MONTHS, Audience, Hazard, ages_from_maker
from data.validate.currencies import CURRENCIES
from recommender.serving.barcodes import is_rounded

MAX_PRICE: Final = 9_999_999.99
MAX_MONTHS: Final = 100 * 12
_PRICE: Final = r"^(?!0+(\.0+)?$)[0-9]{1,7}(\.[0-9]{1,2})?$"
_CENT: Final = Decimal("0.01")
_ROUNDING: Final = 1e-6
_SETS: Final = frozenset({"hazards", "interests"})
_ENDS_OF_ADDRESSES: Final = ("/picture.svg", "/similar", "/together", "/why")


Currency = Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(CURRENCIES)})]


def _price(value: Any) -> Decimal:
    """A number or a string, as answers have it. Binary fractions come from JSON: 12.3 is 12.30 and nothing else."""
    if isinstance(value, str) and re.match(_PRICE, value, re.ASCII) and "\n" not in value:
        return Decimal(value).quantize(_CENT)
    if isinstance(value, int | float) and not isinstance(value, bool):
        cents = round(value * 100) if 0 < value <= MAX_PRICE else 0  # no NaN is, and no int beyond all floats
        if cents and abs(value * 100 - cents) < _ROUNDING:
            return (Decimal(cents) / 100).quantize(_CENT)
    raise ValueError(f"must be a price above 0, at most {MAX_PRICE}, such as 12.99. Got {shown(value)}.")


def _one_line(text: str) -> str:
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text):
        raise ValueError(f"must be one line without control characters. Got {shown(text)}.")
    if not text.strip():
        raise ValueError(f"must hold more than spaces. Got {shown(text)}.")
    return text


def _lines(text: str) -> str:
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t" for letter in text):
        raise ValueError(f"must be without control characters. Got {shown(text)}.")
    return text


def _barcode(text: str) -> str:
    if is_rounded(text):
        raise ValueError(f"must have every digit; a spreadsheet rounded it: let the column be text. Got {shown(text)}.")
    return text


def _new_id(toy_id: str) -> str:
    """An id must look like what it is, and have an address: no hidden characters, no second way to write it."""
    if not toy_id.isprintable() or toy_id != toy_id.strip() or unicodedata.normalize("NFC", toy_id) != toy_id:
        raise ValueError(
            f"must be printable characters in Unicode's form NFC, no space at an end. Got {shown(toy_id)}."
        )
    if toy_id.endswith(_ENDS_OF_ADDRESSES) or {".", ".."} & set(toy_id.split("/")):
        raise ValueError(
            f"must not end in {' or '.join(_ENDS_OF_ADDRESSES)}, nor have . or .. between slashes. Got {shown(toy_id)}."
        )
    return toy_id


Price = Annotated[
    Decimal,
    BeforeValidator(_price),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_PRICE, "multipleOf": 0.01},
                {"type": "string", "pattern": _PRICE},
            ]
        }
    ),
]
Line = Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Lines = Annotated[str, Field(strict=True, min_length=1, max_length=4000), AfterValidator(_lines)]
NewId = Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(_new_id)]
AgeMonths = Annotated[int, Field(strict=True, ge=0, le=MAX_MONTHS), BeforeValidator(whole)]
Revision = Annotated[int, Field(strict=True, ge=1, le=2**53), BeforeValidator(whole)]


class CorrectionBody(RequestBody):
    """What the shop says of a toy; what is not said stays. All of it: it takes the place of what was said before."""

    price: Price | None = None
    hazards: list[Hazard] = Field(default=[], max_length=len(Hazard))
    recommended_age: AgeMonths | None = Field(None, description="From this age, in months: what it is good for.")
    recommended_age_to: AgeMonths | None = Field(None, description="To this age, in months.")
    safety_min_age: AgeMonths | None = Field(
        None, description="Never shown below, in months; at least the floor of its hazards."
    )
    audience: Audience | None = None
    barcode: Annotated[Line, AfterValidator(_barcode)] | None = None
    aisle: Line | None = None
    revision: Revision | None = Field(
        None, description="Of what this takes the place of, as it was read; none where there was nothing."
    )

    @field_validator("recommended_age_to")
    @classmethod
    def _right_way_up(cls, to: int | None, info: ValidationInfo) -> int | None:
        start = info.data.get("recommended_age")
        if to is not None and start is not None and to < start:
            raise ValueError(f"must be at least recommended_age, {start}. Got {to}.")
        return to

    @field_validator("safety_min_age")
    @classmethod
    def _at_least_the_floor(cls, age: int | None, info: ValidationInfo) -> int | None:
        hazards = info.data.get("hazards") or ()
        highest = max(hazards, key=lambda hazard: HAZARD_FLOOR_MONTHS[hazard], default=None)
        if age is not None and highest is not None and age < HAZARD_FLOOR_MONTHS[highest]:
            raise ValueError(f"must be at least {HAZARD_FLOOR_MONTHS[highest]}, the floor of {highest}. Got {age}.")
        return age

    def said(self) -> dict[str, Any]:
        """JSON of the toy's fields that were given."""
        words = self.model_dump(mode="json", exclude={"revision", "toy_id", "from_age"})
        for name in _SETS & words.keys():
            words[name] = list(dict.fromkeys(words[name]))
        return {name: value for name, value in words.items() if value is not None and value != []}


class NewToyBody(CorrectionBody):
    """A toy that the bundle does not hold, or, with its `revision`, one that was added before.

    `from_age`, a maker's "from age", stands for both ages: `recommended_age`, and `safety_min_age` raised to the floor
    of its hazards. A toy without a picture gets a drawn one.
    """

    toy_id: NewId
    title: Line
    title_zh: Line | None = None
    description: Lines | None = None
    description_zh: Lines | None = None
    brand: Line | None = None
    category: list[Line] = Field(default=[], max_length=10, description="From the outermost to the innermost.")
    currency: Currency | None = Field(None, strict=True, description="ISO 4217; by default that of the shop.")
    interests: list[Line] = Field(default=[], max_length=MAX_INTERESTS)
    from_age: AgeMonths | None = None

    @field_validator("currency")
    @classmethod
    def _of_this_world(cls, currency: str | None) -> str | None:
        if currency is not None and currency not in CURRENCIES:
            raise ValueError(f"must be the three capital letters of ISO 4217, such as GBP. Got {shown(currency)}.")
        return currency

    @field_validator("from_age")
    @classmethod
    def _in_place_of_both(cls, age: int | None, info: ValidationInfo) -> int | None:
        for name in ("recommended_age", "safety_min_age"):
            if age is not None and info.data.get(name) is not None:
                raise ValueError(f"stands for both ages, and must not be given beside {name}. Got {age}.")
        to = info.data.get("recommended_age_to")
        if age is not None and to is not None and to < age:
            raise ValueError(f"must be at most recommended_age_to, {to}. Got {age}.")
        return age

    def said(self) -> dict[str, Any]:
        """JSON of the toy's fields that were given, a maker's age in both its places."""
        words = super().said()
        if self.from_age is not None:
            words["recommended_age"], words["safety_min_age"] = ages_from_maker(self.from_age, tuple(self.hazards))
        return words


class OwnToyAnswer(BaseModel):
    """What was said of a toy, fit to be sent again with its `revision`. in_force: today's bundle has a use for it."""

    toy_id: str
    said: dict[str, Any]
    revision: int
    changed: str
    changed_by: str
    in_force: bool


class OwnToysAnswer(BaseModel):
    """All that the shop changed of the bundle's toys, oldest first."""

    added: list[OwnToyAnswer]
    corrected: list[OwnToyAnswer]
    retired: list[OwnToyAnswer]


class ChangedToyAnswer(WhyAnswer):
    """A toy as it is now, and why it is, or is not, shown. revision: of what was said; null if it was taken back."""

    revision: int | None
