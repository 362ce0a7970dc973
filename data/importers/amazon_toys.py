"""One row of Amazon's metadata → one toy, whichever of the three years it is from.

| ours | 2014 | 2018 | 2023 |
|---|---|---|---|
| id | asin | asin | parent_asin |
| title | title | title | title |
| brand | brand | brand | store |
| category | categories (list of lists) | category (list) | categories (list) |
| price in USD | price (number) | price (`$12.99`, `$5 - $9`) | price (number, text, `—` or null) |
| description | description (text) | description (list), else feature | description (list), else features |
| ages | a warning in the texts | the same, or details | details |

What becomes what
- Of several category paths the one with the most levels is the category; the others become tags `path:A > B`.
- A toy without a title, or with one of more than 500 characters (a piece of a web page), is called by its category.
- The maker's age comes from details (`Manufacturer recommended age`, else `Manufacturer Minimum Age (MONTHS)`), else
  from a statement such as "Not for children under 3 years" in features and description. Where both speak, the
  recommended age is that of details, and the safety age the higher of the two.
- Pictures are not taken: rows hold addresses, and a kiosk is offline. Ranks and links to other toys are not, either:
  they were made with knowledge of what was bought later.
- What is not understood is unknown, and counted in `shares`.
"""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from data.importers.shares import Shares
from data.parsing.age import AgeRange, find_age, parse_age, stated_age
from data.parsing.outcome import Parsed
from data.parsing.price import Price, parse_price
from data.parsing.text import clean_text
from data.schema import Toy, ToyColumn, ages_from_maker

AGE: Final = "age"
_UNNAMED: Final = "Toy"
_LONGEST_TITLE: Final = 500
_LONGEST_DESCRIPTION: Final = 2000
_CENT: Final = Decimal("0.01")
_MARKUP = re.compile(r"</?[a-z]|\{.*\}", re.IGNORECASE)
_MAY_STATE_AGE = re.compile(r"\bage|under|below|以下|年龄", re.IGNORECASE)


class FieldFaultError(Exception):
    """A row that cannot be used; the message names field and value."""


def toy_from_metadata(row: dict[str, Any], place: str, shares: Shares) -> Toy:
    """The toy of a row, counting in `shares` what was understood. Raises FieldFaultError if it has no good id."""
    toy_id = id_of(row, "parent_asin" if "parent_asin" in row else "asin")
    category, tags = _category(row.get("categories", row.get("category")), place, shares)
    description, features = _joined(row.get("description")), _joined(row.get("features", row.get("feature")))
    age, warned = _ages(row.get("details"), f"{features} {description}", place, shares)
    soft, hard = ages_from_maker(age.from_months if age else None)
    if hard is not None and warned is not None:
        hard = max(hard, warned.from_months)
    price = _price(row.get("price"), place, shares)
    return Toy(
        toy_id,
        _title(row.get("title"), place, shares) or (category[-1] if category else _UNNAMED),
        description=_description(description or features, place, shares),
        brand=_text(ToyColumn.BRAND, row.get("brand") or row.get("store"), place, shares),
        category=category,
        price=price.amount if price else None,
        currency="USD" if price else None,
        recommended_age=soft,
        recommended_age_to=age.to_months if age else None,
        safety_min_age=hard,
        tags=tags,
    )


def id_of(row: dict[str, Any], field: str) -> str:
    """The id in `field`. Raises FieldFaultError if it is missing, no text, or has blanks."""
    value = row.get(field)
    if isinstance(value, str) and value and value.isprintable() and " " not in value:
        return value
    got = "nothing" if field not in row else repr(value)[:60]
    raise FieldFaultError(f"field {field!r}: must be an id without blanks. Got {got}.")


def _title(value: Any, place: str, shares: Shares) -> str | None:
    if isinstance(value, str) and (len(value) > _LONGEST_TITLE or _MARKUP.search(value)):
        shares.see(ToyColumn.TITLE, Parsed(why="a piece of a web page"), value, place)
        return None
    return _text(ToyColumn.TITLE, value, place, shares)


def _text(name: str, value: Any, place: str, shares: Shares) -> str | None:
    text = clean_text(_joined(value))
    shares.see_text(name, text, place)
    return text or None


def _description(text: str, place: str, shares: Shares) -> str | None:
    shown = clean_text(text)
    shares.see_text(ToyColumn.DESCRIPTION, shown, place)
    if len(shown) > _LONGEST_DESCRIPTION:
        shares[ToyColumn.DESCRIPTION].note(f"cut to {_LONGEST_DESCRIPTION:,} characters", shown[:60], place)
        shown = shown[: _LONGEST_DESCRIPTION - 2].rsplit(" ", 1)[0] + " …"
    return shown or None


def _joined(value: Any) -> str:
    """Text of a text, a number, or a list of them, whatever else is in it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(part for item in value if (part := _joined(item)))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _category(value: Any, place: str, shares: Shares) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the category, tags of the other paths) of a list of names or a list of such lists."""
    lists = value if isinstance(value, list) and any(isinstance(item, list) for item in value) else [value]
    paths = [path for item in lists if (path := _path(item))]
    stated = bool(value)
    shares.see(
        ToyColumn.CATEGORY,
        Parsed(paths[0]) if paths else Parsed(why="no list of names" if stated else ""),
        json.dumps(value, ensure_ascii=False, default=str) if stated else "",
        place,
    )
    if not paths:
        return (), ()
    category = max(paths, key=len)
    own = {category[:depth] for depth in range(1, len(category) + 1)}
    others = (path[:depth] for path in paths for depth in range(1, len(path) + 1))
    return category, tuple(dict.fromkeys(f"path:{' > '.join(node)}" for node in others if node not in own))


def _path(value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return tuple(
        shown for name in names if isinstance(name, str) and not _MARKUP.search(name) and (shown := clean_text(name))
    )


def _price(value: Any, place: str, shares: Shares) -> Price | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        amount = Decimal(str(value)).quantize(_CENT, ROUND_HALF_UP) if abs(value) < 10**9 else Decimal(0)
        parsed = Parsed(Price(amount, "USD")) if amount > 0 else Parsed[Price](why="not above 0 and below 10^9")
    elif isinstance(value, str):
        parsed = parse_price(value, "USD")
        if parsed.value is not None and parsed.value.currency != "USD":
            parsed = Parsed(why="not in USD")
    else:
        parsed = Parsed(why="" if value is None else "neither number nor text")
    shares.see(ToyColumn.PRICE, parsed, "" if value is None else str(value), place)
    return parsed.value


def _ages(details: Any, texts: str, place: str, shares: Shares) -> tuple[AgeRange | None, AgeRange | None]:
    """(the maker's age, the age that the texts state)."""
    parsed, text = _age_of_details(details)
    stated = find_age(texts) if _MAY_STATE_AGE.search(texts) else Parsed[AgeRange]()
    if parsed.empty:
        parsed, text = stated, stated_age(texts) if not stated.empty else ""
    shares.see(AGE, parsed, text, place)
    return parsed.value, stated.value


def _age_of_details(details: Any) -> tuple[Parsed[AgeRange], str]:
    """(the maker's age, the text it was read from) of a table of details, which some copies keep as JSON text."""
    if isinstance(details, str):
        try:
            details = json.loads(details)
        except (ValueError, RecursionError):
            return Parsed(), ""
    if not isinstance(details, dict):
        return Parsed(), ""
    named = {
        " ".join(name.replace(":", " ").casefold().split()): _joined(value)
        for name, value in details.items()
        if "age" in name.casefold()
    }
    recommended = named.get("manufacturer recommended age", "")
    parsed = parse_age(recommended)
    if parsed.value is None and (months := named.get("manufacturer minimum age (months)", "")):
        lowest = parse_age(f"{months} months")
        if lowest.value is not None or parsed.empty:
            return lowest, months
    return parsed, recommended
