"""What a household tells the shop, and what the shop is told of what it did: bodies of the API."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from app.loop.town import Town, date_of
from data.schema import ADULT_MONTHS, KIND_CODES, EventColumn
from data.world.households import month_of
from data.world.plan import CART, VIEW
from data.world.words import INTERESTS
from recommender.base import MAX_HISTORY

K: Final = 10
_MOST_POPULAR: Final = 100
_SECONDS_BETWEEN: Final = 40
_KINDS: Final = {code: str(kind) for kind, code in KIND_CODES.items()}
_INTERESTS: Final = tuple(INTERESTS)


@dataclass(frozen=True)
class Said:
    """What one session says of whom it is for; None and () where it says nothing.

    age, youngest: months; the youngest child of the shopper's own home, where the toy is for one of it
    """

    recipient: int
    gift: bool
    age: int | None
    youngest: int | None
    interests: tuple[str, ...]
    budget: float | None


@dataclass
class Memory:
    """What each shopper did so far, as an account of the shop remembers it: entries of a request's `history`."""

    entries: defaultdict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, past: pa.Table) -> Memory:
        """Of events, schema `EVENT_TABLE`, oldest first."""
        memory = cls()
        for shopper, toy, kind, time in zip(
            past[EventColumn.SHOPPER].to_pylist(),
            past[EventColumn.TOY].to_pylist(),
            past[EventColumn.KIND].to_pylist(),
            past[EventColumn.TIME].to_pylist(),
            strict=True,
        ):
            memory.entries[number_of(shopper)].append({"toy_id": toy, "kind": kind, "time": time.isoformat()})
        return memory

    def remember(self, shopper: int, events: list[dict[str, Any]]) -> None:
        """Add what the shop was just told."""
        self.entries[shopper] += [{name: event[name] for name in ("toy_id", "kind", "time")} for event in events]

    def copy(self) -> Memory:
        """One that goes its own way."""
        return Memory(defaultdict(list, {shopper: list(each) for shopper, each in self.entries.items()}))

    def of_shopper(self, shopper: int) -> list[dict[str, Any]]:
        """The newest entries, oldest first."""
        return self.entries[shopper][-MAX_HISTORY:] if shopper in self.entries else []


def number_of(shopper_id: str) -> int:
    """The row of a shopper among the households."""
    return int(shopper_id.rpartition("-")[2])


def said(town: Town, row: int) -> Said:
    """What the session in `row` of the plan says."""
    plan, households = town.stage.plan, town.stage.households
    recipient, day, gift = int(plan.recipient[row]), int(plan.day[row]), bool(plan.gift[row])
    if not plan.says_who[row]:
        return Said(recipient, gift, None, None, (), None)
    age = int(households.ages(plan.recipient[[row]], day)[0])
    people = households.people[plan.shopper[row]]
    own = people[(people >= 0) & (households.home[people] == plan.shopper[row])]
    ages = households.ages(own, day)
    children = ages[(ages >= 0) & (ages < ADULT_MONTHS)]
    youngest = None if gift or not len(children) else int(children.min())
    likings = households.likings[int(month_of(day)), recipient] if plan.says_interests[row] else ()
    budget = float(plan.said_budget[row])
    return Said(
        recipient, gift, age, youngest, tuple(_INTERESTS[int(each)] for each in likings),
        None if np.isnan(budget) else budget,
    )  # fmt: skip


def request(who: Said, history: list[dict[str, Any]], shopper: int, row: int) -> dict[str, Any]:
    """The body of POST /v1/recommendations."""
    body: dict[str, Any] = {
        "history": history,
        "purpose": "gift" if who.gift else "self",
        "k": K,
        "session_id": f"session-{row}",
        "shopper_id": f"shopper-{shopper}",
    }
    if who.age is not None:
        recipient: dict[str, Any] = {"age_months": who.age, "interests": list(who.interests)}
        body["recipient"] = recipient if who.budget is None else recipient | {"budget": who.budget}
    if who.youngest is not None:
        body["youngest_age_months"] = who.youngest
    return body


def popular_request(who: Said, met: int) -> dict[str, Any]:
    """The parameters of GET /v1/popular: for the same age, within the same budget, and enough to leave out `met`."""
    asked: dict[str, Any] = {"k": min(_MOST_POPULAR, K + met)}
    children = [age for age in (who.age, who.youngest) if age is not None and age < ADULT_MONTHS]
    if children:
        asked["youngest_age_months"] = min(children)
    if who.age is not None and who.age < ADULT_MONTHS:
        asked["age_months"] = who.age
    if who.budget is not None:
        asked["price_max"] = who.budget
    return asked


def events_of_draw(
    town: Town, row: int, draw: int, who: Said, toy: int, recommendation: str | None, before: int
) -> list[dict[str, Any]]:
    """What one draw of the session in `row` came to: a look, a cart, and what it ends with.

    toy: a row from 0; recommendation: the id of the list that it was taken from; before: events of the session so far
    """
    plan = town.stage.plan
    begin = date_of(int(plan.day[row])) + timedelta(milliseconds=int(plan.clock[row]))
    codes = [VIEW] * bool(plan.views[row, draw]) + [CART] * bool(plan.carts[row, draw])
    found: list[dict[str, Any]] = []
    for number, code in enumerate([*codes, int(plan.outcome[row, draw])], start=before):
        event: dict[str, Any] = {
            "event_id": f"event-{row}-{number}",
            "session_id": f"session-{row}",
            "shopper_id": f"shopper-{int(plan.shopper[row])}",
            "toy_id": town.toys[toy].id,
            "kind": _KINDS[code],
            "time": (begin + timedelta(seconds=_SECONDS_BETWEEN * (number + 1))).isoformat(),
        }
        if who.age is not None:
            event["recipient"] = {
                "id": f"recipient-{who.recipient}", "age_months": who.age, "interests": list(who.interests)
            }  # fmt: skip
        if recommendation is not None:
            event["recommendation_id"] = recommendation
        found.append(event)
    return found
