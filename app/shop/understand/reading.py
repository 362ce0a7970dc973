"""A text that is being read: what was understood of it is closed to whatever reads after."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from app.shop.understand.lexicon import compiled, without_small_words
from app.shop.understand.values import OLDEST_MONTHS, Doubt, Kind, Span, Understood

READ: Final = "\0"
DEAD: Final = "\1"


@dataclass
class Reading:
    """open: the text in lower case; what has been read is overwritten with `READ`, sign for sign

    others: months of children that no span holds, as the seven of "4 and 7 year olds"
    """

    text: str
    open: str
    spans: list[Span] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    currency: str | None = None
    others: set[int] = field(default_factory=set)

    def doubt(self, doubt: Doubt) -> None:
        """Note that something is not certain, once."""
        if doubt not in self.doubts:
            self.doubts.append(doubt)

    def close(self, start: int, end: int) -> None:
        """Nothing more is read there, and it is no part of the rest."""
        self.open = self.open[:start] + READ * (end - start) + self.open[end:]

    def leave(self, match: re.Match[str]) -> None:
        """Nothing more is read into the match, and it stays in the rest."""
        self.open = self.open[: match.start()] + DEAD * len(match[0]) + self.open[match.end() :]

    def add(self, match: re.Match[str], kind: Kind, value: int | str) -> None:
        """Take the match for that answer."""
        self.spans.append(Span(match.start(), match.end(), kind, value))
        self.close(match.start(), match.end())

    def each(self, pattern: str) -> Iterable[re.Match[str]]:
        """Matches in what is still open, also after each of them was closed."""
        position = 0
        while (match := compiled(pattern).search(self.open, position)) is not None:
            position = max(match.end(), position + 1)
            yield match

    def knows(self, kind: Kind) -> bool:
        """Was an answer of that kind understood?"""
        return any(span.kind == kind for span in self.spans)

    def understood(self) -> Understood:
        """All that was read, as a value."""
        spans = tuple(sorted(self.spans, key=lambda span: span.start))
        ages = {int(span.value) for span in spans if span.kind == "age"}
        younger = {int(span.value) for span in spans if span.kind == "younger"}
        sums = [int(span.value) for span in spans if span.kind == "budget"]
        age = min(ages, default=None)
        if len(ages) > 1:
            self.doubt("two")
        youngest = min(younger, default=None)
        others = {months for months in ages | younger | self.others if months <= OLDEST_MONTHS} - {age}
        if age is not None and youngest is not None and youngest >= age:
            youngest = None
        return Understood(
            age_months=age,
            younger_months=youngest,
            others=tuple(sorted(others)) if age is not None else (),
            interests=tuple(dict.fromkeys(str(span.value) for span in spans if span.kind == "interest")),
            budget=min(sums, default=None),
            currency=self.currency,
            rest=self._rest(),
            spans=spans,
            doubts=tuple(self.doubts),
        )

    def _rest(self) -> str:
        """What is still open and says something, in the visitor's own letters."""
        still = "".join(
            mine if sign != READ and mine.isprintable() else " "
            for mine, sign in zip(self.text, self.open, strict=True)
        )
        pieces = compiled(r"[㐀-鿿]+|[^\s㐀-鿿,.;:!?()\[\]，。；：！？、（）]+").findall(still)
        words = (without_small_words(piece) for piece in pieces)
        return " ".join(word for word in words if word)


def plain(sign: str) -> str:
    """One sign in lower case and half width, still one sign."""
    if sign in (READ, DEAD) or sign.isspace():
        return " "
    if 0xFF01 <= ord(sign) <= 0xFF5E:
        sign = chr(ord(sign) - 0xFEE0)
    small = {"¥": "¥", "£": "£", "’": "'"}.get(sign, sign).lower()
    return small if len(small) == 1 else sign
