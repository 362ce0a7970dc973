"""What decides which toys may be shown to one shopper, as it is asked: ids, not indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.ids import ToyIndex
from data.schema import Recipient
from recommender.base import Contact
from recommender.serving.page import Marks, read_page
from recommender.serving.past import Past, Purpose, read_past
from recommender.serving.policy.filters import Filters
from recommender.serving.policy.mask import HouseLists, Situation
from recommender.serving.policy.safety import company


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, but for how many toys it wants and in which words.

    history: contacts from oldest to newest, a bare id is a purchase; at most 500
    youngest_age_months: the youngest child present besides the recipient; None = not said
    owned: toys that the recipient has; purpose: see `read_past`
    page: the `next_page` of the answer before; nothing of that list comes again
    """

    history: Sequence[Contact | str] = ()
    recipient: Recipient | None = None
    youngest_age_months: int | None = None
    filters: Filters | None = None
    owned: Sequence[str] = ()
    purpose: Purpose = "self"
    page: str | None = None


def read_ask(
    ask: Ask, index: ToyIndex, marks: Marks, default_youngest_months: int, house: HouseLists
) -> tuple[Past, Situation, bytes]:
    """(the past, what the mask is made from, the marks of what earlier pages showed), for one catalogue.

    Raises ToyGuideError for a parameter out of bounds.
    """
    if ask.filters is not None:
        ask.filters.check()
    past = read_past(index, ask.history, ask.owned, ask.purpose)
    shown = b"" if ask.page is None else read_page(ask.page)[1]
    age = ask.recipient.age_months if ask.recipient else None
    sought = ask.filters.age_months if ask.filters else None
    situation = Situation(
        company(age, ask.youngest_age_months, default_youngest_months, sought),
        house,
        ask.filters,
        ask.recipient.budget if ask.recipient else None,
        owned=past.owned,
        dismissed=past.dismissed,
        seen=past.seen,
        shown=marks.find(shown),
        recipient_age=age,
    )
    return past, situation, shown
