"""Markdown for people: text that stays text, whatever it holds, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_MARKS: Final = frozenset("\\|`*<[")


def text(said: object) -> str:
    """`said` on one line, with nothing in it that Markdown would obey."""
    return "".join("\\" + c if c in _MARKS else c if c.isprintable() else " " for c in str(said))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table, its first `words` columns to the left and all others to the right. Cells are Markdown: see `text`."""
    lines = [head, ["---" if place < words else "---:" for place in range(len(head))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(sentences: Iterable[str]) -> str:
    """A list, a sentence or a few in each entry."""
    return "\n".join(f"- {sentence}" for sentence in sentences)
