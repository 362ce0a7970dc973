"""The staff routes' answers as JSON."""

from __future__ import annotations

from typing import Any

from app.kiosk.in_force import toys_of
from app.kiosk.payloads import toy_payload, verdict_payload
from app.kiosk.serving import Serving
from app.kiosk.store.house import Recall
from app.kiosk.store.rules import RuleChangedError, StaffRule, rfc_3339


def recall_payload(recall: Recall, now: Serving) -> dict[str, Any]:
    """A recall in the form of `RecallAnswer`."""
    return {
        "by": recall.by,
        "value": recall.value,
        "reason": recall.reason,
        "source": recall.source,
        "added": recall.added,
        "toys": now.toys_of(recall),
    }


def why_payload(now: Serving, toy_id: str, youngest_age_months: int | None, language: Any) -> dict[str, Any]:
    """A toy in the form of `WhyAnswer`. The toy must be known."""
    verdicts = now.engine.verdicts(toy_id, youngest_age_months, language, now.masks)
    recalls = [each for each in now.recalls if toy_id in now.toys_of(each)]
    return {
        "toy": toy_payload(now.engine.toy(toy_id)),
        "safe": verdict_payload(verdicts[0]),
        "rules": [verdict_payload(verdict) for verdict in verdicts if not verdict.allowed],
        "recalls": [recall_payload(each, now) for each in recalls],
        "stock": now.stock.count(toy_id),
        "staff_rules": [
            rule_payload(rule, now)
            for rule in now.staff.active.values()
            if now.engine.index[toy_id] in toys_of(rule.terms, now.engine)
        ],
    }


def rule_payload(rule: StaffRule, now: Serving) -> dict[str, Any]:
    """A rule in the form of `RuleAnswer`."""
    terms = rule.terms
    toys = len(toys_of(terms, now.engine))
    return {
        "rule_id": rule.rule_id,
        "revision": rule.revision,
        "kind": terms.kind,
        **{target: terms.value if terms.by == target else None for target in ("toy_id", "category", "brand")},
        "strength": terms.strength,
        "position": terms.position,
        "starts": None if terms.starts is None else rfc_3339(terms.starts),
        "ends": None if terms.ends is None else rfc_3339(terms.ends),
        "occasion": terms.occasion,
        "note": terms.note,
        "created": rule.created,
        "changed": rule.changed,
        "changed_by": rule.changed_by,
        "in_force": rule.rule_id in now.staff.active,
        "toys": toys,
        "unknown": not toys,
    }


def conflict_payload(error: RuleChangedError, now: Serving) -> dict[str, Any]:
    """What became of a rule, in the form of `RuleConflict`."""
    said = error.rule.terms.said() if error.rule else {}
    fields = None
    if error.read is not None:
        names = [name for name in {**error.read, **said} if error.read.get(name) != said.get(name)]
        fields = [{"field": name, "read": error.read.get(name), "now": said.get(name)} for name in names]
    return {
        "rule": None if error.rule is None else rule_payload(error.rule, now),
        "changed_by": error.who,
        "changed": error.time,
        "fields": fields,
    }
