"""From request bodies to the engine's own values."""

from __future__ import annotations

from collections.abc import Sequence

from app.kiosk.models.asks import FiltersBody, HistoryEntry, RecipientBody
from data.schema import Recipient
from recommender.base import Contact
from recommender.serving.policy.filters import Filters


def contacts(history: Sequence[HistoryEntry]) -> list[Contact]:
    """Oldest first: sorted by time where every entry has one, else as sent."""
    contacts = [Contact(entry.toy_id, entry.kind, entry.time) for entry in history]
    times = [contact.time for contact in contacts if contact.time is not None]
    if len(times) == len(contacts):
        order = sorted(range(len(contacts)), key=times.__getitem__)  # stable: equal times keep the client's order
        contacts = [contacts[place] for place in order]
    return contacts


def recipient(body: RecipientBody | None) -> Recipient | None:
    """Whom the toy is for; the toys they own go their own way."""
    if body is None:
        return None
    return Recipient(age_months=body.age_months, interests=tuple(body.interests), budget=body.budget)


def filters(body: FiltersBody | None) -> Filters | None:
    """What to see."""
    if body is None:
        return None
    return Filters(body.category, body.brand, body.price_min, body.price_max, body.age_months, body.in_stock)
