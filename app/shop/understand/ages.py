"""Ages in years, months and weeks; of a range and of several children the lowest, and never one guessed upwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from app.shop.numerals import ANY, CHINESE, ENGLISH, number
from app.shop.understand.lexicon import compiled
from app.shop.understand.reading import Reading
from app.shop.understand.sums import TO
from app.shop.understand.values import OLDEST_MONTHS, Kind

_YEARS: Final = (
    r"(?:[ -]?(?:years?|yrs?)(?:[ -]?olds?)?|[ -]?y/?os?|[ -]?y(?:rs?)?)(?![a-z])(?! (?:ago|"
    r"later|guarantee|warranty))"
)
_MONTHS: Final = r"[ -]?(?:months?|mths?|mos?|m)(?:[ -]?olds?)?(?![a-z])(?! (?:ago|later))"
_WEEKS: Final = r"[ -]?(?:weeks?|wks?)[ -]?olds?(?![a-z])"
_NOT_WHEN: Final = r"(?<!in )(?<!next )(?<!last )"
_ZH_MONTHS: Final = r"个?月(?:大|龄)?(?!后|之后|以后|前|之前|底|初|份|[0-9]+[号日])"
NEARLY: Final = (
    r"(?:will be|'ll be|about to be|turning|turns|almost|nearly|not yet|not quite|快要?|将近|马上|不到|未满|不满)"
)
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ONE: Final = r"[一二两三四五六七八九]"


def read_ages(reading: Reading) -> None:
    """Ages that say that they are ages."""
    year, month = (lambda n: int(n * 12)), (lambda n: int(n))
    nearly = rf"(?P<near>{NEARLY} ?)?(?P<under>(?:under|below|less than|younger than|up to) (?:the age of |age )?)?"
    old = r"(?:age[sd]?:? (?:of )?|aged? between )?"
    tail = r"(?P<below>以下|以内|之内| (?:or|and) (?:under|younger))?(?:以上|起| ?\+| (?:or|and) (?:over|up|older))?"
    patterns: tuple[tuple[str, Callable[[Any], int]], ...] = (
        (rf"{old}(?P<low>{ENGLISH})[ -]?(?:years?|yrs?|y),? (?:and )?(?P<more>{ENGLISH}){_MONTHS}", year),
        (rf"(?P<low>{ENGLISH}){_MONTHS} ?(?:-|–|to) ?{ENGLISH}{_YEARS}", month),
        (rf"(?P<low>{CHINESE})个月 ?(?:-|–|到|至) ?{CHINESE}周?岁", month),
        (rf"(?P<low>{CHINESE})周?岁零?(?P<more>{CHINESE})个月大?", year),
        (rf"{nearly}{old}(?P<low>{ANY})(?:{_MONTHS})?{TO}(?P<high>{ANY}){_MONTHS}", month),
        (rf"{_NOT_WHEN}{nearly}{old}(?P<low>{ENGLISH}){_MONTHS}", month),
        (rf"(?P<low>{ENGLISH}){_WEEKS}", lambda n: int(n * 12 / 52)),
        (rf"(?P<low>{CHINESE})(?:周|星期|个星期)大", lambda n: int(n * 12 / 52)),
        (rf"{nearly}(?P<low>{CHINESE})(?:个?月)?(?:{TO}(?P<high>{CHINESE}))?{_ZH_MONTHS}", month),
        (rf"{nearly}(?P<low>(?:二?十)?{_ONE})(?={_ONE}周?岁){_ONE}周?岁", year),
        (rf"{nearly}(?P<low>{CHINESE})(?:周?岁)?{TO}(?P<high>{CHINESE})周?岁半?{tail}", year),
        (rf"{nearly}(?P<low>{CHINESE})周?岁(?P<half>半)?大?{tail}", year),
        (r"半(?:周岁|岁|年)大?", lambda _: 6),
        (r"(?:half a year|half-year) ?olds?", lambda _: 6),
        (rf"{nearly}{old}(?P<low>{ENGLISH})(?:{_YEARS})?{TO}(?P<high>{ENGLISH}){_YEARS}", year),
        (rf"{_NOT_WHEN}{nearly}{old}(?P<low>{ENGLISH}){_YEARS}{tail}", year),
        (rf"{nearly}age[sd]?:? (?:of |between )?(?P<low>{ENGLISH})(?:{TO}(?P<high>{ENGLISH}))?(?! ?%){tail}", year),
        (rf"turn(?:ing|s|ed) (?P<near>)(?P<low>{ENGLISH})(?! ?(?:pieces|parts))", year),
        (r"(?P<low>[0-9]{1,2})(?:st|nd|rd|th) birthday", year),
        *((rf"(?<![a-z]){word} birthday", _always(12 * years)) for years, word in enumerate(_ORDINALS, 1)),
        (r"(?P<low>[0-9]{1,2}) ?\+(?![0-9])", year),
        (
            (rf"(?P<low>{ENGLISH})(?=(?:,| and| or|, and) (?:a |an )?\0)"),
            year,
        ),  # "4 and 7 year olds": the first of them
        (
            (
                rf"(?<=\0)(?P<mid>)(?: and|, and| &) (?:a |an )?(?P<low>{ENGLISH})(?! ?[a-z]*[0-9£€$¥])(?=$|"
                rf"[ ,.;!?)](?!piece|part|toy))"
            ),
            year,
        ),
    )
    for pattern, months in patterns:
        for match in reading.each(pattern):
            take_age(reading, match, months)


def _always(months: int) -> Callable[[Any], int]:
    return lambda _: months


def take_age(reading: Reading, match: re.Match[str], months: Callable[[Any], int]) -> None:
    """Groups `low` and `high` of the match are an age, which `months` turns into months."""
    said = match.groupdict()
    lowest = min(
        (number(word) for word in (said.get("low"), said.get("high"), said.get("other")) if word), default=None
    )
    value = months(lowest)
    step = 12 if value >= 12 and months(1) == 12 else 1
    if said.get("half"):
        value += 6
    if said.get("more"):
        value += min(int(number(said["more"] or "")), 11)
    if said.get("under") or said.get("below"):
        value -= step
        reading.doubt("under")
    elif said.get("near") is not None:
        value -= step
    value = max(value, 0)
    if value > OLDEST_MONTHS:
        reading.doubt("age")
        reading.leave(match)
        return
    several = said.get("other") or compiled(_SEVERAL).search(match[0])
    if several and "between" not in match[0] and not said.get("more"):
        reading.doubt("two")
        reading.others |= {months(number(word)) for word in (said.get("high"), said.get("other")) if word}
    kind: Kind = "younger" if _is_sibling(reading.open, match) else "age"
    reading.add(match, kind, value)


_SEVERAL: Final = r" and (?!a half|under|over|up|younger|older)| ?和 ?"

_SIBLING_BEFORE: Final = (
    r"(?:(?:with|has|have|and|plus) (?:an? |his |her |their )(?:\w+ )?(?:younger|baby|"
    r"little|small|smaller) (?:sister|brother|sibling|one|cousin)s?|"
    r"at home(?: (?:is|there is|we have|they have))?|(?:家里|家中)?还有(?:一?个|位)?(?:更小的)?|"
    r"(?:他|她|有)的?(?:一?个)?(?:小?弟弟|小?妹妹)(?:是|才|只有|刚)?)"
    r"[ ,(:]*(?:an? |who is |is |of |aged? |who's )*$"
)
_SIBLING_AFTER: Final = (
    r"[ ,)]*(?:的)?(?:younger |baby |little )?(?:sister|brother|sibling)?(?: is)?(?: also)? ?(?:at home|"
    r"in the house)|^(?:大)?的(?:小?弟弟|小?妹妹|二宝)"
)


def _is_sibling(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 60) : match.start()]
    after = text[match.end() : match.end() + 40]
    if compiled(r"(?:with|has|have|and has|got) (?:an? |his |her |their )$").search(before) and compiled(
        r" (?:baby |little |younger )?(?:sister|brother|sibling)"
    ).match(after):
        return True
    return bool(compiled(_SIBLING_BEFORE).search(before) or compiled(_SIBLING_AFTER).match(after))
