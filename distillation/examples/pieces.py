"""Titles as numbers, for the two who read them: pieces of words in their order, and hashed n-grams in none."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.features import tokens

MAX_PIECES: Final = 24
MAX_NGRAMS: Final = 32
LONGEST_PART: Final = 8
"""Letters of the longest piece that is not a whole word."""


@dataclass(frozen=True)
class Pieces:
    """A vocabulary: whole words, parts of words, single characters. rows: piece → row of a table, from 1."""

    rows: dict[str, int]

    def encode(self, title: str) -> NDArray[np.int32]:
        """int32 [MAX_PIECES]: the title's pieces in their order, 0 = padding, at the end."""
        found = [piece for word in words(title) for piece in self.cut(word)][:MAX_PIECES]
        return np.array(found + [0] * (MAX_PIECES - len(found)), np.int32)

    def cut(self, word: str) -> list[int]:
        """The rows of a word's pieces, each the longest that fits; a character never met is left out."""
        found, start = [], 0
        while start < len(word):
            end = len(word)
            while end > start and word[start:end] not in self.rows:
                end -= 1
            if end > start:
                found.append(self.rows[word[start:end]])
            start = max(end, start + 1)
        return found


def learn_pieces(titles: Iterable[str], whole: int = 6000, parts: int = 1500) -> Pieces:
    """Pieces of titles: every character, the `whole` commonest words met twice, the `parts` most telling parts.

    A part counts by the different words that it is part of and by its length: "house" in "dollhouse" and "playhouse".
    """
    counts = Counter(word for title in titles for word in words(title))
    inside = Counter[str]()
    for word in counts:
        length = len(word)
        inside.update(
            {word[i:j] for i in range(length) for j in range(i + 2, min(length, i + LONGEST_PART) + 1)} - {word}
        )
    characters = sorted({character for word in counts for character in word})
    met_twice = [word for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count > 1]
    telling = sorted(inside, key=lambda part: (-inside[part] * (len(part) - 1), part))
    kept = dict.fromkeys([*characters, *met_twice[:whole], *telling[:parts]])
    return Pieces({piece: row for row, piece in enumerate(kept, start=1)})


def words(title: str) -> list[str]:
    """The words of Latin text and the characters of Chinese, in lower case."""
    return [token for token in tokens(title) if " " not in token]


def hashed_ngrams(title: str, buckets: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(ids int32 [MAX_NGRAMS] in 1 … buckets, 0 = padding; weights float32 of the same shape and of unit length).

    The n-grams are the `tokens` of `recommender.features`: words and pairs of words. No table is kept of them, so two
    may fall into one bucket.
    """
    bag = Counter(zlib.crc32(token.encode()) % buckets + 1 for token in tokens(title))
    kept = list(bag.items())[:MAX_NGRAMS]
    length = math.sqrt(sum(count**2 for _, count in kept)) or 1.0
    ids, weights = np.zeros(MAX_NGRAMS, np.int32), np.zeros(MAX_NGRAMS, np.float32)
    for place, (bucket, count) in enumerate(kept):
        ids[place], weights[place] = bucket, count / length
    return ids, weights
