"""What a word is, for what is searched and for what is typed: one reading of text, so that the two always meet.

Text is folded (full-width forms, case, accents, apostrophes) and cut at all that is neither letter nor digit. Chinese,
Japanese and Korean have no spaces between words that one could rely on: each character is a token of its own, and what
stands together is sought together, as a phrase. SQLite's own tokenizers would make one token of a whole sentence.
Nothing but letters and digits is left, so no text can be syntax of a query.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CJK: Final = (
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD: Final = re.compile(f"[{_CJK}]+|[^\\W_{_CJK}]+")
_APOSTROPHES: Final = re.compile("(?<=\\w)['\u2018\u2019\u02bc](?=\\w)")
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_STOP: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "some",
        "that",
        "the",
        "this",
        "to",
        "with",
        "das",
        "der",
        "die",
    ]
)
"""Words that say nothing of a toy; they are left out of what is typed, unless nothing else was typed."""
_JOINTS: Final = re.compile(
    "给|的|和|与|有|送|适合|想买|想要|我要|孩子|儿童|小朋友|宝宝|男孩|女孩|玩具|[一二两三四五六七八九十]+岁"
)
"""Where a sentence of Chinese characters is cut if no toy has the whole of it."""


def words(text: str) -> list[str]:
    """The words of `text`, in order: runs of letters and digits, and runs of Chinese, Japanese or Korean characters."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return _WORD.findall(_APOSTROPHES.sub("", text.casefold()))


def sought_words(text: str, most: int) -> list[str]:
    """The words of what was typed that are worth looking for, each once, at most the first `most`."""
    every = list(dict.fromkeys(words(text)))
    telling = [word for word in every if word not in _STOP]
    return (telling or every)[:most]


def is_cjk(word: str) -> bool:
    """Whether `word`, one of `words`, is a run of Chinese, Japanese or Korean characters."""
    return re.match(f"[{_CJK}]", word) is not None


def spaced(text: str) -> str:
    """`text` as it is indexed: its tokens, a space between them."""
    return " ".join(" ".join(word) if is_cjk(word) else word for word in words(text))


def phrase(word: str) -> str:
    """One of `words` as a quoted string of FTS5: a token, or characters that must stand together."""
    return f'"{" ".join(word) if is_cjk(word) else word}"'


def parts(run: str) -> list[str]:
    """What a run of characters asks for, where no toy has the whole of it.

    给三岁宝宝的积木 asks for 积木, and a child's 狗狗 is a 狗. It may be all of it.
    """
    told = [part for part in _JOINTS.split(run) if part] or [run]
    return [part[0] if len(set(part)) == 1 else part for part in told]


def pairs(run: str) -> list[str]:
    """The neighbours in a run of characters, two by two."""
    return [run[place : place + 2] for place in range(len(run) - 1)]
