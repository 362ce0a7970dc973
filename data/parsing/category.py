"""Category paths with any separator, as names from the widest to the narrowest."""

from __future__ import annotations

import json
import re
from typing import Final

from data.parsing.outcome import Parsed
from data.parsing.text import clean_text

# A separator counts only where it cannot be part of a name: 'Arts/Crafts' and 'Pens, Pencils' are names.
_MARKS: Final = (">", "»", "›", "|", "/", "\\", "::", "->")
_SEPARATORS: Final = (
    *(re.compile(rf"(?<!\S){re.escape(mark)}(?!\S)") for mark in _MARKS),
    *(re.compile(re.escape(mark)) for mark in (">", "»", "›", "|", "::")),
)


def parse_category(text: str, separator: str | None = None) -> Parsed[tuple[str, ...]]:
    """The names of one path.

    separator: between the levels; None finds the first of > » › | / \\ :: -> that stands in the text. A JSON list of
        names is taken as it is.
    """
    names: list[str] | None = None
    if text.lstrip().startswith("["):
        names = _names(text)
        if names is None:
            return Parsed(why="not a list of names")
    if names is None:
        if separator is None:
            text = clean_text(text)  # before the search: an entity such as &gt; is a separator too
            found = next((mark for mark in _SEPARATORS if mark.search(text)), None)
            names = found.split(text) if found else [text]
        else:
            names = text.split(separator)
    levels = tuple(level for name in names if (level := clean_text(name)))
    return Parsed(levels) if levels else Parsed()


def _names(text: str) -> list[str] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, list) and all(isinstance(name, str) for name in content) else None
