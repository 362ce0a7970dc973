"""Words in the visitor's language: the string tables, and prices, ages and safety marks as people say them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final

from app.shop.choices import BAND_OF
from app.shop.models import Item, Reason, Toy
from app.shop.profile import Profile
from data.schema import ADULT_MONTHS, HAZARD_FLOOR_MONTHS, SMALLEST_MONTHS

LANGUAGES: Final = ("en", "zh")

_SYMBOLS: Final = {"GBP": "£", "USD": "$", "EUR": "€", "CNY": "¥", "JPY": "¥", "AUD": "A$", "CAD": "C$", "HKD": "HK$"}
_FLOORS: Final = {hazard.value: floor for hazard, floor in HAZARD_FLOOR_MONTHS.items()}
_ROUGH: Final = 36  # from this age in months on, a recommendation ends with a whole year
_WHOLE: Final = frozenset({"JPY", "KRW"})  # currencies without a smaller coin


@cache
def strings(language: str) -> dict[str, str]:
    """The table of `language`, one of `LANGUAGES`."""
    table = files("app.shop").joinpath("strings", f"{language}.json").read_text(encoding="utf-8")
    return dict(json.loads(table))


def t(language: str, key: str, **values: object) -> str:
    """The words of `key`. KeyError if the table has none: a test sees to it that it has."""
    return strings(language)[key].format(**values)


def preferred_language(stated: str | None, browser: str | None) -> str:
    """The language in an address (`?lang=`), else the browser's, else English."""
    for wish in (stated, browser):
        short = (wish or "").lower()[:2]
        if short in LANGUAGES:
            return short
    return "en"


def title(toy: Toy, language: str) -> str:
    """The toy's title, the Chinese one where it is wanted and there."""
    return toy.title_zh if language == "zh" and toy.title_zh else toy.title


def description(toy: Toy, language: str) -> str:
    """The toy's description; empty where there is none."""
    return (toy.description_zh if language == "zh" and toy.description_zh else toy.description) or ""


def money(amount: Decimal | int, currency: str | None) -> str:
    """A sum with its currency: £12.99, ¥1,200, 12.99 PLN. A whole sum is shown without pence."""
    digits = 0 if currency in _WHOLE or isinstance(amount, int) else 2
    number = f"{amount:,.{digits}f}"
    if currency is None:
        return number
    return f"{_SYMBOLS[currency]}{number}" if currency in _SYMBOLS else f"{number} {currency}"


def price(toy: Toy, language: str) -> str:
    """The price, or that one has to ask."""
    return t(language, "price.unknown") if toy.price is None else money(toy.price, toy.currency)


def months(age: int, language: str) -> str:
    """An age on its own, never rounded: a safety age that is cut to whole years would be too low.

    "9 months", "3 years", "2½ years", "3 years 4 months".
    """
    years, rest = divmod(age, 12)
    if age < 12 or (age < 24 and rest not in (0, 6)):
        return t(language, "age.months", n=age)
    if rest == 6:
        return t(language, "age.half", n=years)
    whole = t(language, "age.year" if years == 1 else "age.years", n=years)
    return t(language, "age.both", years=whole, months=t(language, "age.months", n=rest)) if rest else whole


def age_range(toy: Toy, language: str) -> str:
    """The recommended age: "3–7 years", "6–18 months", "from 5 years"."""
    start, end = toy.recommended_age, toy.recommended_age_to
    if start is None:
        return t(language, "age.unknown")
    if end is not None and end >= _ROUGH and end % 6:
        end -= end % 12  # a recommendation for the eldest is no matter of months
    if end is None or end <= start:
        return t(language, "age.from_birth") if start == 0 else t(language, "age.from", age=months(start, language))
    if end < 24 or (start < 12 and end <= 36 and end % 12):
        return t(language, "age.range_months", a=start, b=end)
    if start == 0:
        return t(language, "age.birth_to", age=months(end, language))
    if start >= 12 and start % 6 == 0 and end % 6 == 0:
        return t(language, "age.range_years", a=_in_years(start), b=_in_years(end))
    return t(language, "age.range_mixed", a=months(start, language), b=months(end, language))


def _in_years(age: int) -> str:
    return f"{age // 12}½" if age % 12 else str(age // 12)


def band(age_months: int, language: str) -> str:
    """An age band on a chip: "0–6 months", "3 years", "6–7 years", "Grown-up"."""
    found = BAND_OF[age_months]
    if found.end is None:
        return t(language, "band.adult")
    if found.end <= 12:
        return t(language, "age.range_months", a=found.start, b=found.end)
    first, last = found.start // 12, found.end // 12 - 1
    if first == last:
        return t(language, "age.year" if first == 1 else "age.years", n=first)
    return t(language, "age.range_years", a=first, b=last)


def safe_from(toy: Toy) -> int:
    """The lowest age in months at which the toy may be shown, as the house's rules have it."""
    known = SMALLEST_MONTHS if toy.safety_min_age is None else toy.safety_min_age
    floors = (_FLOORS[name] for name in toy.hazards if name in _FLOORS)
    return max((known, *floors))


def safety(toy: Toy, language: str) -> str:
    """The safety mark in words: "Not under 3 years: small parts"; empty where nothing is to be said."""
    lowest = safe_from(toy)
    if lowest == 0:
        return ""
    hazards = [hazard(name, language) for name in toy.hazards if name in _FLOORS]
    mark = t(language, "safety.not_under", age=months(lowest, language))
    if hazards:
        return t(language, "safety.because", mark=mark, hazards=join(hazards, language))
    return mark


def hazard(name: str, language: str) -> str:
    """A hazard in words; one that the table does not know is shown much as it is."""
    return t(language, f"hazard.{name}") if name in _FLOORS else name.replace("_", " ")


def interest(name: str, language: str, in_sentence: bool = False) -> str:
    """An interest as people say it; a name that the table does not know is shown much as it is."""
    words = strings(language).get(f"interest.{name.lower()}") or name.replace("_", " ").strip()
    first = words[:1].lower() if in_sentence else words[:1].upper()
    return first + words[1:]


def category(name: str, language: str) -> str:
    """A category as people say it; one that the table does not know is shown as the catalogue has it."""
    return strings(language).get(f"category.{name.lower()}") or name


def price_range(low: int, high: int | None, currency: str | None, language: str) -> str:
    """A range of prices on a chip: "up to £10", "£10–£20", "from £50"."""
    if high is None:
        return t(language, "browse.price_from", sum=money(low, currency))
    if low == 0:
        return t(language, "ask.budget_step", sum=money(high, currency))
    return t(language, "browse.price_between", low=money(low, currency), high=money(high, currency))


def join(words: Sequence[str], language: str) -> str:
    """A list in a sentence."""
    return t(language, "list.comma").join(words)


def reason(said: Reason, toy: Toy, profile: Profile, language: str) -> str:
    """One reason as a sentence: the kiosk's words, but ages and interests by the names on the chips."""
    if said.code == "fits_age" and profile.age_months is not None:
        return t(language, "reason.age", age=band(profile.age_months, language))
    if said.code == "matches_interest":
        both = [interest(name, language, True) for name in profile.interests if name in toy.interests][:2]
        if both:
            return t(language, "reason.interest", interests=join(both, language))
    return said.text


def first_reason(item: Item, profile: Profile, language: str) -> str:
    """The most telling reason; empty where the kiosk gave none."""
    return reason(item.reasons[0], item.toy, profile, language) if item.reasons else ""


def summary(
    profile: Profile, gift: bool, currency: str | None, language: str, youngest_months: int | None = None
) -> str:
    """Whom the shelf is for, in one line: "age 3 years · loves trains · up to £20 · also safe for 1 year".

    youngest_months: the youngest child of the whole visit; None: the youngest of the profile
    """
    parts = []
    if profile.age_months is not None and (gift or profile.age_months < ADULT_MONTHS):
        parts.append(t(language, "summary.age", age=band(profile.age_months, language)))
    if profile.interests:
        liked = [interest(name, language, True) for name in profile.interests]
        parts.append(t(language, "summary.interests", interests=join(liked, language)))
    if profile.budget is not None:
        parts.append(t(language, "summary.budget", sum=money(profile.budget, currency)))
    favourites = [] if parts else [t(language, "summary.anyone" if gift else "summary.me")]
    youngest = profile.youngest if youngest_months is None else youngest_months
    if youngest is not None and youngest != profile.age_months:
        parts.append(t(language, "summary.youngest", age=band(youngest, language)))
    parts = favourites + parts
    return t(language, "summary.separator").join(parts)
