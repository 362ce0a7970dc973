"""What the kiosk is asked, as the bodies of its requests."""

from __future__ import annotations

from typing import Any

from app.shop.basket import Basket
from app.shop.profile import Profile
from app.shop.session import MAX_MET, Session, Who
from data.schema import EventKind


def request_for(session: Session, ages_stated: bool = True) -> dict[str, Any]:
    """The body of POST /v1/recommendations for the profile in use.

    ages_stated: the catalogue says for which age its toys are; only then can a list keep to one age
    """
    profile = session.profile
    body: dict[str, Any] = {
        "history": history_of(profile, session.basket),
        "k": profile.wanted,
        "language": session.language,
        "session_id": session.id,
        "purpose": "self" if session.who is Who.ME else "gift",
    }
    recipient = recipient_of(profile)
    if profile.budget is not None:
        recipient["budget"] = float(profile.budget)
    if recipient:
        body["recipient"] = recipient
    if session.who is Who.GIFT and session.occasion is not None:
        body["occasion"] = session.occasion
    if profile.keeps_to_age and ages_stated:
        body["filters"] = {"age_months": profile.age_months}
    if session.youngest is not None and session.youngest != profile.age_months:
        body["youngest_age_months"] = session.youngest
    return body


def recipient_of(profile: Profile) -> dict[str, Any]:
    """A person as the API asks for one, without a budget."""
    stated = {
        "age_months": profile.age_months,
        "interests": list(profile.interests) or None,
        "owned": [toy.toy_id for toy in profile.owned] or None,
    }
    return {name: value for name, value in stated.items() if value is not None}


def history_of(profile: Profile, basket: Basket) -> list[dict[str, Any]]:
    """What was liked, set aside and put in the basket for a person, as the API asks for it: none of it comes again."""
    chosen = basket.toys_for(profile.id)
    met = [{"toy_id": met.toy.toy_id, "kind": met.kind.value} for met in profile.met if met.toy.toy_id not in chosen]
    return [*met, *({"toy_id": toy_id, "kind": EventKind.CART.value} for toy_id in chosen)][-MAX_MET:]


def split_for(session: Session) -> dict[str, Any]:
    """The body of POST /v1/recommendations:split: the same number of toys for each child, in the order of people.

    The plan must have a budget. A child that shall get two toys is asked for twice. What went into the basket stays in
    the plan: else each toy of it that is put there would bring another, beyond the sum.
    """
    budget = session.plan.budget
    if budget is None:
        raise ValueError("The 'budget' of the plan must be a sum. Got None instead.")
    body: dict[str, Any] = {
        "children": [
            {"recipient": recipient_of(person), "history": history_of(person, Basket()), "purpose": "gift"}
            for person in session.people
            for _ in range(session.plan.each)
        ],
        "budget": float(budget),
        "language": session.language,
        "session_id": session.id,
    }
    if session.youngest is not None:
        body["youngest_age_months"] = session.youngest
    if session.occasion is not None:
        body["occasion"] = session.occasion
    return body
