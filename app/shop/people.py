"""The children of a visit: who is added, turned to, forgotten. Nobody is named: a picture stands for each.

A child that is added begins with nothing: what was said and liked for another is never carried over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from app.shop import session as moves
from app.shop.plan import Plan, most_each
from app.shop.profile import Profile
from app.shop.session import FIRST_SIGN, Session, Who

SIGNS: Final = (FIRST_SIGN, "moon", "sun", "cloud", "boat", "flower")
MAX_PEOPLE: Final = len(SIGNS)


def add(session: Session, age_months: int | None = None) -> Session:
    """One more child, of whom at most the age is known, and turn to it; nothing where there are six already."""
    if len(session.people) >= MAX_PEOPLE:
        return session
    taken = {person.sign for person in session.people}
    fresh = Profile(moves.new_id(), next(sign for sign in SIGNS if sign not in taken), age_months=age_months)
    return turn_to(replace(session, people=(*session.people, fresh)), fresh.id)


def turn_to(session: Session, profile_id: str) -> Session:
    """Look at the list of that child. A tap on one who has just been forgotten does nothing."""
    if all(person.id != profile_id for person in session.people):
        return session
    return replace(session, who=Who.GIFT, current=profile_id, plan=replace(session.plan, open=False))


def serve(session: Session, sign: str) -> Session:
    """From now on taps count for the child of that picture; a plan that is open stays open. No such child: nothing."""
    person = next((person for person in session.people if person.sign == sign), None)
    return session if person is None else replace(session, who=Who.GIFT, current=person.id)


def leave_out(session: Session, profile_id: str) -> Session:
    """Forget that child, and turn to the one beside it; of the last one everything that was said."""
    place = next((place for place, person in enumerate(session.people) if person.id == profile_id), None)
    if place is None:
        return session
    people = tuple(person for person in session.people if person.id != profile_id)
    if not people:
        return moves.start_over(replace(session, who=Who.GIFT))
    current = session.current if session.current != profile_id else people[max(0, place - 1)].id
    plan = replace(session.plan, each=min(session.plan.each, most_each(len(people))))
    plan = plan if len(people) > 1 else Plan()
    return moves.unsaid(replace(session, people=people, current=current, plan=plan), profile_id)


def draw(session: Session, sign: str) -> Session:
    """Another picture for the child in use; one that stands for another child already changes nothing."""
    if sign not in SIGNS or any(person.sign == sign for person in session.people):
        return session
    people = tuple(replace(person, sign=sign) if person.id == session.current else person for person in session.people)
    return replace(session, people=people)


def for_person(session: Session, profile_id: str, move: Callable[..., Session], *arguments: Any) -> Session:
    """`move(session, …)` as if that child were in use; who is in use stays."""
    if all(person.id != profile_id for person in session.people):
        return session
    moved = move(replace(session, who=Who.GIFT, current=profile_id), *arguments)
    return replace(moved, who=session.who, current=session.current)


def bring_all_back(session: Session) -> Session:
    """Take back for every child what was set aside or marked as owned."""
    for person in session.people:
        session = for_person(session, person.id, moves.bring_back)
    return session


def anything_said(session: Session) -> bool:
    """Is there anything to forget?"""
    return (
        len(session.people) > 1
        or session.occasion is not None
        or any(found.anything_said for found in session.profiles)
    )


def several(session: Session) -> bool:
    """Is there more than one child?"""
    return len(session.people) > 1
