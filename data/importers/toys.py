"""One row of a shop's file → one toy or one event of ours; what is not understood is unknown, and counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from data.importers.mapping import AGE, STOCK, ColumnMap
from data.importers.rows import Row, Value
from data.importers.shares import Shares
from data.parsing.age import AgeRange, find_age, parse_age, stated_age
from data.parsing.category import parse_category
from data.parsing.moment import DateOrder, parse_moment
from data.parsing.outcome import Parsed
from data.parsing.price import CURRENCIES, parse_price
from data.parsing.stock import parse_stock
from data.parsing.text import clean_text
from data.schema import (
    SMALLEST_MONTHS,
    Audience,
    EventColumn,
    EventKind,
    Hazard,
    Toy,
    ToyColumn,
    ages_from_maker,
    safety_floor,
)

T = TypeVar("T")
_UNNAMED: Final = "Toy"
_MONTHS: Final = 1440
_NO_TEXT: Final = frozenset({"", "null", "none", "nan", "n/a"})
_KINDS: Final[dict[str, EventKind]] = {str(kind): kind for kind in EventKind} | {
    "click": EventKind.VIEW, "page_view": EventKind.VIEW, "pageview": EventKind.VIEW, "pv": EventKind.VIEW,
    "wishlist": EventKind.LIKE, "favourite": EventKind.LIKE, "favorite": EventKind.LIKE, "fav": EventKind.LIKE,
    "addtocart": EventKind.CART, "add_to_cart": EventKind.CART, "basket": EventKind.CART,
    "buy": EventKind.PURCHASE, "order": EventKind.PURCHASE, "transaction": EventKind.PURCHASE,
    "refund": EventKind.RETURN, "hide": EventKind.DISMISS,
}  # fmt: skip
_HAZARDS: Final[dict[str, Hazard]] = {str(hazard): hazard for hazard in Hazard} | {
    "small_part": Hazard.SMALL_PARTS, "small_balls": Hazard.SMALL_BALL, "marbles": Hazard.MARBLE,
    "balloons": Hazard.BALLOON, "magnets": Hazard.MAGNET, "button_batteries": Hazard.BUTTON_BATTERY,
    "cords": Hazard.CORD, "projectiles": Hazard.PROJECTILE, "小零件": Hazard.SMALL_PARTS, "小球": Hazard.SMALL_BALL,
    "弹珠": Hazard.MARBLE, "气球": Hazard.BALLOON, "磁铁": Hazard.MAGNET, "纽扣电池": Hazard.BUTTON_BATTERY,
}  # fmt: skip
_YES: Final = frozenset({"true", "yes", "y", "1", "active"})
_NO: Final = frozenset({"false", "no", "n", "0", "inactive", "discontinued"})


class FaultyRowError(Exception):
    """A row that cannot be a toy or an event; the message names column and value."""


@dataclass(frozen=True)
class Reading:
    """How values are read.

    currency: the shop's; category_separator: between levels; kind: of events that say none; dates: the order of parts
    """

    currency: str | None = None
    category_separator: str | None = None
    kind: EventKind = EventKind.PURCHASE
    dates: DateOrder = DateOrder.YEAR_FIRST


@dataclass
class RowReader:
    """Turns rows into toys and events by a map, counting in `shares` what was understood."""

    map: ColumnMap
    reading: Reading
    shares: Shares

    def toy(self, row: Row) -> Toy:
        """The toy of a row. Raises FaultyRowError if it has no id, or one with blanks."""
        toy_id = self._id(row, ToyColumn.ID)
        category = self._category(row)
        title = self._text(row, ToyColumn.TITLE) or (category[-1] if category else _UNNAMED)
        price = self._parsed(row, ToyColumn.PRICE, lambda text: parse_price(text, self.reading.currency))
        currency = self._parsed(row, ToyColumn.CURRENCY, _currency) or (price.currency if price else None)
        hazards, all_known = self._hazards(row)
        age = self._age(row)
        lowest, highest = (age.from_months, age.to_months) if age else (None, None)
        soft, hard = ages_from_maker(lowest, hazards)
        own_soft = self._parsed(row, ToyColumn.RECOMMENDED_AGE, _months)
        own_high = self._parsed(row, ToyColumn.RECOMMENDED_AGE_TO, _months)
        own_hard = self._parsed(row, ToyColumn.SAFETY_MIN_AGE, _months)
        if own_hard is not None:
            hard = max(own_hard, hard or 0, safety_floor(hazards))
        audience = self._parsed(row, ToyColumn.AUDIENCE, _audience) or Audience.UNKNOWN
        if not all_known and (audience is Audience.UNKNOWN or (hard or 0) < SMALLEST_MONTHS):
            hard = None  # a hazard we cannot name may have any floor; what is stricter than unknown stays
        self._parsed(row, STOCK, parse_stock)
        active = self._parsed(row, ToyColumn.ACTIVE, _yes_or_no)
        return Toy(
            id=toy_id,
            title=title,
            title_zh=self._text(row, ToyColumn.TITLE_ZH),
            description=self._text(row, ToyColumn.DESCRIPTION),
            description_zh=self._text(row, ToyColumn.DESCRIPTION_ZH),
            brand=self._text(row, ToyColumn.BRAND),
            category=category,
            price=price.amount if price else None,
            currency=currency or (self.reading.currency if price else None),
            recommended_age=soft if own_soft is None else own_soft,
            recommended_age_to=highest if own_high is None else own_high,
            safety_min_age=hard,
            hazards=hazards,
            audience=audience,
            interests=self._names(row, ToyColumn.INTERESTS),
            tags=self._names(row, ToyColumn.TAGS),
            barcode=self._parsed(row, ToyColumn.BARCODE, _barcode),
            aisle=self._text(row, ToyColumn.AISLE),
            picture=self._text(row, ToyColumn.PICTURE),
            active=active is not False,
        )

    def event(self, row: Row) -> dict[str, Any]:
        """The event of a row, as a row of `EVENT_TABLE`. Raises FaultyRowError without shopper, toy or kind."""
        kind = self.reading.kind
        if stated := self._value(row, EventColumn.KIND):
            parsed = _kind(_joined(stated))
            self.shares.see(EventColumn.KIND, parsed, _joined(stated), row.place)
            if parsed.value is None:
                raise FaultyRowError(
                    f"column {self._column(EventColumn.KIND)!r}: must be one of {', '.join(EventKind)}. "
                    f"Got {_joined(stated)[:60]!r}."
                )
            kind = parsed.value
        return {
            EventColumn.ID: self._text(row, EventColumn.ID) or str(row.number),
            EventColumn.SHOPPER: self._id(row, EventColumn.SHOPPER),
            EventColumn.SESSION: self._text(row, EventColumn.SESSION),
            EventColumn.TOY: self._id(row, EventColumn.TOY),
            EventColumn.KIND: str(kind),
            EventColumn.TIME: self._parsed(row, EventColumn.TIME, lambda text: parse_moment(text, self.reading.dates)),
            EventColumn.STORE: self._text(row, EventColumn.STORE),
            EventColumn.RECIPIENT: self._text(row, EventColumn.RECIPIENT),
            EventColumn.RECIPIENT_AGE: self._parsed(row, EventColumn.RECIPIENT_AGE, _months),
            EventColumn.RECIPIENT_INTERESTS: list(self._names(row, EventColumn.RECIPIENT_INTERESTS)),
            EventColumn.BUDGET: self._parsed(row, EventColumn.BUDGET, _budget),
        }

    def _column(self, field: str) -> str:
        return str(self.map.fields[field])

    def _value(self, row: Row, field: str) -> Value:
        source = self.map.fields.get(field)
        if source is None:
            return ""
        if len(source.columns) == 1:
            return row.values.get(source.columns[0], "")
        values = (row.values.get(column, "") for column in source.columns)
        return [name for value in values for name in ([value] if isinstance(value, str) else value) if name.strip()]

    def _id(self, row: Row, field: str) -> str:
        text = _joined(self._value(row, field)).strip()
        if not text or len(text.split()) > 1:
            raise FaultyRowError(f"column {self._column(field)!r}: must be an id without blanks. Got {text[:60]!r}.")
        return text

    def _text(self, row: Row, field: str) -> str | None:
        if field not in self.map.fields:
            return None
        raw = _joined(self._value(row, field))
        text = "" if raw.strip().casefold() in _NO_TEXT else clean_text(raw)
        self.shares.see_text(field, text, row.place)
        return text or None

    def _parsed(self, row: Row, field: str, parse: Callable[[str], Parsed[T]]) -> T | None:
        if field not in self.map.fields:
            return None
        text = _joined(self._value(row, field))
        parsed: Parsed[T] = Parsed() if text.strip().casefold() in _NO_TEXT else parse(text)
        self.shares.see(field, parsed, text, row.place)
        return parsed.value

    def _age(self, row: Row) -> AgeRange | None:
        source = self.map.fields.get(AGE)
        if source is None or not source.search:
            return self._parsed(row, AGE, parse_age)
        text = _joined(self._value(row, AGE))
        parsed = find_age(text)
        self.shares.see(AGE, parsed, stated_age(text), row.place)
        return parsed.value

    def _category(self, row: Row) -> tuple[str, ...]:
        if ToyColumn.CATEGORY not in self.map.fields:
            return ()
        value = self._value(row, ToyColumn.CATEGORY)
        if isinstance(value, list):
            names = tuple(name for item in value if (name := clean_text(item)))
            parsed: Parsed[tuple[str, ...]] = Parsed(names) if names else Parsed()
        else:
            parsed = parse_category(value, self.reading.category_separator)
        self.shares.see(ToyColumn.CATEGORY, parsed, _joined(value), row.place)
        return parsed.value or ()

    def _names(self, row: Row, field: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_list(self._value(row, field))))

    def _hazards(self, row: Row) -> tuple[tuple[Hazard, ...], bool]:
        """(the known hazards, whether all that are stated are known)."""
        found, all_known = [], True
        for name in self._names(row, ToyColumn.HAZARDS):
            parsed = _hazard(name)
            self.shares.see(ToyColumn.HAZARDS, parsed, name, row.place)
            if parsed.value is None:
                all_known = False
            else:
                found.append(parsed.value)
        return tuple(dict.fromkeys(found)), all_known


def _joined(value: Value) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _list(value: Value) -> list[str]:
    """Names of a list, of a JSON list, or of a text with ; or | (else ,) between them."""
    if not value:
        return []
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            try:
                content = json.loads(value)
            except (ValueError, RecursionError):
                content = None
            if isinstance(content, list):
                value = [str(item) for item in content]
        if isinstance(value, str):
            mark = next((mark for mark in ";|" if mark in value), ",")
            value = value.split(mark)
    return [name for item in value if (name := clean_text(item))]


def _currency(text: str) -> Parsed[str]:
    code = text.strip().upper()
    return Parsed(code) if code in CURRENCIES else Parsed(why="not a currency's ISO 4217 code")


def _months(text: str) -> Parsed[int]:
    shown = text.strip().removesuffix(".0")
    if shown.isascii() and shown.isdigit() and len(shown) < 5 and int(shown) <= _MONTHS:
        return Parsed(int(shown))
    return Parsed(why=f"not whole months, 0 to {_MONTHS}")


def _budget(text: str) -> Parsed[float]:
    price = parse_price(text)
    return Parsed(float(price.value.amount), note=price.note) if price.value else Parsed(why=price.why)


def _yes_or_no(text: str) -> Parsed[bool]:
    shown = text.strip().casefold()
    return Parsed(shown in _YES) if shown in _YES | _NO else Parsed(why="neither yes nor no")


def _audience(text: str) -> Parsed[Audience]:
    shown = text.strip().casefold()
    return Parsed(Audience(shown)) if shown in list(Audience) else Parsed(why="not child, adult or unknown")


def _hazard(name: str) -> Parsed[Hazard]:
    hazard = _HAZARDS.get(name.casefold().replace(" ", "_").replace("-", "_"))
    return Parsed(hazard) if hazard else Parsed(why=f"not one of {', '.join(Hazard)}")


def _kind(text: str) -> Parsed[EventKind]:
    kind = _KINDS.get(text.strip().casefold().replace(" ", "_").replace("-", "_"))
    return Parsed(kind) if kind else Parsed(why="not a kind of event")


def _barcode(text: str) -> Parsed[str]:
    digits = text.strip().replace(" ", "").replace("-", "")
    good = digits.isascii() and digits.isdigit() and len(digits) in (8, 12, 13, 14)
    return Parsed(digits) if good and _check_digit(digits) else Parsed(why="not a GTIN: 8, 12, 13 or 14 digits")


def _check_digit(digits: str) -> bool:
    """Whether the weights 3 and 1 from the right give a multiple of 10 (GS1 General Specifications, 7.9)."""
    return sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(reversed(digits))) % 10 == 0
