"""Ages as makers write them, in months: `3 years and up`, `36 months - 8 years`, `5+`, `3-6岁`, `Ages 8 to 12`.

What becomes what
- Bounds are the stated ones: `8 - 12 years` is 96 to 144 months. Equal bounds mean "and up".
- A unit said once holds for both bounds. Without any, numbers up to 18 are years, with a note: taking months for
  years keeps a toy from children, the other way round would not.
- An age alone (`3 years`) is a lower bound. `not under 3 years`, `不适合3岁以下` are lower bounds, too.
- Bounds upside down (`4 - 3 years`) and upper bounds alone (`up to 3 years`) are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from data.parsing.outcome import Parsed
from data.parsing.text import fold

_OLDEST_YEARS: Final = 120
_BARE_YEARS: Final = 18
_EVERYBODY: Final = 72  # an upper bound from here on, as in "3-99", is no number of months
_SHOWN: Final = 40
_UPSIDE_DOWN: Final = "the bounds are upside down"

_NUMBER = r"[0-9]{1,4}(?:\.[0-9]{1,2})?"
_UNIT = r"years?|yrs?\.?|yr|y/o|yo|y|months?|mths?|mos?\.?|m|周岁|岁|歳|个月|個月|月"
_OLD = r"(?: ?(?:old|of age))?"
_UP = r"\+|plus|& up|and up(?:wards)?|up|(?:and|or|&) (?:over|above|older)|upwards|onwards|及以上|以上|起"
_TO = r"-|–|—|~|−|to|through|至|到"
_LEAD = (
    r"(?:(?:(?:manufacturer(?:'s)?|our) )?(?:minimum )?(?:recommended |suggested )?(?:for )?ages?(?: range)?(?: from)?"
    r"|(?:recommended|suitable|suggested)(?: for)?(?: ages?)?|for(?: ages?)?|from|适用年龄|推荐年龄|年龄|适合|适用于?)"
    r" ?:? ?"
)
_SPAN = re.compile(
    rf"(?:{_LEAD})?(?P<low>{_NUMBER})(?:(?P<plus> ?\+)? ?-?(?P<low_unit>{_UNIT}){_OLD})?"
    rf"(?: ?(?P<up>{_UP})| ?(?:{_TO}) ?(?P<high>{_NUMBER})(?: ?-?(?P<high_unit>{_UNIT}){_OLD})?)?"
    r" ?(?:olds?|kids|children|儿童|宝宝|的?孩子)?\.?"
)
_NOT_UNDER = (
    rf"(?:not (?:suitable |recommended |intended )?(?:for )?(?:children |kids |child )?(?:under|below)(?: the age of)?"
    rf" ?(?P<low>{_NUMBER})(?:'s| ?(?P<low_unit>{_UNIT}){_OLD})?"
    rf"|不适合 ?(?P<low_zh>{_NUMBER}) ?(?P<unit_zh>{_UNIT}) ?以下(?:儿童|宝宝|的?孩子)?(?:使用)?"
    rf"|(?P<low_no>{_NUMBER}) ?(?P<unit_no>{_UNIT}) ?以下(?:的?(?:儿童|婴幼儿|幼儿|宝宝|孩子))?"
    r"(?:不宜|禁用|禁止|不得|请勿|慎用)(?:使用)?)"
)
_WARNING = re.compile(rf"{_NOT_UNDER}\.?")
_BIRTH = re.compile(rf"(?:{_LEAD})?(?:birth|newborns?|新生儿|出生) ?(?:{_UP})?")
_ADULTS = re.compile(rf"(?:{_LEAD})?(?:adults?(?: only)?|成人|成年人)")
_LABEL = re.compile(
    r"(?:recommended age(?:\(s\)|s)?|(?:minimum|suitable|target) ages?|age range|适用年龄|推荐年龄)"
    r"(?: ?\(?description\)?)? ?[::]? ?"
)
_STARTS = tuple(re.compile(f"(?:{one.pattern})(?![a-z0-9])") for one in (_SPAN, _WARNING, _BIRTH, _ADULTS))


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Months: from this age on; up to `to_months`, or "and up" where that is None."""

    from_months: int
    to_months: int | None = None


def parse_age(text: str) -> Parsed[AgeRange]:
    """An age that is all of `text`."""
    shown = fold(text)
    return _read(shown) if shown else Parsed()


def find_age(text: str) -> Parsed[AgeRange]:
    """The age that a long text states ("… Manufacturer recommended age:3 years and up …" or a warning for the
    smallest); empty where it states none.

    Of several statements the highest lower bound counts, with a note. One that cannot be understood is passed over
    where another can, unless its bounds are upside down.
    """
    read = [one for _, one in _statements(fold(text))]
    if bad := next((one for one in read if one.value is None and (one.why == _UPSIDE_DOWN or len(read) == 1)), None):
        return bad
    ages = [one for one in read if one.value is not None]
    if not ages:
        return read[0] if read else Parsed()
    strictest = max(ages, key=lambda one: one.value.from_months if one.value else 0)
    if len({one.value for one in ages}) == 1:
        return strictest
    return Parsed(strictest.value, note="several ages stated: the highest")


def stated_age(text: str) -> str:
    """What `find_age` reads in a long text, folded, with " / " between several; "" where it states none."""
    return " / ".join(dict.fromkeys(stated for stated, _ in _statements(fold(text))))


def _statements(shown: str) -> Iterator[tuple[str, Parsed[AgeRange]]]:
    for label in _LABEL.finditer(shown):
        for pattern in _STARTS:
            if found := pattern.match(shown, label.end()):
                yield found[0].strip(), _read(found[0].strip())
                break
        else:
            yield shown[label.end() : label.end() + _SHOWN].strip(), Parsed(why="not an age")
    for warning in _WARNING.finditer(shown):
        yield warning[0], _read(warning[0])


def _read(shown: str) -> Parsed[AgeRange]:
    if _BIRTH.fullmatch(shown):
        return Parsed(AgeRange(0))
    if _ADULTS.fullmatch(shown):
        return Parsed(AgeRange(_BARE_YEARS * 12))
    if warning := _WARNING.fullmatch(shown):
        number = warning["low"] or warning["low_zh"] or warning["low_no"]
        unit = warning["low_unit"] or warning["unit_zh"] or warning["unit_no"]
        if unit is None:  # "under the age of 3", "under 36": nobody warns of people under 36 years
            unit = "y" if Decimal(number) <= _BARE_YEARS else "m"
        return _range(_months(number, unit), None, "")
    span = _SPAN.fullmatch(shown)
    if span is None:
        return Parsed(why="not an age")
    low_unit, high_unit = span["low_unit"] or span["high_unit"], span["high_unit"] or span["low_unit"]
    note = ""
    if low_unit is None:
        if not span["up"] and not span["high"] and not shown.startswith("age"):
            return Parsed(why="no unit: months or years")
        low, high = Decimal(span["low"]), Decimal(span["high"] or 0)
        if low > _BARE_YEARS or _BARE_YEARS < high < _EVERYBODY:
            return Parsed(why="no unit: months or years")
        low_unit = high_unit = "y"
        note = "no unit: read as years"
    to_months = None if span["high"] is None else _months(span["high"], high_unit)
    return _range(_months(span["low"], low_unit), to_months, note)


def _range(low: int, high: int | None, note: str) -> Parsed[AgeRange]:
    if high is not None and high < low:
        return Parsed(why=_UPSIDE_DOWN)
    if low > _OLDEST_YEARS * 12 or (high or 0) > _OLDEST_YEARS * 12:
        return Parsed(why="older than people grow")
    if high == low:
        return Parsed(AgeRange(low), note="; ".join(filter(None, (note, 'equal bounds: read as "and up"'))))
    return Parsed(AgeRange(low, high), note=note)


def _months(number: str, unit: str) -> int:
    """Whole months, rounded up: the lower bound is never softened."""
    months = Decimal(number) * (1 if unit.startswith(("m", "月", "个", "個")) else 12)
    return int(months.to_integral_value(rounding="ROUND_CEILING"))
