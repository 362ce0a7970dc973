"""The staff routes' answers as JSON."""

from __future__ import annotations

from typing import Any

from app.kiosk.payloads import toy_payload, verdict_payload
from app.kiosk.serving import Serving
from app.kiosk.store.house import Recall


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
    }
