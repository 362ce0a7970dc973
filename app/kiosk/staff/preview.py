"""POST /v1/staff/rules:preview: what a list would be if the rules were others. Nothing is changed, nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from fastapi import APIRouter

from app.kiosk.in_force import toys_of
from app.kiosk.models.asks import RecommendationRequest
from app.kiosk.payloads import Answer
from app.kiosk.problems import BODY_PROBLEMS, ProblemError, documented
from app.kiosk.reading import asked
from app.kiosk.recommendations import ranked
from app.kiosk.serving import Serving
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.rule_models import PreviewAnswer, PreviewChange, PreviewRequest
from app.kiosk.state import Running
from app.kiosk.store.rules import StaffRule, Terms, rfc_3339
from app.kiosk.strict import StrictRoute
from recommender.serving.policy.arrange import Arrangement
from recommender.serving.policy.mask import allowed_mask
from recommender.serving.results import Pick

router = APIRouter(prefix="/v1/staff/rules", route_class=StrictRoute, tags=["staff"])


@router.post(
    ":preview",
    response_model=PreviewAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS, "unknown_rule"),
    summary="What a list would be",
)
def preview(body: PreviewRequest, kiosk: Running, _who: Clerk) -> Answer:
    """The list for a request with the rules as they are and as they would be, at a moment, without toys on trial."""
    now, at = kiosk.now, body.at or kiosk.clock()
    rules, changed = _would_be(now.staff.rules, body.changes)
    view = _View(body.request, replace(kiosk.arrangement, exploration=0.0), at)
    before, after = now.with_rules(now.staff.rules, at), now.with_rules(rules, at)
    old, new = view.toys(before), view.toys(after)
    was = {pick.toy.id: position for position, pick in enumerate(old, 1)}
    found = []
    for rule in rules:
        change = changed.get(rule.rule_id)
        idle = view.idle(rule, after, new, change is not None)
        if idle is not None:
            made = change is not None and body.changes[change].rule_id is None
            found.append({"rule_id": None if made else rule.rule_id, "change": change, **idle})
    language = body.request.language
    return Answer(
        {
            "at": rfc_3339(at),
            "before": [_toy(position, pick, was, language) for position, pick in enumerate(old, 1)],
            "after": [_toy(position, pick, was, language) for position, pick in enumerate(new, 1)],
            "no_effect": found,
        }
    )


def _would_be(rules: Sequence[StaffRule], changes: Sequence[PreviewChange]) -> tuple[list[StaffRule], dict[str, int]]:
    """The rules after `changes`, and by id which change each came from. What is new has an id that none is given."""
    found = {rule.rule_id: rule for rule in rules}
    changed: dict[str, int] = {}
    for place, change in enumerate(changes):
        if change.rule_id is not None and change.rule_id not in found:
            raise ProblemError("unknown_rule", f"There is no rule {change.rule_id[:80]!r}.")
        if change.rule is None:
            assert change.rule_id is not None
            del found[change.rule_id]
            changed.pop(change.rule_id, None)
            continue
        rule_id = change.rule_id or f"new {place}"
        found[rule_id] = StaffRule(rule_id, 0, change.rule.terms(), "", "", "")
        changed[rule_id] = place
    return list(found.values()), changed


class _View:
    """What one request sees at one moment."""

    def __init__(self, request: RecommendationRequest, arrangement: Arrangement, at: datetime) -> None:
        self.request, self.arrangement, self.at = request, arrangement, at

    def toys(self, now: Serving) -> tuple[Pick, ...]:
        """Its list."""
        return ranked(self.request, now, self.arrangement).items

    def idle(self, rule: StaffRule, now: Serving, shown: tuple[Pick, ...], changed: bool) -> dict[str, Any] | None:
        """Why a rule does nothing for the list `shown`, in the form of `IdleRule` without its names; None if it does.

        Of rules that are not `changed`, those in force for this request are looked at, and whether their toys may be
        shown. Whether the list would be the same without one is asked of the changed alone: each costs a list.
        """
        terms, engine = rule.terms, now.engine
        toys = toys_of(terms, engine)
        live, meant = terms.in_force(self.at), terms.occasion in (None, self.request.occasion)
        if not changed and (terms.kind == "hide" or not (live and meant)):
            return None
        if not len(toys):
            return _because("unknown", f"The catalogue holds no {_named(terms)}. The rule holds when one comes.")
        if not live:
            return _because("not_in_force", f"It is not in force at {rfc_3339(self.at)}.")
        if not meant:
            return _because("other_occasion", f"It holds for the occasion {terms.occasion!r} alone.")
        others = [each for each in now.staff.rules if each.rule_id != rule.rule_id]
        without = now.with_rules(others, self.at) if changed else now
        among = np.zeros(len(engine.shelf), np.bool_)
        among[toys] = True
        _, situation, _ = engine.situation(asked(self.request), without.masks)
        masked = allowed_mask(engine.shelf, situation, among).removed
        if sum(masked.values()) == len(toys):
            why = ", ".join(f"{name} {count}" for name, count in masked.items())
            return _because("masked", f"None of the toys it speaks of may be shown: {why}.", masked)
        if terms.kind == "pin" and not any(pick.index in toys for pick in shown):
            return _because("no_room", "As many pins as the list has places stand above it.")
        if changed and [pick.index for pick in self.toys(without)] == [pick.index for pick in shown]:
            return _because("same_list", "The list is the same without it.")
        return None


def _because(code: str, text: str, masked: Mapping[str, int] = MappingProxyType({})) -> dict[str, Any]:
    return {"code": code, "text": text, "masked": dict(masked)}


def _named(terms: Terms) -> str:
    what = "toy" if terms.by == "toy_id" else terms.by
    return f"{what} {terms.value[:80]!r}"


def _toy(position: int, pick: Pick, was: dict[str, int], language: str) -> dict[str, Any]:
    toy = pick.toy
    return {
        "position": position,
        "toy_id": toy.id,
        "title": toy.title_zh if language == "zh" and toy.title_zh else toy.title,
        "pinned": pick.pinned,
        "was": was.get(toy.id),
    }
