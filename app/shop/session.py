"""What the shop remembers while a visit lasts, as frozen values, and how each tap changes them.

Nothing here is written to a disk, and nobody is named. Each child that a gift is for and the visitor have a profile of
their own (profile.py), and what is learnt of one is never used for another. Who comes and goes: people.py; one budget:
plan.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from app.shop.basket import Basket
from app.shop.models import Recommendation, Toy
from app.shop.plan import Plan
from app.shop.profile import PAGE, Met, Profile, Shown
from app.shop.wish import Order, Wish
from data.schema import EventKind

MAX_MET: Final = 500  # the API's bound on a history, and on owned toys
MAX_INTERESTS: Final = 20
MAX_OUTBOX: Final = 1000
MAX_TOYS: Final = 60
FIRST_SIGN: Final = "star"


class Who(StrEnum):
    """Whose list it is."""

    GIFT = "gift"
    ME = "me"


@dataclass(frozen=True, slots=True)
class Session:
    """One visit.

    people: the children that gifts are for, in the order in which they were added, never none; me: the visitor
    current: id of the child in use; occasion: of all gifts of the visit, as the API names it; wish: what is sought
    outbox: events that the kiosk has not acknowledged yet, oldest first
    basket: of the whole visit; compared: toys to be seen side by side
    """

    id: str
    language: str
    who: Who
    people: tuple[Profile, ...]
    me: Profile
    current: str
    outbox: tuple[Mapping[str, Any], ...] = ()
    wish: Wish = field(default_factory=Wish)
    occasion: str | None = None
    plan: Plan = field(default_factory=Plan)
    basket: Basket = field(default_factory=Basket)
    compared: tuple[Toy, ...] = ()

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """Everybody's, the visitor's last."""
        return (*self.people, self.me)

    @property
    def youngest(self) -> int | None:
        """The youngest child stated anywhere in the visit, in months: it stands before every shelf and every page."""
        return min((found.youngest for found in self.profiles if found.youngest is not None), default=None)

    @property
    def profile(self) -> Profile:
        """The profile in use."""
        if self.who is Who.ME:
            return self.me
        return next(person for person in self.people if person.id == self.current)


def new_session(language: str) -> Session:
    """A visit that knows nothing."""
    child = Profile(new_id(), FIRST_SIGN)
    return Session(new_id(), language, Who.GIFT, (child,), Profile(new_id()), child.id)


def use(session: Session, who: Who) -> Session:
    """Look at the list of `who`."""
    return replace(session, who=who)


def speak(session: Session, language: str) -> Session:
    """Change the language; everything else keeps its place."""
    return replace(session, language=language)


def answer(session: Session, **answers: Any) -> Session:
    """Set answers of the profile in use, by the names of its fields; the list starts anew."""
    if "interests" in answers:
        answers["interests"] = tuple(answers["interests"])[:MAX_INTERESTS]
    if "age_months" in answers:
        answers.setdefault("any_age", False)
    profile = replace(session.profile, wanted=PAGE, **answers)
    age = profile.age_months
    if age is not None and profile.youngest_months is not None and profile.youngest_months >= age:
        profile = replace(profile, youngest_months=None)  # the one it is for is the youngest now
    return _with(session, profile)


def pick(session: Session, added: Sequence[str], removed: Sequence[str]) -> Session:
    """Interests that were tapped on or off; others stay."""
    kept = [name for name in session.profile.interests if name not in removed]
    return answer(session, interests=list(dict.fromkeys([*kept, *added])))


def seek(session: Session, move: Callable[..., Wish], *arguments: Any, **named: Any) -> Session:
    """Change what is sought by `move(wish, …)`."""
    return replace(session, wish=move(session.wish, *arguments, **named))


def plan(session: Session, move: Callable[..., Plan], *arguments: Any, **named: Any) -> Session:
    """Change what one budget is asked for by `move(plan, …)`."""
    return replace(session, plan=move(session.plan, *arguments, **named))


def celebrate(session: Session, occasion: str | None) -> Session:
    """Say what the gifts are for."""
    return replace(session, occasion=occasion)


def arrange(session: Session, order: Order) -> Session:
    """Put the list in that order."""
    return _with(session, replace(session.profile, order=order))


def more(session: Session) -> Session:
    """Ask for a longer list."""
    return _with(session, replace(session.profile, wanted=min(session.profile.wanted + PAGE, MAX_TOYS)))


def like(session: Session, toy: Toy) -> Session:
    """Like a toy: it teaches the next list."""
    return _meet(session, toy, EventKind.LIKE)


def dismiss(session: Session, toy: Toy) -> Session:
    """Set a toy aside: it is not shown again."""
    return _meet(session, toy, EventKind.DISMISS)


def own(session: Session, toy: Toy) -> Session:
    """They have it already: not shown again, and not disliked. No event: it is no wish and no refusal."""
    session = forget(session, toy.toy_id)
    return _with(session, replace(session.profile, owned=(*session.profile.owned, toy)[-MAX_MET:]))


def view(session: Session, toy: Toy) -> Session:
    """A toy's page was opened.

    Told to the kiosk, but kept out of the history: the kiosk leaves out what the history holds, and a toy that was
    only looked at shall still stand on the shelf when one comes back.
    """
    return tell(session, toy, EventKind.VIEW)


def forget(session: Session, toy_id: str) -> Session:
    """Take back what was said of a toy. What the kiosk has already been told stays told."""
    profile = session.profile
    met = tuple(entry for entry in profile.met if entry.toy.toy_id != toy_id)
    owned = tuple(toy for toy in profile.owned if toy.toy_id != toy_id)
    unsent = tuple(
        event
        for event in session.outbox
        if event["toy_id"] != toy_id
        or event["recipient"]["id"] != profile.id
        or event["kind"] in (EventKind.VIEW, EventKind.CART)
    )
    return _with(replace(session, outbox=unsent), replace(profile, met=met, owned=owned))


def bring_back(session: Session) -> Session:
    """Take back all that was set aside or marked as owned."""
    for toy in (*session.profile.dismissed, *session.profile.owned):
        session = forget(session, toy.toy_id)
    return session


def start_over(session: Session) -> Session:
    """Forget all of the profile in use; the new one has a new id, so nothing ties the two together."""
    old, fresh = session.profile, Profile(new_id(), session.profile.sign)
    if session.who is Who.ME:
        session = replace(session, me=fresh)
    else:
        people = tuple(fresh if person.id == old.id else person for person in session.people)
        session = replace(session, people=people, current=fresh.id)
    return unsaid(session, old.id)


def unsaid(session: Session, profile_id: str) -> Session:
    """What the kiosk has not been told of that profile is never told."""
    return replace(session, outbox=tuple(event for event in session.outbox if event["recipient"]["id"] != profile_id))


def showed(session: Session, answer: Recommendation) -> Session:
    """Remember the list on the shelf: likes quote it, and a toy's page repeats its reasons."""
    shown = {item.toy.toy_id: Shown(answer.recommendation_id, item.reasons) for item in answer.items}
    return _with(session, replace(session.profile, shown=shown))


def delivered(session: Session, event_ids: frozenset[str]) -> Session:
    """The kiosk has given its verdict on these events."""
    return replace(session, outbox=tuple(event for event in session.outbox if event["event_id"] not in event_ids))


def _with(session: Session, profile: Profile) -> Session:
    """`profile` in the place of the one with its id."""
    if profile.id == session.me.id:
        return replace(session, me=profile)
    people = tuple(profile if person.id == profile.id else person for person in session.people)
    return replace(session, people=people)


def _meet(session: Session, toy: Toy, kind: EventKind) -> Session:
    if any(met.toy.toy_id == toy.toy_id and met.kind is kind for met in session.profile.met):
        return session  # a second tap that came before the list had changed
    session = forget(session, toy.toy_id)
    profile = session.profile
    met = (*profile.met, Met(toy, kind))[-MAX_MET:]
    return tell(_with(session, replace(profile, met=met)), toy, kind)


def tell(session: Session, toy: Toy, kind: EventKind) -> Session:
    """An event of the profile in use, to be sent to the kiosk; it quotes the list in which the toy was last shown."""
    profile = session.profile
    recipient: dict[str, Any] = {"id": profile.id, "interests": list(profile.interests)}
    if profile.age_months is not None:
        recipient["age_months"] = profile.age_months
    event: dict[str, Any] = {
        "event_id": new_id(),
        "session_id": session.id,
        "toy_id": toy.toy_id,
        "kind": kind.value,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "recipient": recipient,
    }
    if toy.toy_id in profile.shown:
        event["recommendation_id"] = profile.shown[toy.toy_id].recommendation_id
    return replace(session, outbox=(*session.outbox, event)[-MAX_OUTBOX:])


def new_id() -> str:
    """An id that says nothing."""
    return str(uuid.uuid4())
