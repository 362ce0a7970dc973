"""Sums of money: a budget, in the shop's currency or in one that it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from app.shop.numerals import ANY, CHINESE, ENGLISH, number
from app.shop.understand.reading import Reading
from app.shop.understand.values import CHILD_YEARS, MOST

_SIGNS: Final = {"£": ("GBP",), "€": ("EUR",), "$": ("USD", "AUD", "CAD", "HKD"), "¥": ("CNY", "JPY")}
_NAMES: Final = {
    "GBP": "pounds?|quid|gbp|英镑|镑",
    "USD": "usd|us dollars?|美元|美金",
    "EUR": "euros?|eur|欧元",
    "CNY": "rmb|cny|yuan|人民币",
    "HKD": "hkd|港币|港元",
    "JPY": "jpy|yen|日元",
}
_ANY_NAMES: Final = "dollars?|bucks?|元钱?|块钱?"  # of the shop's own currency, whichever that is
_BEFORE: Final = r"(?P<sign>us\$|[£€$¥]|(?:gbp|usd|eur|rmb|cny|hkd|jpy) ?)"
_AFTER: Final = (
    rf"(?P<name>{'|'.join(_NAMES.values())}|{_ANY_NAMES}|[£€$¥])(?![a-z])(?:人民币)?"  # "50块" and "50块人民币"
)
_LOWEST: Final = (
    r"(?<!no )(?<!not )(?<!不)(?<!别)(?<!不要)(?:over|more than|at least|above|minimum(?: of)?|"
    r"min\.?|至少|超过|高于|不低于)"
)
_UNDER: Final = (
    r"(?:under|below|less than|up to|within|no more than|not more than|at most|cheaper than|not over|"
    r"max(?:imum)?\.?(?: of)?|around|about|roughly|approximately|"
    r"(?:my |a |the )?budget(?: is| of|:)?(?: around| about| under| up to)?|spend(?:ing)?(?: up to)?|"
    r"costs?(?: under| up to)?|for|"
    r"不超过|不要超过|别超过|最多|低于|少于|预算(?:是|在|为|大约|大概|大约是)?[:：]?|价格(?:在)?|大约|大概|约|花)"
)
_PRICE_WORD: Final = (
    r"(?:no more than|not more than|at most|cheaper than|not over|max(?:imum)?\.?(?: of)?|"
    r"(?:my |a |the )?budget(?: is| of|:)?(?: around| about| under| up to)?|spend(?:ing)?(?: up to|"
    r" about)?|costs? (?:under|up to|less than)|"
    r"price(?:d)? (?:under|below|up to)|"
    r"不超过|不要超过|别超过|最多|预算(?:是|在|为|大约|大概|大约是)?[:：]?|价格(?:在)?(?:低于)?)"
)
TO: Final = r" ?(?:-|–|—|~|～|to|and|or|到|至|或|和) ?"
_OR_LESS: Final = (
    r"(?: ?(?:or (?:less|under|below|so)|max(?:imum)?(?![a-z])|tops|at most|budget|"
    r"以内|之内|以下|左右|上下|内|的?预算))?"
)


def read_prices(reading: Reading, currency: str | None) -> None:
    """Sums that say that they are sums, by a currency or a word such as "budget"."""
    for match in reading.each(
        rf"{_LOWEST} ?(?:{_BEFORE} ?{ANY}|{ANY} ?{_AFTER})|{ANY} ?{_AFTER.replace('name', 'other')}(?:以上|"
        rf"起|or more)"
    ):
        reading.currency = reading.currency or _currency_of(match.groupdict(), currency)
        reading.leave(match)
    span = rf"(?:between |from |{_UNDER} ?)?"
    for pattern in (
        (
            rf"{span}{_BEFORE} ?(?P<low>{ANY}){TO}(?:{_BEFORE.replace('sign', 'second')})? ?(?P<high>{ANY})"
            rf"(?: ?{_AFTER})?{_OR_LESS}"
        ),
        rf"{span}(?P<low>{ANY}){TO}(?P<high>{ANY}) ?{_AFTER}{_OR_LESS}",
        rf"(?:{_UNDER} ?)?{_BEFORE} ?(?P<high>{ANY})(?: ?{_AFTER})?{_OR_LESS}",
        rf"(?:{_UNDER} ?)?(?P<high>{ANY}) ?{_AFTER}{_OR_LESS}",
        (
            rf"{_PRICE_WORD} ?(?:between |from )?(?:{ANY}{TO})?(?P<high>{ANY})(?! ?(?:years?|"
            rf"months?|yrs?|岁|个月|周|-|children|kids|toys?|个|件|样))"
        ),
        r"(?P<high>" + CHINESE + r")(?:以内|之内|的?预算)(?!的?(?:孩子|宝宝|岁))",
        rf"(?P<high>{ENGLISH}) (?:or less|max(?:imum)?|tops|at most)(?![a-z])",
    ):
        for match in reading.each(pattern):
            take_price(reading, match, currency)
    for match in reading.each(rf"(?:{CHINESE}{TO})?(?P<high>{CHINESE}) ?(?:之间|左右|上下)"):
        if number(match["high"]) > CHILD_YEARS:
            take_price(reading, match, currency)


def take_price(reading: Reading, match: re.Match[str], shop: str | None) -> None:
    """Group `high` of the match is the most that a toy may cost."""
    said = _currency_of(match.groupdict(), shop)
    amount = int(number(match["high"]))
    reading.currency = reading.currency or said
    if said is not None and shop is not None and said != shop:
        reading.doubt("currency")
    elif amount < 1:
        reading.doubt("zero")
    elif amount > MOST:
        reading.doubt("sum")
    else:
        reading.add(match, "budget", amount)
        return
    reading.leave(match)


def _currency_of(groups: Mapping[str, str | None], shop: str | None) -> str | None:
    """The ISO code that was said; None for words that mean whatever the shop takes, as "dollars" and "块"."""
    for said in (groups.get(name) for name in ("sign", "second", "name", "other")):
        word = (said or "").strip()
        if word in _SIGNS:
            return shop if shop in _SIGNS[word] else _SIGNS[word][0]
        if word == "us$":
            return "USD"
        for code, names in _NAMES.items():
            if word and re.fullmatch(names, word):
                return code
    return None
