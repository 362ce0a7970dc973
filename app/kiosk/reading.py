"""From request bodies to the engine's own values."""

from __future__ import annotations

from collections.abc import Sequence

from app.kiosk.models.asks import FiltersBody, HistoryEntry, RecipientBody, RecommendationRequest
from data.schema import Recipient
from recommender.base import Contact
from recommender.serving.asking import Ask
from recommender.serving.policy.filters import Filters


def asked(body: RecommendationRequest) -> Ask:
    """A request for recommendations."""
    return Ask(
        contacts(body.history),
        recipient(body.recipient),
        body.youngest_age_months,
        filters(body.filters),
        body.recipient.owned if body.recipient else (),
        body.purpose,
        body.page,
    )


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


def query_filters(
    category: str | None,
    brand: str | None,
    price_min: float | None,
    price_max: float | None,
    age_months: int | None,
    in_stock: bool,
) -> Filters | None:
    """What to see, as an address says it; None where it says nothing."""
    filters = Filters(category, brand, price_min, price_max, age_months, in_stock)
    return None if filters == Filters() else filters
