"""The words of one catalogue, ready to be searched: the bundle's own table, or one in memory."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.schema import Toy
from recommender.serving.search.rows import TITLES, WEIGHTS, add_rows, copy_search, create_search, has_search
from recommender.serving.search.spelling import Spelling
from recommender.serving.search.words import is_cjk, pairs, parts, phrase, sought_words

MOST_WORDS: Final = 12
MOST_BEGUN: Final = 8
"""How many words one that is still being typed may stand for."""
IDLE: Final = 2
"""As many connections wait open for the next search: each holds up to 2 MB, and opening one takes .1 ms."""
BROAD: Final = 1000
"""Of more toys, where a word stands is all that is looked at: bm25 takes 10 µs a toy, and says little there."""
LEAST_RELEVANCE: Final = 1.0
"""What a best match must reach to be told apart from others in full: words that all toys have score next to nothing."""
_SCORE: Final = f"SELECT rowid, -bm25(search, {', '.join(map(str, WEIGHTS.values()))}) FROM search WHERE search MATCH ?"
_PLACES: Final = (
    "SELECT group_concat(rowid) FROM search WHERE search MATCH ?"  # a row a toy would take ten times as long
)
_ANY: Final = "SELECT rowid FROM search WHERE search MATCH ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class Matches:
    """Toys that have the words sought.

    places: int64 [M] toy indices; relevance: float64 [M] in [0, 1], 1 the best
    every_word: each of them has every word; otherwise some have one
    corrected: the words that were sought in place of those typed, where those had been found nowhere
    """

    places: NDArray[np.int64]
    relevance: NDArray[np.float64]
    every_word: bool = True
    corrected: str | None = None


@dataclass(frozen=True, slots=True)
class _Meant:
    """sought: an expression of FTS5; spelt: the word, or words, as the catalogue writes them."""

    sought: str
    spelt: str


NOTHING: Final = Matches(np.zeros(0, np.int64), np.zeros(0), every_word=False)


class SearchIndex:
    """What the toys of one engine can be found by. Threads may share it. Nothing is opened before the first search."""

    def __init__(self, file: Path, toys: Sequence[Toy]) -> None:
        """file: a bundle's `catalogue.sqlite`; toys: its toys in order, and perhaps more that the bundle does not hold.

        With more toys the bundle's table is copied into memory, and they are added there; without a table, as in a
        bundle of before, one is made in memory from all toys.
        """
        self._file = file
        self._toys = toys

    def find(self, text: str, allowed: NDArray[np.bool_], typing: bool = False) -> Matches:
        """The toys for `text`, whatever it holds, of those in the catalogue; who may see them is not decided here.

        First those that have every word. If there are none: the same with the catalogue's nearest words in the place of
        words that no toy has. If there are none: those that have any of the words, or Chinese characters that stand
        together. A nearest word must be one of a toy that is `allowed` (bool [N + 1]): no correction speaks of a toy
        that may not be shown. `typing`: the last word may be the beginning of one.
        """
        typed = sought_words(text, MOST_WORDS)
        if not typed:
            return NOTHING
        connections = self._connections
        try:
            return self._find(connections, typed, allowed, typing)
        except (sqlite3.Error, OSError):
            if connections.in_memory:
                raise
        # The bundle's disk went away, or its folder was written over, while it answers: the toys are here still.
        self._connections = self._from_toys()
        return self._find(self._connections, typed, allowed, typing)

    def _find(self, connections: _Connections, typed: list[str], allowed: NDArray[np.bool_], typing: bool) -> Matches:
        with connections.one() as connection:
            every = [phrase(word) for word in typed]
            if typing and not is_cjk(typed[-1]):
                every[-1] += "*"
            if len((found := _matches(connection, " AND ".join(every))).places):
                return found
            meant = [self._meant(connection, word, allowed) for word in typed]
            spelt = [word if one is None else one.spelt for word, one in zip(typed, meant, strict=True)]
            corrected = None if spelt == typed else " ".join(spelt)
            known = [one.sought for one in meant if one is not None]
            if len(known) == len(typed) and len((found := _matches(connection, " AND ".join(known))).places):
                return replace(found, corrected=corrected)
            unknown = [word for word, one in zip(typed, meant, strict=True) if one is None]
            return replace(_any_of(connection, known, unknown), corrected=corrected)

    def _meant(self, connection: sqlite3.Connection, word: str, allowed: NDArray[np.bool_]) -> _Meant | None:
        """What to seek for one word that was typed, None where nothing is near it."""
        if _has(connection, phrase(word)):
            return _Meant(phrase(word), word)
        if is_cjk(word):
            asked = [phrase(part) for part in parts(word)]
            return _Meant(f"({' AND '.join(asked)})", word) if all(_has(connection, one) for one in asked) else None
        if begun := self._spelling.begun(word, MOST_BEGUN) if len(word) > 1 else []:
            return _Meant(f"({' OR '.join(map(phrase, begun))})", word)
        near = self._spelling.nearest(word)
        if near is None:
            return None
        sought = " AND ".join(map(phrase, near.split()))
        return _Meant(f"({sought})", near) if allowed[_places(connection, sought)].any() else None

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self._toys)

    @cached_property
    def _connections(self) -> _Connections:
        source = f"{self._file.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            first = _identity(self._file)
            with closing(sqlite3.connect(source, uri=True)) as connection:
                stored = self._same(connection) if has_search(connection) else 0
            memory = copy_search(source) if 0 < stored < len(self._toys) else None
        except (sqlite3.Error, OSError):  # the bundle was verified when it was loaded; its disk is gone since
            return self._from_toys()
        if not stored:
            return self._from_toys()
        if memory is not None:
            add_rows(memory, self._toys[stored:], stored + 1)
            memory.commit()
            return _Connections(None, memory)

        def another() -> sqlite3.Connection:
            if _identity(self._file) != first:
                raise sqlite3.OperationalError("another file has the catalogue's name")
            return sqlite3.connect(source, uri=True, check_same_thread=False)

        return _Connections(another)

    def _from_toys(self) -> _Connections:
        memory = sqlite3.connect(":memory:", check_same_thread=False)
        create_search(memory, self._toys)
        memory.commit()
        return _Connections(None, memory)

    def _same(self, connection: sqlite3.Connection) -> int:
        """How many toys the bundle has, if they are the first of these toys under the same names; 0 if not."""
        stored = 0
        for row in connection.execute("SELECT toy_id, title, title_zh FROM toys ORDER BY idx"):  # one by one: memory
            if stored == len(self._toys) or row != _named(self._toys[stored]):
                return 0
            stored += 1
        return stored


class _Connections:
    """As many connections as there are searches at once, of which `IDLE` stay open. To a table in memory there is
    one, and they take turns.

    They belong to the index, not to threads: with an engine that was replaced, its connections go too.
    """

    def __init__(self, make: Callable[[], sqlite3.Connection] | None, *made: sqlite3.Connection) -> None:
        self._make = make
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        for connection in made:
            self._idle.put(connection)

    @property
    def in_memory(self) -> bool:
        """Whether nothing of a disk is needed."""
        return self._make is None

    @contextmanager
    def one(self) -> Iterator[sqlite3.Connection]:
        """A connection for one search."""
        try:
            connection = self._idle.get(block=self._make is None)
        except queue.Empty:
            assert self._make is not None
            connection = self._make()
        try:
            yield connection
        finally:
            if self._idle.qsize() < IDLE:
                self._idle.put(connection)
            else:
                connection.close()


def _named(toy: Toy) -> tuple[str, str | None, str | None]:
    return toy.id, toy.title, toy.title_zh


def _identity(file: Path) -> tuple[int, int, int]:
    """What tells a file from another that took its name. Raises OSError if there is none."""
    told = file.stat()
    return told.st_dev, told.st_ino, told.st_mtime_ns


def _any_of(connection: sqlite3.Connection, known: Sequence[str], unknown: Sequence[str]) -> Matches:
    """The toys that have anything of what is `known`, or neighbouring characters of what is not."""
    beside = [phrase(pair) for word in unknown if is_cjk(word) for part in parts(word) for pair in pairs(part)]
    if sought := [*known, *beside]:
        return replace(_matches(connection, " OR ".join(dict.fromkeys(sought))), every_word=False)
    return NOTHING


def _matches(connection: sqlite3.Connection, sought: str) -> Matches:
    places = _places(connection, sought)
    if not len(places):
        return NOTHING
    if len(places) > BROAD:
        return Matches(places, np.where(np.isin(places, _places(connection, f"{TITLES} : ({sought})")), 1.0, 0.5))
    scored = np.array(connection.execute(_SCORE, (sought,)).fetchall(), np.float64)
    relevance = scored[:, 1] / max(scored[:, 1].max(), LEAST_RELEVANCE)
    return Matches(scored[:, 0].astype(np.int64), relevance)


def _places(connection: sqlite3.Connection, sought: str) -> NDArray[np.int64]:
    joined = connection.execute(_PLACES, (sought,)).fetchone()[0]
    return np.fromstring(joined, np.int64, sep=",") if joined else np.zeros(0, np.int64)


def _has(connection: sqlite3.Connection, sought: str) -> bool:
    return connection.execute(_ANY, (sought,)).fetchone() is not None
