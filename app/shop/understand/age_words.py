"""Words that say an age: "toddler", 小学生; and a younger child that is there besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from app.shop.understand.lexicon import alternatives, compiled, lexicon
from app.shop.understand.reading import Reading


def age_is_said(reading: Reading) -> bool:
    """Is there an age in figures, or a word that means one?"""
    return reading.knows("age") or any(compiled(pattern).search(reading.open) for pattern, _ in age_words())


def read_age_words(reading: Reading) -> None:
    """Toddler, 小学生; where a number has said the age, they only go from the rest."""
    baby = (
        r"(?:with|has|have|and|plus) (?:an? |his |her |their )(?:new )?(?:baby|newborn)(?: (?:sister|"
        r"brother|sibling))?(?: at home)?|baby at home|家里?还?有(?:个|一个)?(?:小?宝宝|"
        r"婴儿|新生儿)|家有二宝"
    )
    if reading.knows("age") or re.search(baby, reading.open[2:]):
        for match in reading.each(baby):
            reading.add(match, "younger", 0)
    number_said = reading.knows("age")
    if number_said:
        _read_another_child(reading)
    for pattern, table in age_words():
        for match in reading.each(pattern):
            months = table[match["word"]]
            if number_said:
                reading.close(match.start(), match.end())
            else:
                reading.add(match, "age", months)


def _read_another_child(reading: Reading) -> None:
    """Whom a word names beside the child whose age is said in figures: "…, and something for the baby"."""
    for pattern, table in _others():
        for match in reading.each(pattern):
            if _is_the_same(reading, match.end()):
                continue
            months = table[match["word"]]
            if any(months >= int(span.value) for span in reading.spans if span.kind == "age"):
                reading.doubt("two")
            reading.add(match, "younger", months)


def _is_the_same(reading: Reading, end: int) -> bool:
    """Does the age in figures follow at once? "My baby, 8 months" is one child."""
    gap = compiled(r" ?[,，(（]? ?(?:(?:who )?(?:is|'s) |aged? |of )?").match(reading.open, end)
    return gap is not None and any(span.kind == "age" and span.start == gap.end() for span in reading.spans)


@cache
def _others() -> tuple[tuple[str, Mapping[str, int]], ...]:
    """The same where the word must stand for somebody else; "a baby doll" and "4岁宝宝" are none."""
    (_, english), (_, chinese) = age_words()
    whose = r"(?<![a-z])(?<!is )(?<!'s )(?<!are )(?:the|my|our|an?|his|her|their|your)(?: (?:new|little|other|second))?"
    end = r"(?= ?(?:$|[,.;:!?)]|(?:and|who|that|at|too|also|as well|under|with|for|plus|up)(?![a-z])))"
    besides = r"(?:再给|也给|还给|另给|另外给|和|跟|还有|以及|加上)(?:我们?|他|她)?的?(?:家里?)?的?(?:一?个|小)?"
    return (
        (rf"{whose} (?P<word>{alternatives(english)}){end}", english),
        (rf"{besides}(?P<word>{alternatives(chinese)})", chinese),
    )


@cache
def age_words() -> tuple[tuple[str, Mapping[str, int]], ...]:
    """(pattern, word → months) of each language."""
    both = []
    for language in ("en", "zh"):
        table = {word: int(months) for months, words in lexicon(language)["ages"].items() for word in words}
        word = alternatives(table)
        both.append(
            (
                rf"(?<![a-z])(?P<word>{word})(?:s|'s)?(?![a-z])(?! (?:dolls?|grand|brother|sister|animal))"
                if language == "en"
                else rf"(?P<word>{word})",
                table,
            )
        )
    return tuple(both)
