"""Interests, in terms of the shop's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from app.shop.understand.lexicon import alternatives, lexicon
from app.shop.understand.reading import Reading


def read_interests(reading: Reading, shop: tuple[str, ...]) -> None:
    """Interests that nobody said no to."""
    pattern_en, pattern_zh, table = _interest_words(shop)
    whole = reading.open
    for pattern in (pattern_en, pattern_zh):
        if pattern is None:
            continue
        for match in reading.each(pattern):
            name = table.get(match["word"])
            if name is not None and not _denied(whole[: match.start()]):
                reading.add(match, "interest", name)


@cache
def _interest_words(shop: tuple[str, ...]) -> tuple[str | None, str | None, Mapping[str, str]]:
    """Patterns for English and Chinese words, and what each means in this shop."""
    own = {name.lower(): name for name in shop}
    english: dict[str, str] = {name.lower().replace("_", " "): name for name in shop}
    chinese: dict[str, str] = {}
    for language, table in (("en", english), ("zh", chinese)):
        for name, words in lexicon(language)["interests"].items():
            if name in own:
                table.update(dict.fromkeys(words, own[name]))
    chinese.update({word: name for word, name in english.items() if re.search(r"[㐀-鿿]", word)})
    one = rf"(?<![a-z])(?P<word>{alternatives(english)})(?:e?s|'s|-)?(?![a-z])" if english else None
    return one, rf"(?P<word>{alternatives(chinese)})" if chinese else None, {**english, **chinese}


def _denied(before: str) -> bool:
    """Does a "no" in the same clause stand before it?"""
    clause = re.split(
        r"[,.;:!?，。；：！？]|(?<![a-z])(?:but|loves?|likes?|and loves)(?![a-z])|但是?|(?<!不)喜欢", before
    )[-1]
    # "doesn't like trains": the cut at "like" must not lose its "doesn't"
    if re.search(
        r"(?:don['’]?t|doesn['’]?t|not|never)(?: really)? (?:likes?|loves?) (?:(?!but )[a-z ])*$", before[-40:]
    ):
        return True
    english, chinese = (lexicon(language)["negations"] for language in ("en", "zh"))
    no = rf"(?<![a-z])(?:{alternatives(english)})(?![a-z]| too )|(?:{alternatives(chinese)})(?!太)"
    return bool(re.search(no, clause))
