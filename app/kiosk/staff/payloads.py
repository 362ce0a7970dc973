"""The staff routes' answers as JSON."""

from __future__ import annotations

from typing import Any

from app.kiosk.payloads import toy_payload, verdict_payload
from app.kiosk.state import Kiosk
from app.kiosk.store.house import Recall


def recall_payload(recall: Recall, kiosk: Kiosk) -> dict[str, Any]:
    """A recall in the form of `RecallAnswer`."""
    return {
        "by": recall.by,
        "value": recall.value,
        "reason": recall.reason,
        "source": recall.source,
        "added": recall.added,
        "toys": kiosk.toys_of(recall),
    }


def why_payload(kiosk: Kiosk, toy_id: str, youngest_age_months: int | None, language: Any) -> dict[str, Any]:
    """A toy in the form of `WhyAnswer`. The toy must be known."""
    verdicts = kiosk.engine.verdicts(toy_id, youngest_age_months, language, kiosk.lists.masks)
    recalls = [each for each in kiosk.lists.recalls if toy_id in kiosk.toys_of(each)]
    return {
        "toy": toy_payload(kiosk.engine.toy(toy_id)),
        "safe": verdict_payload(verdicts[0]),
        "rules": [verdict_payload(verdict) for verdict in verdicts if not verdict.allowed],
        "recalls": [recall_payload(each, kiosk) for each in recalls],
        "stock": kiosk.lists.stock.count(toy_id),
    }
