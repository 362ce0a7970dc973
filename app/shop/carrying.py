"""What a tap on the basket or on "compare" does to a visit, and how what is in it stands for those present."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.shop import basket as baskets
from app.shop import people
from app.shop import session as moves
from app.shop.basket import Entry, State
from app.shop.models import Checked, Toy
from app.shop.safety import may_be_named
from app.shop.session import Session
from data.schema import ADULT_MONTHS, EventKind

_UNSAFE: Final = frozenset({"safety", "audience"})
_RETIRED: Final = frozenset({"inactive", "hidden"})
_OFF_THE_SHELVES: Final = _RETIRED | {"recall"}


def put(session: Session, toy: Toy) -> Session:
    """Into the basket, for the one whose profile is in use. The kiosk is told once, however often it comes and goes."""
    for_id = session.profile.id
    basket = baskets.put(session.basket, toy, for_id)
    if basket is session.basket:
        return session
    new = (toy.toy_id, for_id) not in session.basket.told
    session = replace(session, basket=basket)
    return moves.tell(session, toy, EventKind.CART) if new else session


def put_for(session: Session, for_id: str, *toys: Toy) -> Session:
    """Into the basket for the visitor or for that child; nothing where the child has been forgotten meanwhile."""
    for toy in toys:
        in_use = for_id == session.profile.id
        session = put(session, toy) if in_use else people.for_person(session, for_id, put, toy)
    return session


def take_out(session: Session, *keys: tuple[str, str]) -> Session:
    """Out of the basket, by (toy id, profile id); what the kiosk was told stays told."""
    return replace(session, basket=baskets.take_out(session.basket, keys))


def put_back(session: Session) -> Session:
    """Back into the basket, where it was."""
    return replace(session, basket=baskets.put_back(session.basket))


def look_up(session: Session, answer: Checked) -> Session:
    """The toys of the basket and of the comparison as the kiosk has them now.

    Nothing says of a compared toy what is wrong with it, as a line of the basket does: one that is recalled or not sold
    here any more goes, and does not come back while the kiosk is away.
    """
    found = {toy.toy_id: toy.plain() for toy in answer.toys}
    gone = {*answer.missing_ids, *(toy.toy_id for toy in answer.toys if _OFF_THE_SHELVES & set(toy.rules))}
    compared = tuple(found.get(toy.toy_id, toy) for toy in session.compared if toy.toy_id not in gone)
    return replace(session, basket=baskets.looked_up(session.basket, answer), compared=compared)


def compare(session: Session, toy: Toy) -> Session:
    """Beside the others, or away from them."""
    return replace(session, compared=baskets.compare(session.compared, toy))


def compare_only(session: Session, toy_ids: tuple[str, ...]) -> Session:
    """Of those that are compared, these alone."""
    return replace(session, compared=tuple(toy for toy in session.compared if toy.toy_id in toy_ids))


def compare_none(session: Session) -> Session:
    """An empty comparison."""
    return replace(session, compared=())


def grown_up(session: Session) -> bool:
    """Does somebody look for themselves, and nobody speak of a child?"""
    ages = [profile.age_months for profile in session.profiles if profile.age_months is not None]
    return session.youngest is None and any(age >= ADULT_MONTHS for age in ages)


def states(session: Session) -> tuple[State, ...]:
    """What is to be said of each entry of the basket, in their order."""
    grown = grown_up(session)
    return tuple(state_of(entry, session.youngest, grown) for entry in session.basket.entries)


def state_of(entry: Entry, youngest_months: int | None, grown_up: bool) -> State:
    """What is to be said of `entry` to a visit.

    youngest_months: the youngest child stated; grown_up: somebody looks for themselves, and no child is stated, so
    that what is made for grown-ups may be theirs
    """
    rules = set(entry.rules) - ({"audience"} if grown_up else set())
    if rules & _UNSAFE or not may_be_named(entry.toy, youngest_months):
        return State.UNSAFE
    if "recall" in rules:
        return State.RECALLED
    if entry.gone or rules & _RETIRED:
        return State.RETIRED
    return State.SOLD_OUT if "stock" in rules else State.FINE
