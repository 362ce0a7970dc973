"""Numbers as people write them: 4, 1,000, 2½, "four", "twenty-five", 三, 两百五十."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_ONES: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)
_SMALL: Final = {name: value for value, name in enumerate(_ONES)}
_DIGITS: Final = {**{sign: value for value, sign in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2}
_UNITS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10_000}

_ONE_TO_NINE: Final = "|".join(_ONES[1:10])
_WORD: Final = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{_ONE_TO_NINE}))?|(?:(?:{_ONE_TO_NINE}|an?) )?hundred|"
    rf"{'|'.join(sorted(_ONES, key=len, reverse=True))})"
)
_FIGURES: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:\.[0-9]{1,3})?½?"
ENGLISH: Final = (
    rf"(?:(?<![0-9½])(?<![0-9][.,])(?:{_FIGURES}|½)(?![0-9½])|(?<![a-z]){_WORD}(?![a-z])(?: and a half(?![a-z]))?)"
)
"""A pattern for a number in figures or English words, without groups; lower case."""
CHINESE: Final = rf"(?:(?<![0-9½])(?<![0-9][.,])(?:{_FIGURES}|½)(?![0-9½])|[零〇一二两三四五六七八九十百千万]{{1,9}})"
"""The same for figures and Chinese signs."""
ANY: Final = rf"(?:{ENGLISH}|[零〇一二两三四五六七八九十百千万]{{1,9}})"


def number(words: str) -> Fraction:
    """The value of what `ENGLISH` or `CHINESE` matched. ValueError for anything else."""
    words = words.strip()
    if re.match(r"[0-9½]", words):
        half = Fraction(1, 2) if words.endswith("½") else Fraction(0)
        return Fraction(words.rstrip("½").replace(",", "") or "0") + half
    if words and all(sign in _DIGITS or sign in _UNITS for sign in words):
        return Fraction(_chinese(words))
    return _english(words)


def _english(words: str) -> Fraction:
    whole = words.removesuffix(" and a half")
    value = Fraction(1, 2) if whole != words else Fraction(0)
    for part in re.split(r"[ -]", whole):
        if part == "hundred":
            value = max(value, Fraction(1)) * 100
        elif part in ("a", "an"):
            value += 1
        elif part in _TENS or part in _SMALL:
            value += _TENS[part] if part in _TENS else _SMALL[part]
        else:
            raise ValueError(f"not a number: {words!r}")
    return value


def _chinese(signs: str) -> int:
    if not any(sign in _UNITS for sign in signs):  # figures one by one: 一五 is no number of a price, 二〇 is 20
        return int("".join(str(_DIGITS[sign]) for sign in signs))
    if re.search(r"[百千][一二三四五六七八九]$", signs):  # 一百五 is 150, as people say it; 105 is 一百零五
        return _chinese(signs[:-1]) + _DIGITS[signs[-1]] * _UNITS[signs[-2]] // 10
    total, digit = 0, 0
    for sign in signs:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign == "万":
            total, digit = (total + digit or 1) * 10_000, 0
        else:
            total, digit = total + (digit or 1) * _UNITS[sign], 0
    return total + digit
