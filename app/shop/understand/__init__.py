"""What a sentence says of a gift: age, a younger child, interests, a budget. Rules and two word lists; nothing is sent.

An age is never guessed upwards: of a range, of several children and of a word such as "toddler" the lowest counts.
Both languages are read at once, so that "Lego 给四岁" needs no setting. What is read first is closed to what is read
after it: sums, then ages with a unit, then bare numbers, words for ages, interests.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.shop.understand.age_words import read_age_words
from app.shop.understand.ages import read_ages
from app.shop.understand.bare_numbers import read_bare_numbers
from app.shop.understand.interests import read_interests
from app.shop.understand.reading import Reading, plain
from app.shop.understand.sums import read_prices
from app.shop.understand.values import MAX_TEXT, MOST, OLDEST_MONTHS, Doubt, Span, Understood

__all__ = ["MAX_TEXT", "MOST", "OLDEST_MONTHS", "Doubt", "Span", "Understood", "understand"]


def understand(text: str, interests: Iterable[str], currency: str | None) -> Understood:
    """What `text` says, in terms of the shop's own `interests`; sums are in its `currency` unless they say another.

    Any text will do: what cannot be understood is `rest`.
    """
    reading = Reading(text[:MAX_TEXT], "".join(map(plain, text[:MAX_TEXT])))
    if len(text) > MAX_TEXT:
        reading.doubt("cut")
    read_prices(reading, currency)
    read_ages(reading)
    read_bare_numbers(reading)
    read_age_words(reading)
    read_interests(reading, tuple(interests))
    return reading.understood()
