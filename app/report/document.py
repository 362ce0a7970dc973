"""A report as values: sections of words, figures and plots, from which HTML and Markdown are written alike.

Nothing here is markup but the plots: whatever is written from a document says the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Tiles:
    """Large figures: (what it is, figure)."""

    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows under a head. words: so many of the first columns hold words, the rest figures; strong: rows to stand out"""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Plot:
    """A drawing. title: the finding; table: the same figures, for whoever cannot see it or wants them exactly."""

    title: str
    text: str
    svg: str
    table: Table


@dataclass(frozen=True)
class Cards:
    """Plots side by side."""

    plots: tuple[Plot, ...]


@dataclass(frozen=True)
class Item:
    """An entry of a list. detail: said beneath it; marked: it stands out"""

    text: str
    detail: str = ""
    marked: bool = False


@dataclass(frozen=True)
class Lists:
    """Lists side by side under a title, each with a name."""

    title: str
    text: str
    lists: tuple[tuple[str, tuple[Item, ...]], ...]


@dataclass(frozen=True)
class Code:
    """Lines to be copied."""

    text: str


Block = Words | Points | Tiles | Table | Plot | Cards | Lists | Code


@dataclass(frozen=True)
class Section:
    """What stands under one title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A report. about: what it is about, in a line."""

    title: str
    about: str
    sections: tuple[Section, ...]
