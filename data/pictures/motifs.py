"""Which motif a toy gets: by the words of its titles, then of its category, then its interests; else a gift box.

The words are in `rules.txt`, each of one of three strengths: an object (a puzzle with a dinosaur on it is a puzzle)
comes before a subject, a subject before a weak word such as "plush". Among words of one strength the last one before a
comma, a "with" or a "for" wins, because that is where English and Chinese names put what the thing is.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

from data.schema import Toy

FALLBACK: Final = "gift"
STRENGTHS: Final = ("object", "subject", "weak")

_CUT = re.compile(r",| \(| - |: | with | for | by | in | vs ")
_HAN = re.compile(r"[\u3400-\u9fff]")


def choose_motif(toy: Toy) -> str:
    """The name of the motif that fits a toy best."""
    head = _CUT.split(toy.title.lower(), maxsplit=1)[0]
    texts = [head, toy.title.lower(), (toy.title_zh or "").lower()]
    texts += [name.lower() for name in reversed(toy.category)]
    texts += [name.lower() for name in toy.interests]
    for text in texts:
        for strength in STRENGTHS:
            found = _last(text, strength)
            if found:
                return found
    return FALLBACK


@cache
def rules() -> dict[str, dict[str, str]]:
    """Strength → word → motif. A later line overrides an earlier one."""
    table: dict[str, dict[str, str]] = {strength: {} for strength in STRENGTHS}
    lines = (files(__package__) / "rules.txt").read_text(encoding="utf-8").splitlines()
    for line in lines[1:]:
        motif, strength, words = line.split("|")
        table[strength].update(dict.fromkeys(words.split(","), motif))
    return table


def _last(text: str, strength: str) -> str | None:
    """The motif of the word that ends last in `text`, the longest of those."""
    best: tuple[int, int] = (0, 0)
    found: str | None = None
    for match in _pattern(strength).finditer(text):
        word = match["han"] or match["latin"]
        place = (match.end(), len(word))
        if place > best:
            best, found = place, rules()[strength][word]
    return found


@cache
def _pattern(strength: str) -> re.Pattern[str]:
    """Whole Latin words, plural or not, and Chinese words anywhere; the longest first."""
    words = sorted(rules()[strength], key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in words if not _HAN.search(word))
    han = "|".join(re.escape(word) for word in words if _HAN.search(word))
    return re.compile(rf"(?<![a-z])(?P<latin>{latin})(?:e?s)?(?![a-z])|(?P<han>{han})")
