"""What a toy, an event and a recipient are: the one place for names, units and safety floors.

Ages are whole months everywhere. Money is `Decimal` with an ISO 4217 currency. Times are UTC.
Nothing here imports more than the standard library, so the kiosk can use it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

ADULT_MONTHS: Final = 18 * 12
SMALLEST_MONTHS: Final = 36
"""A child younger than this never sees a toy of unknown safety age."""


class EventKind(StrEnum):
    """What a shopper did with a toy."""

    VIEW = "view"
    LIKE = "like"
    CART = "cart"
    PURCHASE = "purchase"
    RETURN = "return"
    DISMISS = "dismiss"


KIND_CODES: Final[dict[EventKind, int]] = {kind: code for code, kind in enumerate(EventKind, start=1)}
"""Event kinds as array values, the wanted ones from weakest to strongest; 0 is padding."""

WANTED_KINDS: Final = frozenset({EventKind.LIKE, EventKind.CART, EventKind.PURCHASE})
"""Kinds that say a toy was wanted: only these can be a target to predict."""

REFUSED_KINDS: Final = frozenset({EventKind.RETURN, EventKind.DISMISS})
"""Kinds that say a toy was refused."""


class Audience(StrEnum):
    """Whom a toy is made for; adult items are never shown for a recipient under 18."""

    CHILD = "child"
    ADULT = "adult"
    UNKNOWN = "unknown"


class Hazard(StrEnum):
    """Physical hazards that set a hard lower age."""

    SMALL_PARTS = "small_parts"
    SMALL_BALL = "small_ball"
    MARBLE = "marble"
    BALLOON = "balloon"
    MAGNET = "magnet"
    BUTTON_BATTERY = "button_battery"
    CORD = "cord"
    PROJECTILE = "projectile"
    SHARP = "sharp"


HAZARD_FLOOR_MONTHS: Final[dict[Hazard, int]] = {
    Hazard.SMALL_PARTS: 36,  # 16 CFR 1501: no small parts for children under 3
    Hazard.SMALL_BALL: 36,  # 16 CFR 1500.18(a)(17)
    Hazard.MARBLE: 36,  # 16 CFR 1500.19(b)(4)
    Hazard.BALLOON: 96,  # 16 CFR 1500.19(b)(2): children under 8 can choke
    Hazard.MAGNET: 168,  # 16 CFR 1262: loose strong magnets, not under 14
    Hazard.BUTTON_BATTERY: 36,  # 16 CFR 1263; house floor
    Hazard.CORD: 18,  # ASTM F963 4.14: cords in toys for children under 18 months
    Hazard.PROJECTILE: 36,  # house floor
    Hazard.SHARP: 48,  # 16 CFR 1500.49: functional sharp edges, labelled from 4 years
}
"""The lowest age, in months, at which a toy with this hazard may be shown."""


def safety_floor(hazards: frozenset[Hazard] | tuple[Hazard, ...]) -> int:
    """The highest floor in months among `hazards`; 0 where there is none."""
    return max((HAZARD_FLOOR_MONTHS[hazard] for hazard in hazards), default=0)


def ages_from_maker(from_months: int | None, hazards: tuple[Hazard, ...] = ()) -> tuple[int | None, int | None]:
    """(recommended_age, safety_min_age) from a maker's "from age": the hard one is raised to the hazards' floor.

    An unknown maker's age leaves the hard age unknown too: a hazard floor alone says where a toy is
    forbidden, not where it is safe.
    """
    if from_months is None:
        return None, None
    return from_months, max(from_months, safety_floor(hazards))


class ToyColumn(StrEnum):
    """Columns of a toy table, in order."""

    ID = "toy_id"
    TITLE = "title"
    TITLE_ZH = "title_zh"
    DESCRIPTION = "description"
    DESCRIPTION_ZH = "description_zh"
    BRAND = "brand"
    CATEGORY = "category"
    PRICE = "price"
    CURRENCY = "currency"
    RECOMMENDED_AGE = "recommended_age"
    RECOMMENDED_AGE_TO = "recommended_age_to"
    SAFETY_MIN_AGE = "safety_min_age"
    HAZARDS = "hazards"
    AUDIENCE = "audience"
    INTERESTS = "interests"
    TAGS = "tags"
    BARCODE = "barcode"
    AISLE = "aisle"
    PICTURE = "picture"
    ACTIVE = "active"


class EventColumn(StrEnum):
    """Columns of an event table, in order."""

    ID = "event_id"
    SHOPPER = "shopper_id"
    SESSION = "session_id"
    TOY = "toy_id"
    KIND = "kind"
    TIME = "time"
    STORE = "store_id"
    RECIPIENT = "recipient_id"
    RECIPIENT_AGE = "recipient_age"
    RECIPIENT_INTERESTS = "recipient_interests"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Toy:
    """One toy as a shop describes it. `None` and empty tuples mean unknown."""

    id: str
    title: str
    title_zh: str | None = None
    description: str | None = None
    description_zh: str | None = None
    brand: str | None = None
    category: tuple[str, ...] = ()
    price: Decimal | None = None
    currency: str | None = None
    recommended_age: int | None = None  # months, soft: what it is good for
    recommended_age_to: int | None = None  # months, soft
    safety_min_age: int | None = None  # months, hard: never shown below
    hazards: tuple[Hazard, ...] = ()
    audience: Audience = Audience.UNKNOWN
    interests: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # labels of the source, meaningful to the model alone
    barcode: str | None = None
    aisle: str | None = None
    picture: str | None = None  # a path relative to the bundle, or an inline SVG
    active: bool = True


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a toy is for. No name, no birth date: an age in months at that time, and likings."""

    id: str | None = None
    age_months: int | None = None
    interests: tuple[str, ...] = ()
    budget: float | None = None  # the highest price, in the shop's currency


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a shopper did with one toy."""

    id: str
    shopper: str
    session: str
    toy: str
    kind: EventKind
    time: datetime | None = None
    store: str | None = None
    recipient: Recipient | None = None
