"""The nearest words of a catalogue to one that it does not hold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.schema import Toy
from recommender.serving.search.words import is_cjk, words

SHORTEST: Final = 4
"""A shorter word is one slip away from too many others."""
TWO_SLIPS: Final = 7
"""From so many letters on, two slips are one word still."""
LONGEST: Final = 24
_LETTERS: Final = 27  # a … z, and one for all the rest


class Spelling:
    """The words of names, brands, categories and interests; descriptions are no place to learn spelling from."""

    def __init__(self, toys: Iterable[Toy]) -> None:
        counts: Counter[str] = Counter()
        for toy in toys:
            said = words(" ".join((toy.title, toy.brand or "", *toy.category, *toy.interests)))
            counts.update({word for word in said if not is_cjk(word) and len(word) <= LONGEST})
        self._counts = dict(sorted(counts.items()))
        self._words = tuple(self._counts)
        self._letters = np.array([_letters(word) for word in self._words], np.int8).reshape(-1, _LETTERS)

    def begun(self, word: str, most: int) -> list[str]:
        """The words that begin with `word`, the most frequent first."""
        found = [known for known in self._words if known.startswith(word)]
        return sorted(found, key=lambda known: -self._counts[known])[:most]

    def nearest(self, word: str) -> str | None:
        """The word that was most likely meant: one slip away, or two if it is long; of several, the most frequent.

        A slip is a letter too many, too few, another, or two that changed places. Of words that are as near, the one
        with most of the same letters is meant, the first above all, and one letter is worth a word that is sixteen
        times as frequent. Two slips are one word still if half of the pairs of letters are left. Where no word is near,
        two known words that were written as one.
        """
        if not SHORTEST <= len(word) <= LONGEST or is_cjk(word):
            return None
        slips = 2 if len(word) >= TWO_SLIPS else 1
        apart = np.abs(self._letters - _letters(word)).sum(axis=1)  # one slip changes at most two counts
        best: tuple[int, float] | None = None
        found = None
        for place in np.flatnonzero(apart <= 2 * slips).tolist():
            known = self._words[place]
            if abs(len(known) - len(word)) > slips or len(known) < SHORTEST - 1:
                continue
            far = distance(word, known, slips)
            if far > slips or (far == 2 and not _alike(word, known)):
                continue
            likeness = int(apart[place]) + (known[0] != word[0]) - math.log2(self._counts[known]) / 4
            rank = (far, likeness)
            if best is None or rank < best:
                best, found = rank, known
        return found or self._two_words(word)

    def _two_words(self, word: str) -> str | None:
        cuts = [(word[:cut], word[cut:]) for cut in range(3, len(word) - 2)]
        known = [pair for pair in cuts if pair[0] in self._counts and pair[1] in self._counts]
        if not known:
            return None
        return " ".join(max(known, key=lambda pair: min(self._counts[part] for part in pair)))


def distance(first: str, second: str, most: int) -> int:
    """Slips between two words (optimal string alignment), or `most` + 1 where there are more."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for place, letter in enumerate(first, start=1):
        older, before, row = before, row, [place]
        for column, other in enumerate(second, start=1):
            least = min(row[-1] + 1, before[column] + 1, before[column - 1] + (letter != other))
            if place > 1 and column > 1 and letter == second[column - 2] and first[place - 2] == other:
                least = min(least, older[column - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _alike(word: str, known: str) -> bool:
    pairs = [word[place : place + 2] for place in range(len(word) - 1)]
    return 2 * sum(pair in known for pair in pairs) >= len(pairs)


def _letters(word: str) -> NDArray[np.int8]:
    counts = np.zeros(_LETTERS, np.int8)
    for letter in word:
        place = ord(letter) - ord("a")
        counts[place if 0 <= place < _LETTERS - 1 else -1] += 1
    return counts
