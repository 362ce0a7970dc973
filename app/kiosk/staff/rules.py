"""/v1/staff/rules…: what the shop wants seen first, last, or not at all, and when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.kiosk.payloads import Answer
from app.kiosk.problems import BODY_PROBLEMS, ProblemError, documented
from app.kiosk.serving import Serving
from app.kiosk.staff.access import PROBLEMS, Clerk
from app.kiosk.staff.payloads import conflict_payload, rule_payload
from app.kiosk.staff.rule_models import RuleAnswer, RuleBody, RuleChange, RulesAnswer
from app.kiosk.state import Kiosk, Running
from app.kiosk.store.rules import RuleChangedError, UnknownRuleError
from app.kiosk.strict import StrictRoute

router = APIRouter(prefix="/v1/staff/rules", route_class=StrictRoute, tags=["staff"])
RuleId = Annotated[str, Path(max_length=200)]


@router.get("", response_model=RulesAnswer, responses=documented(*PROBLEMS), summary="Every rule")
def rules(kiosk: Running, _who: Clerk) -> Answer:
    """Pins, boosts, buries and hides, in force or not, in the order in which they were made."""
    return _rules(kiosk.now)


@router.post("", response_model=RuleAnswer, responses=documented(*PROBLEMS, *BODY_PROBLEMS), summary="Make a rule")
def make(body: RuleBody, kiosk: Running, who: Clerk) -> Answer:
    """In force at once, or when it `starts`. Where a rule says just the same, that one is the answer, as it was."""
    rule = kiosk.rules.add(body.terms(), who.name)
    return Answer(rule_payload(rule, kiosk.refresh_house()))


@router.put(
    "/{rule_id}",
    response_model=RuleAnswer,
    responses=documented(*PROBLEMS, *BODY_PROBLEMS, "unknown_rule", "rule_changed"),
    summary="Let a rule say something else",
)
def replace(rule_id: RuleId, body: RuleChange, kiosk: Running, who: Clerk) -> Answer:
    """The whole rule, with the `revision` that was read. If it is another by now, 409 says who changed what."""
    with _conflicts(kiosk, rule_id):
        rule = kiosk.rules.replace(rule_id, body.revision, body.terms(), who.name)
    return Answer(rule_payload(rule, kiosk.refresh_house()))


@router.delete(
    "/{rule_id}",
    response_model=RulesAnswer,
    responses=documented(*PROBLEMS, "unknown_rule", "rule_changed"),
    summary="Remove a rule",
)
def remove(rule_id: RuleId, kiosk: Running, who: Clerk, revision: Annotated[int, Query(ge=1, le=2**53)]) -> Answer:
    """With the `revision` that was read, as for a change. Answers with the rules that are left."""
    with _conflicts(kiosk, rule_id):
        kiosk.rules.remove(rule_id, revision, who.name)
    return _rules(kiosk.refresh_house())


@contextmanager
def _conflicts(kiosk: Kiosk, rule_id: str) -> Iterator[None]:
    try:
        yield
    except UnknownRuleError as error:
        raise ProblemError("unknown_rule", f"There is no rule {rule_id[:80]!r}.") from error
    except RuleChangedError as error:
        did = "changed" if error.rule else "removed"
        detail = f"{error.who} {did} this rule at {error.time}. Look at it again, then decide."
        conflict = conflict_payload(error, kiosk.now)
        raise ProblemError("rule_changed", detail, extra={"conflict": conflict}) from error


def _rules(now: Serving) -> Answer:
    return Answer({"rules": [rule_payload(rule, now) for rule in now.staff.rules]})
