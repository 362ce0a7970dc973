"""The word lists of both languages, and patterns made of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def lexicon(language: str) -> dict[str, Any]:
    """The word list of `language`."""
    return tomllib.loads(files("app.shop").joinpath("words", f"{language}.toml").read_text(encoding="utf-8"))


def alternatives(words: Iterable[str]) -> str:
    """A pattern for one of `words`, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """`pattern`, compiled once."""
    return re.compile(pattern)


@cache
def _left_out(language: str) -> frozenset[str]:
    return frozenset(lexicon(language)["left_out"].split())


def without_small_words(piece: str) -> str:
    """`piece` without words that say nothing; Chinese ones are cut off, the longest first. Empty where none is left."""
    if not re.match(r"[㐀-鿿]", piece):
        bare = piece.strip("'\"’‘“”-–—~&+/*\0").lower().replace("’", "'").removesuffix("'s")
        return "" if bare in _left_out("en") or not bare or re.fullmatch(r"'?s", bare) else piece
    small, kept = _left_out("zh"), frozenset(lexicon("zh")["negations"])
    long = alternatives({*(word for word in small if len(word) > 1), *kept})
    cut = compiled(long).sub(lambda match: match[0] if match[0] in kept else " ", piece)
    parts = (part.strip("".join(word for word in small if len(word) == 1)) for part in cut.split())
    return " ".join(part for part in parts if part)
