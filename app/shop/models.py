"""The kiosk's answers as the shop reads them: frozen, and only the fields that the shop shows.

A field that the shop does not know is passed over, so that a newer kiosk can serve an older shop.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Toy(_Answer):
    """One toy. Ages in months."""

    toy_id: str
    title: str
    title_zh: str | None = None
    description: str | None = None
    description_zh: str | None = None
    brand: str | None = None
    category: tuple[str, ...] = ()
    price: Decimal | None = None
    currency: str | None = None
    recommended_age: int | None = None
    recommended_age_to: int | None = None
    safety_min_age: int | None = None
    hazards: tuple[str, ...] = ()
    audience: str = "unknown"
    interests: tuple[str, ...] = ()
    aisle: str | None = None
    picture_url: str | None = None


class Verdict(_Answer):
    """May a toy be shown to those present? `text` says why not."""

    allowed: bool
    rule: str | None
    text: str


class ToyPage(Toy):
    """A toy and the verdict on it."""

    safe: Verdict


class CheckedToy(Toy):
    """A toy as it is now. in_stock: None where nobody counted it; rules: all that forbid it, the highest first."""

    barcode: str | None = None
    in_stock: bool | None = None
    rules: tuple[str, ...] = ()

    def plain(self) -> Toy:
        """The toy alone."""
        return Toy.model_construct(**{name: getattr(self, name) for name in Toy.model_fields})


class Checked(_Answer):
    """Toys that were asked for by id; `missing_ids` are not in the catalogue."""

    toys: tuple[CheckedToy, ...]
    missing_ids: tuple[str, ...]


class Reason(_Answer):
    """Why a toy is shown."""

    code: str
    text: str
    toy_id: str | None = None


class Item(_Answer):
    """One toy of a list."""

    toy: Toy
    reasons: tuple[Reason, ...] = ()


class Notice(_Answer):
    """A stable code and a sentence."""

    code: str
    text: str


class Recommendation(_Answer):
    """A list, best first; `masked`: how many toys each rule removed."""

    recommendation_id: str
    items: tuple[Item, ...]
    short_reason: Notice | None
    masked: dict[str, int]


class Share(_Answer):
    """What one child gets of one budget; no toy, and the reason, where nothing is left."""

    item: Item | None
    short_reason: Notice | None
    masked: dict[str, int]


class Split(_Answer):
    """One budget over several children, in the order asked."""

    recommendation_id: str
    shares: tuple[Share, ...]
    total: Decimal
    left: Decimal
    currency: str | None


class Similar(_Answer):
    """Toys near another, nearest first."""

    items: tuple[Item, ...]
    short_reason: Notice | None


class Found(Similar):
    """Toys by words, best first.

    matched: how many have the words, `masked` of them removed by each rule; corrected: what was sought instead
    """

    masked: dict[str, int]
    matched: int
    corrected: str | None
    every_word: bool


class Named(_Answer):
    """A name and how many toys have it."""

    name: str
    toys: int


class Range(_Answer):
    """Both ends included; None where no toy says."""

    min: float | None
    max: float | None


class Facets(_Answer):
    """What can be asked for."""

    categories: tuple[Named, ...] = ()
    brands: tuple[Named, ...] = ()
    interests: tuple[Named, ...]
    currency: str | None
    price: Range
    recommended_age: Range


class ModelFacts(_Answer):
    """What the running model says of itself, as its bundle has it. created: RFC 3339"""

    model: str
    created: str
    dataset: dict[str, Any]
    teacher: dict[str, Any]
    student: dict[str, Any]
    metrics: dict[str, Any]


class EventVerdict(_Answer):
    """What became of one event: accepted, duplicate or rejected."""

    event_id: str
    status: str


class EventVerdicts(_Answer):
    """One verdict for each event."""

    results: tuple[EventVerdict, ...]


class Privacy(_Answer):
    """What the kiosk keeps of shoppers."""

    keep: str


class Forgotten(_Answer):
    """How many events were deleted."""

    events: int
