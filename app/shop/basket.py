"""The basket, the wish list too: what was put in, for whom, and how each toy stood when the kiosk was last asked.

Frozen values and plain functions. It knows enough of each toy to be shown while no kiosk answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.shop.models import Checked, Toy

MAX_ENTRIES: Final = 60
MAX_COMPARED: Final = 3


class State(StrEnum):
    """What is to be said of a toy in the basket, the gravest first."""

    UNSAFE = "unsafe"
    RECALLED = "recalled"
    RETIRED = "retired"
    SOLD_OUT = "sold_out"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Entry:
    """A toy in the basket.

    toy: as it was last seen; for_id: of the profile it was put in for; price_then: when it was put in
    rules: those of the kiosk that forbade it at the last look; gone: the catalogue did not hold it any more
    """

    toy: Toy
    for_id: str
    price_then: Decimal | None
    rules: tuple[str, ...] = ()
    gone: bool = False
    barcode: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """One toy may be in the basket for each of several people."""
        return self.toy.toy_id, self.for_id

    @property
    def price_changed(self) -> bool:
        """The price is not what it was when the toy was put in."""
        return self.toy.price != self.price_then and self.toy.price is not None and self.price_then is not None


@dataclass(frozen=True, slots=True)
class Basket:
    """entries: the newest last; taken_out: what was taken out last and its places, to be put back
    told: keys of what the kiosk has been told of, once for each toy and person
    """

    entries: tuple[Entry, ...] = ()
    taken_out: tuple[tuple[int, Entry], ...] = ()
    told: frozenset[tuple[str, str]] = frozenset()

    def holds(self, toy_id: str, for_id: str) -> bool:
        """Is the toy in the basket for that person?"""
        return any(entry.key == (toy_id, for_id) for entry in self.entries)

    def toys_for(self, for_id: str) -> tuple[str, ...]:
        """Ids of what is in the basket for that person, the newest last."""
        return tuple(entry.toy.toy_id for entry in self.entries if entry.for_id == for_id)

    @property
    def full(self) -> bool:
        """Nothing more goes in."""
        return len(self.entries) >= MAX_ENTRIES


@dataclass(frozen=True, slots=True)
class Total:
    """sums: currency → sum of what can be bought; unpriced: of these, how many have no price; left_out: the others."""

    sums: dict[str | None, Decimal]
    unpriced: int
    left_out: int


def put(basket: Basket, toy: Toy, for_id: str) -> Basket:
    """One toy more; nothing where it is in already or the basket is full."""
    if basket.full or basket.holds(toy.toy_id, for_id):
        return basket
    entry = Entry(toy, for_id, toy.price)
    told = basket.told | {entry.key}
    return Basket((*basket.entries, entry), (), frozenset(told))


def take_out(basket: Basket, keys: Collection[tuple[str, str]]) -> Basket:
    """Without those toys, which can be put back until the next change."""
    out = tuple((place, entry) for place, entry in enumerate(basket.entries) if entry.key in keys)
    if not out:
        return basket
    return replace(basket, entries=tuple(it for it in basket.entries if it.key not in keys), taken_out=out)


def put_back(basket: Basket) -> Basket:
    """What was taken out last, each toy where it was."""
    entries = list(basket.entries)
    for place, entry in basket.taken_out:
        if len(entries) < MAX_ENTRIES and all(it.key != entry.key for it in entries):
            entries.insert(place, entry)
    return replace(basket, entries=tuple(entries), taken_out=())


def looked_up(basket: Basket, answer: Checked) -> Basket:
    """Each toy as the kiosk has it now. A toy that the answer does not speak of stays as it was."""
    found = {toy.toy_id: toy for toy in answer.toys}
    gone = frozenset(answer.missing_ids)

    def now(entry: Entry) -> Entry:
        toy = found.get(entry.toy.toy_id)
        if toy is None:
            return replace(entry, gone=entry.toy.toy_id in gone or entry.gone)
        # Its description is not in the answer, and nobody reads it in the basket.
        return replace(entry, toy=toy.plain(), rules=toy.rules, gone=False, barcode=toy.barcode)

    return replace(basket, entries=tuple(now(entry) for entry in basket.entries))


def total(entries: Iterable[Entry], states: Iterable[State]) -> Total:
    """What the toys cost that can be bought as they stand."""
    sums: dict[str | None, Decimal] = {}
    unpriced = left_out = 0
    for entry, state in zip(entries, states, strict=True):
        if state is not State.FINE:
            left_out += 1
        elif entry.toy.price is None:
            unpriced += 1
        else:
            sums[entry.toy.currency] = sums.get(entry.toy.currency, Decimal(0)) + entry.toy.price
    return Total(sums, unpriced, left_out)


def compare(compared: Sequence[Toy], toy: Toy) -> tuple[Toy, ...]:
    """With `toy` beside the others, or without it if it is one of them. A fourth does not come in."""
    others = tuple(it for it in compared if it.toy_id != toy.toy_id)
    if len(others) < len(compared):
        return others
    return (*others, toy) if len(others) < MAX_COMPARED else others
